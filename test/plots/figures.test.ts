import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  accuracyCurves,
  confusionMatrix,
  curves,
  lossCurves,
  probabilities,
} from '../../lib/plots';
import * as tf from '../../lib/tensorflow';

const history = {
  epoch: [0, 1, 2],
  history: { loss: [0.5, 0.2, 0.1], acc: [0.8, 0.9, 0.95], val_acc: [0.7, 0.8, 0.85] },
};

/** The parts of a trace that the tests look at; Plotly's own type is a union of all traces. */
function trace(figure: { data: object[] }, index: number): Record<string, unknown> {
  return figure.data[index] as Record<string, unknown>;
}

describe('accuracyCurves and lossCurves', () => {
  test('training and validation, by epochs from 1', () => {
    const figure = accuracyCurves(history);
    assert.equal(figure.data.length, 2);
    assert.deepEqual(
      [trace(figure, 0).name, trace(figure, 0).x, trace(figure, 0).y],
      ['training', [1, 2, 3], [0.8, 0.9, 0.95]],
    );
    assert.deepEqual([trace(figure, 1).name, trace(figure, 1).y], ['validation', [0.7, 0.8, 0.85]]);
  });

  test('training alone where nothing was validated', () => {
    const figure = lossCurves(history);
    assert.equal(figure.data.length, 1);
    assert.deepEqual(trace(figure, 0).y, [0.5, 0.2, 0.1]);
  });

  test('finds the accuracy under its other names', () => {
    for (const name of ['accuracy', 'sparseCategoricalAccuracy']) {
      const recorded = {
        epoch: [0],
        history: { loss: [1], [`val_${name}`]: [0.1], [name]: [0.3] },
      };
      assert.deepEqual(trace(accuracyCurves(recorded), 0).y, [0.3]);
    }
  });

  test('says what the history holds when it is not there', () => {
    const recorded = { epoch: [0], history: { loss: [1] } };
    assert.throws(() => accuracyCurves(recorded), /no accuracy, only 'loss'/);
    assert.throws(() => lossCurves({ epoch: [], history: {} }), /no loss, only nothing/);
    assert.throws(() => lossCurves({ epoch: [], history: { loss: [] } }), /has no values/);
  });
});

describe('curves', () => {
  test('lines differ in more than colour', () => {
    const y = [1, 2];
    const { data } = curves(['a', 'b', 'c'].map((name) => ({ name, y })));
    const dashes = data.map((line) => (line as { line: { dash: string } }).line.dash);
    assert.deepEqual(dashes, ['solid', 'dash', 'dot']);
  });

  test('a value that is not finite leaves a gap, and the legend says so', () => {
    const figure = curves([{ name: 'loss', y: [2, Number.NaN, Number.POSITIVE_INFINITY, 1] }]);
    assert.deepEqual(trace(figure, 0).y, [2, null, null, 1]);
    assert.equal(trace(figure, 0).name, 'loss (2 not finite)');
  });

  test('a tick for each of a few epochs, free ticks for many iterations', () => {
    assert.equal(lossCurves(history).layout.xaxis?.dtick, 1);
    const y = Array.from({ length: 1000 }, (_, i) => 1 / (i + 1));
    const long = curves([{ name: 'loss', y }]);
    assert.equal(long.layout.xaxis?.dtick, undefined);
    assert.equal(trace(long, 0).mode, 'lines');
  });

  test('refuses nothing to draw, and x and y of different lengths', () => {
    assert.throws(() => curves([]), /at least one curve/);
    assert.throws(() => curves([{ name: 'a', y: [1, 2], x: [1] }]), /1 x values and 2 y values/);
  });
});

describe('confusionMatrix', () => {
  test('colours by the share of the row and writes the counts', () => {
    const figure = confusionMatrix(
      [
        [3, 1],
        [0, 5],
      ],
      ['cat', 'dog'],
    );
    assert.deepEqual(trace(figure, 0).z, [
      [0.75, 0.25],
      [0, 1],
    ]);
    const { x, y, text } = trace(figure, 1);
    assert.deepEqual(x, ['cat', 'dog', 'cat', 'dog']);
    assert.deepEqual(y, ['cat', 'cat', 'dog', 'dog']);
    assert.deepEqual(text, ['3', '1', '0', '5']);
  });

  test('takes the tensor of tf.math.confusionMatrix and leaves it to the caller', () => {
    const before = tf.memory().numTensors;
    const labels = tf.tensor1d([0, 1, 1, 2], 'int32');
    const predictions = tf.tensor1d([0, 1, 2, 2], 'int32');
    const matrix = tf.math.confusionMatrix(labels, predictions, 3);
    const figure = confusionMatrix(matrix);
    assert.deepEqual(trace(figure, 1).text, ['1', '0', '0', '0', '1', '1', '0', '0', '1']);
    assert.equal(matrix.isDisposed, false);
    tf.dispose([labels, predictions, matrix]);
    assert.equal(tf.memory().numTensors, before);
  });

  test('a class that never occurred has a row of zeros', () => {
    const figure = confusionMatrix([
      [0, 0],
      [1, 1],
    ]);
    assert.deepEqual((trace(figure, 0).z as number[][])[0], [0, 0]);
  });

  test('refuses what is no matrix of counts', () => {
    assert.throws(() => confusionMatrix([[1, 2]]), /must be square; row 0 has 2/);
    assert.throws(() => confusionMatrix([[0.5]]), /row 0 holds 0.5; expected counts/);
    assert.throws(() => confusionMatrix([[Number.NaN]]), /holds NaN/);
    assert.throws(() => confusionMatrix([[1]], ['a', 'b']), /1 classes, but 2 class names/);
    assert.throws(() => confusionMatrix([]), /no classes/);
    assert.throws(() => confusionMatrix(tf.tensor1d([1])), /two dimensions, got shape \[1\]/);
  });
});

describe('probabilities', () => {
  test('a bar for each class, the highest one in colour', () => {
    const figure = probabilities([0.1, 0.7, 0.2], ['a', 'b', 'c']);
    const { x, y, text, marker } = trace(figure, 0);
    assert.deepEqual(
      [x, y],
      [
        [0.1, 0.7, 0.2],
        ['a', 'b', 'c'],
      ],
    );
    assert.deepEqual(text, ['0.100', '0.700', '0.200']);
    const { color } = marker as { color: string[] };
    assert.equal(color[0], color[2]);
    assert.notEqual(color[0], color[1]);
  });

  test('takes one row of predictions', () => {
    const row = tf.tensor2d([[0.25, 0.75]]);
    assert.deepEqual(trace(probabilities(row), 0).x, [0.25, 0.75]);
    const rows = tf.tensor2d([[0.25], [0.75]]);
    assert.throws(() => probabilities(rows), /one sample.*got \[2,1\]/);
    tf.dispose([row, rows]);
  });

  test('refuses what is no probability', () => {
    assert.throws(
      () => probabilities([0.5, 3]),
      /class 1 is 3; expected 0 to 1. Apply tf.softmax to logits first/,
    );
    assert.throws(() => probabilities([Number.NaN]), /class 0 is NaN/);
    assert.throws(() => probabilities([1], ['a', 'b']), /1 classes, but 2 class names/);
  });
});
