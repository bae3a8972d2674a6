import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answers, classAccuracies } from '../../lib/plots/index';
import * as tf from '../../lib/tensorflow';

const names = ['shirt', 'coat', 'bag'];
const pictures = tf.zeros([4, 2, 2]);
const grid = { rows: 2, columns: 2 };

describe('answers', () => {
  test('tells right from wrong in words and in colour', () => {
    const before = tf.memory().numTensors;
    const predicted = tf.tensor1d([0, 2, 2, 1], 'int32');
    const { layout } = answers(pictures, [0, 1, 2, 0], predicted, names, grid);
    predicted.dispose();
    assert.equal(tf.memory().numTensors, before);
    const captions = layout.annotations?.map(({ text }) => text);
    assert.deepEqual(captions, [
      'right: shirt',
      'wrong: bag<br>true: coat',
      'right: bag',
      'wrong: coat<br>true: shirt',
    ]);
    const [right, wrong, ...others] = layout.annotations?.map(({ font }) => font?.color) ?? [];
    assert.notEqual(right, wrong);
    assert.deepEqual(others, [right, wrong]);
  });

  test('takes the first of many', () => {
    const many = Array.from({ length: 1000 }, (_, index) => index % 3);
    const { layout } = answers(tf.zeros([1000, 2, 2, 1]), many, many, names, grid);
    assert.equal(layout.annotations?.length, 4);
  });

  test('refuses what has no name, and lists of different length', () => {
    const draw = (truth: number[], predicted: number[]) => () =>
      answers(pictures, truth, predicted, names, grid);
    assert.throws(draw([0, 1, 2, 3], [0, 0, 0, 0]), /trueClasses\[3\] is 3.*0 to 2/);
    assert.throws(draw([0, 1, 2, 0], [0, 0.5, 0, 0]), /predictedClasses\[1\] is 0.5/);
    assert.throws(draw([0, 1, 2, 0], [0, 0]), /4 true classes and 2 predicted/);
    assert.throws(draw([0, 1], [0, 1]), /4 pictures are shown, but captions has 2/);
  });
});

describe('classAccuracies', () => {
  test('puts the least accurate class first', () => {
    const [bars] = classAccuracies([0.9, 0.25, 1], names).data;
    assert.deepEqual(Reflect.get(bars ?? {}, 'y'), ['coat', 'shirt', 'bag']);
    assert.deepEqual(Reflect.get(bars ?? {}, 'x'), [0.25, 0.9, 1]);
  });

  test('refuses what is no share, and missing names', () => {
    assert.throws(() => classAccuracies([0.9, 1.2, 1], names), /coat is 1\.2; expected 0 to 1/);
    assert.throws(() => classAccuracies([0.9, 1], names), /2 accuracies, but 3 class names/);
    assert.throws(() => classAccuracies([], []), /0 accuracies/);
  });
});
