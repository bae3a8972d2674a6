/**
 * The network of article 003: LeNet-5 with ReLU, built from TensorFlow's operations and trained by
 * explicit steps.
 */
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import type { Network, OneAnswer } from './network';

type Pictures = tf.Tensor4D;

/** A step compiled by `graph.compile`, or the plain function. */
type Step = (x: Pictures, y: tf.Tensor1D) => tf.Scalar;

/** Rows per batch of evaluation and prediction, unless told otherwise. */
const inferenceRows = 250;

export function fromScratch(
  optimizer: tf.Optimizer,
  compiled: boolean,
  batchSize: number,
): Network & { step: Step } {
  const variables = initialVariables();
  const train = (x: Pictures, y: tf.Tensor1D) =>
    optimizer.minimize(() => loss(forward(variables, x), y), true) as tf.Scalar;
  const test = (x: Pictures, y: tf.Tensor1D) => tf.tidy(() => loss(forward(variables, x), y));
  const answer = (x: Pictures) => tf.tidy(() => tf.softmax(forward(variables, x)));

  const trainStep: Step = compiled ? graph.compile(train) : train;
  const testStep: Step = compiled ? graph.compile(test) : test;
  const answerStep = compiled ? graph.compile(answer) : answer;

  return {
    step: trainStep,
    weights: Object.values(variables),
    setWeights: (weights) => {
      for (const [index, variable] of Object.values(variables).entries()) {
        (variable as tf.Tensor as tf.Variable).assign(weights[index] as tf.Tensor);
      }
    },
    async fit(x, y, epochEnd) {
      epochEnd(meanLoss(trainStep, x, y, batchSize));
      epochEnd(meanLoss(trainStep, x, y, batchSize));
    },
    evaluate: async (x, y) => meanLoss(testStep, x, y, inferenceRows),
    async predict(x, rows = inferenceRows) {
      if ((x.shape[0] ?? 0) <= rows) {
        return answerStep(x as Pictures);
      }
      const pictures = batches(x as Pictures, rows);
      const answers = pictures.map((batch) => answerStep(batch));
      const all = tf.concat(answers);
      tf.dispose([pictures, answers]);
      return all;
    },
    ...(compiled && { predictor: () => oneAnswer(answer) }),
  };
}

function oneAnswer(answer: (x: Pictures) => tf.Tensor): OneAnswer {
  const step = graph.compile(answer, { onCallingThread: true });
  const read = (pixels: Float32Array) => {
    const picture = tf.tensor4d(pixels, [1, 28, 28, 1]);
    const probabilities = step(picture);
    const values = probabilities.dataSync() as Float32Array;
    tf.dispose([picture, probabilities]);
    return values;
  };
  return Object.assign(read, { dispose: () => step.dispose() });
}

/** Kernels and biases in the order of the layers. */
function initialVariables() {
  const kernel = (shape: [number, number, number, number], seed: number) =>
    tf.variable(tf.truncatedNormal(shape, 0, 1, 'float32', seed)) as tf.Tensor4D;
  const matrix = (shape: [number, number], seed: number) =>
    tf.variable(tf.randomNormal(shape, 0, 1, 'float32', seed)) as tf.Tensor2D;
  const bias = (size: number) => tf.variable(tf.zeros([size])) as tf.Tensor1D;
  return tf.tidy(() => ({
    kernel1: kernel([5, 5, 1, 6], 1),
    bias1: bias(6),
    kernel2: kernel([5, 5, 6, 16], 2),
    bias2: bias(16),
    matrix3: matrix([256, 120], 3),
    bias3: bias(120),
    matrix4: matrix([120, 84], 4),
    bias4: bias(84),
    matrix5: matrix([84, 10], 5),
    bias5: bias(10),
  }));
}

/** From pictures `[rows, 28, 28, 1]` to logits `[rows, 10]`. */
function forward(v: ReturnType<typeof initialVariables>, x: Pictures): tf.Tensor2D {
  const features = convolution(convolution(x, v.kernel1, v.bias1), v.kernel2, v.bias2);
  const flat = tf.reshape(features, [-1, 256]) as tf.Tensor2D;
  const hidden3 = tf.relu(dense(flat, v.matrix3, v.bias3));
  const hidden4 = tf.relu(dense(hidden3, v.matrix4, v.bias4));
  return dense(hidden4, v.matrix5, v.bias5);
}

function convolution(x: Pictures, kernel: tf.Tensor4D, bias: tf.Tensor1D): Pictures {
  const activation = tf.relu(tf.add(tf.conv2d(x, kernel, 1, 'valid'), bias)) as Pictures;
  return tf.avgPool(activation, 2, 2, 'valid');
}

/** The article multiplies the weights by 0.01 wherever it uses them. */
function dense(x: tf.Tensor2D, matrix: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return tf.add(tf.matMul(x, tf.mul(matrix, 0.01)), bias);
}

function loss(logits: tf.Tensor2D, y: tf.Tensor1D): tf.Scalar {
  return tf.losses.softmaxCrossEntropy(tf.oneHot(y, 10), logits);
}

/** Runs the step for every batch, in order; returns the mean loss over all rows. */
function meanLoss(step: Step, x: tf.Tensor, y: tf.Tensor1D, rows: number): number {
  const pictures = batches(x as Pictures, rows);
  const labels = batches(y, rows);
  const sums = labels.map((batch, index) => {
    const value = step(pictures[index] as Pictures, batch);
    const [loss] = value.dataSync();
    value.dispose();
    return (loss as number) * batch.size;
  });
  tf.dispose([pictures, labels]);
  return sums.reduce((total, sum) => total + sum) / y.size;
}

/** The rows in batches, sliced by one operation: slicing before each step would cost more. */
function batches<T extends tf.Tensor>(tensor: T, rows: number): T[] {
  const count = tensor.shape[0] as number;
  const sizes = Array.from({ length: Math.ceil(count / rows) }, (_, batch) =>
    Math.min(rows, count - batch * rows),
  );
  return tf.split<T>(tensor, sizes);
}
