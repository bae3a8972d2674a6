import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { models, plots } from '../../lib/index';
import { renderPng } from '../../lib/plots/render';
import * as tf from '../../lib/tensorflow';

function texts({ layout }: plots.Figure): (string | undefined)[] {
  return (layout.annotations ?? []).map(({ text }) => text);
}

describe('plots.network', () => {
  it('shows each layer and the shape of what it makes, in order', () => {
    const model = models.lenet5({ seed: 0 });
    const before = tf.memory().numTensors;
    assert.deepEqual(texts(plots.network(model)), [
      'input',
      '28 × 28 × 1',
      'Conv2D<br>5 × 5<br>sigmoid',
      '28 × 28 × 6',
      'Average<br>Pooling2D<br>2 × 2',
      '14 × 14 × 6',
      'Conv2D<br>5 × 5<br>sigmoid',
      '10 × 10 × 16',
      'Average<br>Pooling2D<br>2 × 2',
      '5 × 5 × 16',
      'Conv2D<br>5 × 5<br>sigmoid',
      '1 × 1 × 120',
      'Flatten',
      '120',
      'Dense<br>sigmoid',
      '84',
      'Dense<br>softmax',
      '10',
    ]);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  it('fits a page of 800 pixels for the networks of the notebooks', () => {
    for (const make of [models.mlp, models.lenet5, models.lenet, models.cnn]) {
      const model = make({ seed: 0 });
      assert.ok(plots.network(model).layout.width <= 800, model.name);
      model.dispose();
    }
  });

  it('draws branches, with an arrow from each input of a layer', async () => {
    const input = tf.input({ shape: [28, 28, 1] });
    const options = { filters: 4, kernelSize: 3, padding: 'same' } as const;
    const first = tf.layers.conv2d(options).apply(input) as tf.SymbolicTensor;
    const second = tf.layers.conv2d(options).apply(first) as tf.SymbolicTensor;
    const sum = tf.layers.add().apply([first, second]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: sum });
    const figure = plots.network(model, { title: 'residual' });
    const arrows = figure.layout.shapes?.filter(({ type }) => type === 'path').length;
    assert.equal(arrows, 2 * 4);
    assert.ok((await renderPng(figure, 1)).length > 1000);
    model.dispose();
  });

  it('refuses a model without layers', () => {
    assert.throws(() => plots.network(tf.sequential()), /no layers yet/);
  });
});
