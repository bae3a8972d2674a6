// The programs repeat the trainings of the notebooks.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { readNotebook, sourceOf } from '../../scripts/notebooks/notebook';
import { trainings } from '../../scripts/trainings';

function codeOf(notebook: string): string {
  const file = path.resolve('notebooks', `${notebook}.ipynb`);
  const { cells } = readNotebook(file);
  return cells
    .filter(({ cell_type }) => cell_type === 'code')
    .map(sourceOf)
    .join('\n');
}

for (const [name, training] of Object.entries(trainings)) {
  test(`${name} is trained as in its notebook`, () => {
    const code = codeOf(training.notebook);
    const loader = training.data === 'mnist' ? 'datasets.mnist(' : 'datasets.fashionMnist(';
    assert.ok(code.includes(loader), 'data');
    for (const epochs of training.epochs) {
      assert.match(code, new RegExp(`\\bepochs: ${epochs}\\b`));
    }
    assert.doesNotMatch(code, /\bfit\([^;]*batchSize/s, 'batches of 32 are the default');
    const { name: optimizer, learningRate } = training.optimizer;
    assert.ok(
      code.includes(
        optimizer === 'adam' ? "optimizer: 'adam'" : `optimizer: tf.train.sgd(${learningRate})`,
      ),
      'optimiser',
    );
    const loss = training.oneHot ? "'categoricalCrossentropy'" : "'sparseCategoricalCrossentropy'";
    assert.ok(code.includes(`loss: ${loss}`), 'loss');
    assert.equal(/\.div(<[\w.]+>)?\(255\)/.test(code), training.divisor === 255, 'divisor');
    const validated = { test: 'validationData: ', split: 'validationSplit: 0.1', none: '' };
    assert.ok(code.includes(validated[training.validation]), 'validation');
    assert.equal(/\bvalidation(Data|Split)\b/.test(code), training.validation !== 'none');
  });
}
