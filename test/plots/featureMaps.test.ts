import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { featureMaps, imageGrid } from '../../lib/plots';
import * as tf from '../../lib/tensorflow';

describe('featureMaps', () => {
  test('one map per filter, each stretched from its own least to its greatest value', () => {
    // Two rows, one column, three filters: they give -1 and 3; 0.5 and 0.25; 7 and 7.
    const activations = tf.tensor([-1, 0.5, 7, 3, 0.25, 7], [1, 2, 1, 3]);
    const before = tf.memory().numTensors;
    const figure = featureMaps(activations, { columns: 2 });
    assert.equal(tf.memory().numTensors, before);
    const expected = imageGrid(
      [
        [[0], [1]],
        [[1], [0]],
        [[0], [0]],
      ],
      {
        rows: 2,
        columns: 2,
        captions: ['1', '2', '3'],
      },
    );
    assert.deepEqual(figure, expected);
    const alone = activations.reshape([2, 1, 3]);
    assert.deepEqual(featureMaps(alone, { columns: 2 }), expected);
    tf.dispose([activations, alone]);
  });

  test('few filters leave no columns empty', () => {
    const activations = tf.zeros([1, 4, 4, 6]);
    const narrow = featureMaps(activations, { columns: 6 });
    assert.equal(featureMaps(activations).layout.width, narrow.layout.width);
    activations.dispose();
  });

  test('refuses several pictures, no maps, and values that cannot be drawn', () => {
    for (const shape of [
      [2, 4, 4, 6],
      [4, 4],
      [1, 4, 4, 0],
    ]) {
      const activations = tf.zeros(shape);
      assert.throws(() => featureMaps(activations), /expected the maps of one picture.*got \[/);
      activations.dispose();
    }
    const before = tf.memory().numTensors;
    const broken = tf.tensor([Number.NaN, 1], [1, 2, 1, 1]);
    assert.throws(() => featureMaps(broken), /pixel of NaN/);
    broken.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
