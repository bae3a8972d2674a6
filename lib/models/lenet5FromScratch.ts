import * as tf from '../tensorflow';

/** The ten weight tensors of LeNet-5 without layers: those of the article LeNet-5模型实现. */
export interface LeNet5Weights {
  /** Shape `[5, 5, 1, 6]`. */
  conv1Weights: tf.Tensor4D;
  /** Shape `[6]`. */
  conv1Bias: tf.Tensor1D;
  /** Shape `[5, 5, 6, 16]`. */
  conv2Weights: tf.Tensor4D;
  /** Shape `[16]`. */
  conv2Bias: tf.Tensor1D;
  /** Shape `[256, fc1]`. */
  fc1Weights: tf.Tensor2D;
  /** Shape `[1, fc1]`. */
  fc1Bias: tf.Tensor2D;
  /** Shape `[fc1, fc2]`. */
  fc2Weights: tf.Tensor2D;
  /** Shape `[1, fc2]`. */
  fc2Bias: tf.Tensor2D;
  /** Shape `[fc2, 10]`. */
  outputWeights: tf.Tensor2D;
  /** Shape `[1, 10]`. */
  outputBias: tf.Tensor2D;
}

/** What {@link lenet5Variables} makes. */
export interface LeNet5VariablesOptions {
  /** The seed of all weights; a whole number. */
  seed: number;
  /** Neurons of the first fully connected layer; default 120. */
  fc1?: number;
  /** Neurons of the second fully connected layer; default 84. */
  fc2?: number;
  /**
   * The standard deviation of a filter's weights; default 1.
   *
   * @param inputs how many values the filter covers.
   */
  filterDeviation?(inputs: number): number;
  /**
   * The standard deviation of the weights of a fully connected layer; default 1.
   *
   * @param inputs how many inputs a neuron has.
   */
  weightDeviation?(inputs: number): number;
}

/** What {@link lenet5Layers} computes: the activations of each layer, float32. */
export interface LeNet5Layers {
  /** After the first convolution, `[count, 24, 24, 6]`. */
  relu1: tf.Tensor4D;
  /** `[count, 12, 12, 6]`. */
  pool1: tf.Tensor4D;
  /** After the second convolution, `[count, 8, 8, 16]`. */
  relu2: tf.Tensor4D;
  /** `[count, 4, 4, 16]`. */
  pool2: tf.Tensor4D;
  /** `[count, 256]`. */
  flat: tf.Tensor2D;
  /** `[count, fc1]`. */
  fc1: tf.Tensor2D;
  /** `[count, fc2]`. */
  fc2: tf.Tensor2D;
  /** Logits, `[count, 10]`. */
  output: tf.Tensor2D;
}

/**
 * The initial weights of LeNet-5 as the article LeNet-5模型实现 draws them: filters from a truncated
 * normal distribution, the other weights from a normal one, biases 0.
 *
 * @param options the seed, the size of the layers, and how large the weights are.
 * @returns variables, the caller's to dispose.
 */
export function lenet5Variables(options: LeNet5VariablesOptions): LeNet5Weights {
  const { seed, fc1 = 120, fc2 = 84, filterDeviation = one, weightDeviation = one } = options;
  // Each tensor has its own seed, never 0: to tfjs's random tensors, 0 means no seed.
  const seedOf = (number: number) => 100 * seed + number;
  const filters = (number: number, from: number, to: number) =>
    variable(
      tf.truncatedNormal<tf.Rank.R4>(
        [5, 5, from, to],
        0,
        filterDeviation(25 * from),
        'float32',
        seedOf(number),
      ),
    );
  const weights = (number: number, from: number, to: number) =>
    variable(
      tf.randomNormal<tf.Rank.R2>([from, to], 0, weightDeviation(from), 'float32', seedOf(number)),
    );
  return {
    conv1Weights: filters(1, 1, 6),
    conv1Bias: variable(tf.zeros<tf.Rank.R1>([6])),
    conv2Weights: filters(2, 6, 16),
    conv2Bias: variable(tf.zeros<tf.Rank.R1>([16])),
    fc1Weights: weights(3, 256, fc1),
    fc1Bias: variable(tf.zeros<tf.Rank.R2>([1, fc1])),
    fc2Weights: weights(4, fc1, fc2),
    fc2Bias: variable(tf.zeros<tf.Rank.R2>([1, fc2])),
    outputWeights: weights(5, fc2, 10),
    outputBias: variable(tf.zeros<tf.Rank.R2>([1, 10])),
  };
}

function one(): number {
  return 1;
}

function variable<Kind extends tf.Tensor>(initial: Kind): Kind {
  const made = tf.variable(initial) as tf.Tensor as Kind;
  initial.dispose();
  return made;
}

/**
 * From pictures to logits, layer by layer, as the article LeNet-5模型实现 does it: the weights of the
 * fully connected layers are multiplied by 0.01 each time they are used.
 *
 * @param weights the variables, or tensors made of them; they stay the caller's.
 * @param images shape `[count, 28, 28, 1]`, pixels 0 to 1.
 * @param pool `tf.avgPool`, as in the article, or `tf.maxPool`.
 * @returns all layers' activations, the caller's to dispose; best called within `tf.tidy`.
 */
export function lenet5Layers(
  weights: LeNet5Weights,
  images: tf.Tensor4D,
  pool: typeof tf.avgPool = tf.avgPool,
): LeNet5Layers {
  const convolve = (x: tf.Tensor4D, filters: tf.Tensor4D, bias: tf.Tensor1D) =>
    tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(x, filters, 1, 'valid'), bias));
  const connect = (x: tf.Tensor2D, matrix: tf.Tensor2D, bias: tf.Tensor2D) =>
    tf.add<tf.Tensor2D>(tf.matMul(x, tf.mul<tf.Tensor2D>(matrix, 0.01)), bias);
  const relu1 = convolve(images, weights.conv1Weights, weights.conv1Bias);
  const pool1 = pool(relu1, 2, 2, 'valid');
  const relu2 = convolve(pool1, weights.conv2Weights, weights.conv2Bias);
  const pool2 = pool(relu2, 2, 2, 'valid');
  const flat = tf.reshape<tf.Rank.R2>(pool2, [-1, 256]);
  const fc1 = tf.relu(connect(flat, weights.fc1Weights, weights.fc1Bias));
  const fc2 = tf.relu(connect(fc1, weights.fc2Weights, weights.fc2Bias));
  const output = connect(fc2, weights.outputWeights, weights.outputBias);
  return { relu1, pool1, relu2, pool2, flat, fc1, fc2, output };
}
