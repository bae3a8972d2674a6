import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Figure, imageGrid, misclassified } from '../../lib/plots';
import * as tf from '../../lib/tensorflow';

// Four pictures of one shade each. The first is classified correctly; the network is most confident
// about the third and least about the second.
const shades = [0.2, 0.4, 0.6, 0.8];
const answers = [
  [0.9, 0.1, 0, 0],
  [0.2, 0.4, 0.3, 0.1],
  [0, 0.03, 0.95, 0.02],
  [0, 0.2, 0.1, 0.7],
];
const trueClasses = [0, 2, 1, 0];

let images: tf.Tensor;
let labels: tf.Tensor;
let probabilities: tf.Tensor;

before(() => {
  images = tf.tensor4d(
    shades.flatMap((shade) => [shade, shade, shade, shade]),
    [4, 2, 2, 1],
  );
  labels = tf.tensor1d(trueClasses, 'int32');
  probabilities = tf.tensor2d(answers);
});

after(() => tf.dispose([images, labels, probabilities]));

function draw(options: Partial<Parameters<typeof misclassified>[3]> = {}): Figure {
  return misclassified(images, labels, probabilities, { rows: 1, columns: 3, ...options });
}

function captionsOf(figure: Figure): (string | undefined)[] | undefined {
  return figure.layout.annotations?.map(({ text }) => text);
}

describe('misclassified', () => {
  test('the surest mistake first, with its true class and three highest probabilities', () => {
    assert.deepEqual(captionsOf(draw()), [
      'true: 1<br>2: 0.950<br>1: 0.030<br>3: 0.020',
      'true: 0<br>3: 0.700<br>1: 0.200<br>2: 0.100',
      'true: 2<br>1: 0.400<br>2: 0.300<br>0: 0.200',
    ]);
  });

  test('the pictures are in the order of their captions, and no tensor is left over', () => {
    const before = tf.memory().numTensors;
    const figure = draw();
    const inOrder = [0.6, 0.8, 0.4].map((shade) => [
      [shade, shade],
      [shade, shade],
    ]);
    const expected = imageGrid(inOrder, {
      rows: 1,
      columns: 3,
      captions: captionsOf(figure)?.map((text) => (text as string).replaceAll('<br>', '\n')),
    });
    assert.deepEqual(figure.data, expected.data);
    assert.equal(tf.memory().numTensors, before);
  });

  test('shows as many as there is room for, with class names', () => {
    const classNames = ['cat', 'dog', 'cow', 'hen'];
    assert.deepEqual(captionsOf(draw({ columns: 1, classNames })), [
      'true: dog<br>cow: 0.950<br>dog: 0.030<br>hen: 0.020',
    ]);
  });

  test('says so when nothing is misclassified', () => {
    const right = tf.tensor1d([0, 1, 2, 3], 'int32');
    assert.throws(
      () => misclassified(images, right, probabilities, { rows: 1, columns: 1 }),
      /all 4 pictures are classified correctly/,
    );
    right.dispose();
  });

  test('refuses what does not fit together', () => {
    const options = { rows: 1, columns: 1 };
    const oneHot = tf.zeros([4, 4]);
    const tooMany = tf.zeros([5, 2, 2, 1]);
    const noClass = tf.tensor1d([0, 4, 1, 0], 'int32');
    const call = (...tensors: [tf.Tensor, tf.Tensor, tf.Tensor]) =>
      misclassified(...tensors, options);
    assert.throws(() => call(images, oneHot, probabilities), /labels have shape \[4,4\]/);
    assert.throws(() => call(images, labels, labels), /probabilities \[4\]; expected \[n\]/);
    assert.throws(() => call(tooMany, labels, probabilities), /\[5,2,2,1\], but there are 4/);
    assert.throws(() => call(images, noClass, probabilities), /labels\[1\] is 4.*from 0 to 3/);
    assert.throws(() => draw({ rows: 0 }), /rows must be a whole number from 1 up, not 0/);
    assert.throws(() => draw({ classNames: ['a'] }), /4 classes, but 1 class names/);
    tf.dispose([oneHot, tooMany, noClass]);
  });
});
