/**
 * Small versions of the models in the examples of TensorFlow.js: the same layers, losses and
 * optimisers, on a few samples. See https://github.com/tensorflow/tfjs-examples.
 */
import * as tf from '../../lib/tensorflow';

/** A compiled model, the shapes of one sample, and the kind of its targets. */
export interface Architecture {
  name: string;
  build(): tf.LayersModel;
  /** For each input: the shape of one sample, and the number of classes if it is whole numbers. */
  inputs: { shape: number[]; classes?: number }[];
  targets: { shape: number[]; kind: 'numbers' | 'classes' | 'yesOrNo' }[];
  /** Whether training draws random numbers: then the losses are not compared. */
  random?: boolean;
}

const { layers } = tf;

function sequential(all: tf.layers.Layer[], args: tf.ModelCompileArgs): tf.LayersModel {
  const model = tf.sequential({ layers: all });
  model.compile(args);
  return model;
}

const mse = 'meanSquaredError';
const categorical = 'categoricalCrossentropy';

/** Both a rectified input and its opposite: twice as many channels. */
class Antirectifier extends layers.Layer {
  static readonly className = 'Antirectifier';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [...shape.slice(0, -1), 2 * (shape.at(-1) as number)];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [input] = [inputs].flat() as [tf.Tensor];
      const centered = tf.sub(input, tf.mean(input, -1, true));
      return tf.concat([tf.relu(centered), tf.relu(tf.neg(centered))], -1);
    });
  }
}

/** The last step of a sequence. */
class LastStep extends layers.Layer {
  static readonly className = 'LastStep';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [shape[0] as number, shape[2] as number];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [input] = [inputs].flat() as [tf.Tensor3D];
    return tf.tidy(() => tf.squeeze(tf.slice(input, [0, input.shape[1] - 1], [-1, 1]), [1]));
  }
}

/** Draws from a normal distribution, given its mean and the logarithm of its variance. */
class Sampling extends layers.Layer {
  static readonly className = 'Sampling';
  override computeOutputShape(shapes: tf.Shape[]): tf.Shape {
    return shapes[0] as tf.Shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [mean, logVariance] = inputs as [tf.Tensor, tf.Tensor];
      const noise = tf.randomNormal(mean.shape);
      return tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
    });
  }
}

function translation(): tf.LayersModel {
  const source = tf.input({ shape: [5, 6] });
  const target = tf.input({ shape: [4, 7] });
  const encoder = layers.lstm({ units: 8, returnState: true });
  const [, h, c] = encoder.apply(source) as tf.SymbolicTensor[];
  const decoder = layers.lstm({ units: 8, returnSequences: true, returnState: true });
  const state = [h, c] as tf.SymbolicTensor[];
  const [decoded] = decoder.apply(target, { initialState: state }) as tf.SymbolicTensor[];
  const outputs = layers
    .dense({ units: 7, activation: 'softmax' })
    .apply(decoded as tf.SymbolicTensor);
  const model = tf.model({ inputs: [source, target], outputs: outputs as tf.SymbolicTensor });
  model.compile({ optimizer: 'rmsprop', loss: categorical });
  return model;
}

function dateConversion(): tf.LayersModel {
  const encoderInput = tf.input({ shape: [6] });
  const decoderInput = tf.input({ shape: [5] });
  const embed = (input: tf.SymbolicTensor) =>
    layers.embedding({ inputDim: 9, outputDim: 8 }).apply(input) as tf.SymbolicTensor;
  const encoded = layers
    .lstm({ units: 8, returnSequences: true })
    .apply(embed(encoderInput)) as tf.SymbolicTensor;
  const last = new LastStep({ name: 'last' }).apply(encoded) as tf.SymbolicTensor;
  const decoded = layers
    .lstm({ units: 8, returnSequences: true })
    .apply(embed(decoderInput), { initialState: [last, last] }) as tf.SymbolicTensor;
  const products = layers.dot({ axes: [2, 2] }).apply([decoded, encoded]);
  const attention = layers.activation({ activation: 'softmax' }).apply(products);
  const context = layers
    .dot({ axes: [2, 1] })
    .apply([attention as tf.SymbolicTensor, encoded]) as tf.SymbolicTensor;
  const both = layers.concatenate().apply([context, decoded]);
  const dense = (units: number, activation: 'tanh' | 'softmax') =>
    layers.timeDistributed({ layer: layers.dense({ units, activation }) });
  const outputs = dense(7, 'softmax').apply(dense(8, 'tanh').apply(both));
  const model = tf.model({
    inputs: [encoderInput, decoderInput],
    outputs: outputs as tf.SymbolicTensor,
  });
  model.compile({ optimizer: 'adam', loss: categorical });
  return model;
}

function discriminator(): tf.LayersModel {
  const image = tf.input({ shape: [12, 12, 1] });
  const conv = (filters: number, strides: number) =>
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', strides });
  let x = layers.leakyReLU({ alpha: 0.2 }).apply(conv(4, 2).apply(image));
  x = layers.leakyReLU({ alpha: 0.2 }).apply(conv(8, 1).apply(x));
  const features = layers.flatten().apply(x);
  const isReal = layers.dense({ units: 1, activation: 'sigmoid' }).apply(features);
  const digit = layers.dense({ units: 10, activation: 'softmax' }).apply(features);
  const model = tf.model({ inputs: image, outputs: [isReal, digit] as tf.SymbolicTensor[] });
  const optimizer = tf.train.adam(0.0002, 0.5);
  model.compile({ optimizer, loss: ['binaryCrossentropy', 'sparseCategoricalCrossentropy'] });
  return model;
}

function generator(): tf.LayersModel {
  const stack = tf.sequential({
    layers: [
      layers.dense({ units: 3 * 3 * 8, inputShape: [6], activation: 'relu' }),
      layers.reshape({ targetShape: [3, 3, 8] }),
      layers.conv2dTranspose({ filters: 4, kernelSize: 5, activation: 'relu' }),
      layers.batchNormalization(),
      layers.conv2dTranspose({
        filters: 1,
        kernelSize: 5,
        strides: 2,
        padding: 'same',
        activation: 'tanh',
      }),
    ],
  });
  const latent = tf.input({ shape: [6] });
  const digit = tf.input({ shape: [1] });
  const embedded = layers.embedding({ inputDim: 10, outputDim: 6 }).apply(digit);
  const code = layers
    .multiply()
    .apply([latent, layers.flatten().apply(embedded) as tf.SymbolicTensor]);
  const image = stack.apply(code) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [latent, digit], outputs: image });
  model.compile({ optimizer: tf.train.adam(0.001), loss: mse });
  return model;
}

function autoencoder(): tf.LayersModel {
  const image = tf.input({ shape: [20] });
  const hidden = layers.dense({ units: 8, activation: 'relu' }).apply(image);
  const mean = layers.dense({ units: 2 }).apply(hidden) as tf.SymbolicTensor;
  const logVariance = layers.dense({ units: 2 }).apply(hidden) as tf.SymbolicTensor;
  const z = new Sampling({ name: 'z' }).apply([mean, logVariance]);
  const decoded = layers.dense({ units: 8, activation: 'relu' }).apply(z);
  const outputs = layers.dense({ units: 20, activation: 'sigmoid' }).apply(decoded);
  const model = tf.model({ inputs: image, outputs: outputs as tf.SymbolicTensor });
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
  return model;
}

/** A convolutional base as MobileNet has it, frozen, and a head that finds one shape. */
function objectDetection(): tf.LayersModel {
  const base = [
    layers.conv2d({
      filters: 4,
      kernelSize: 3,
      strides: 2,
      useBias: false,
      inputShape: [16, 16, 3],
    }),
    layers.batchNormalization(),
    layers.reLU({ maxValue: 6 }),
    layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false }),
    layers.batchNormalization(),
    layers.reLU({ maxValue: 6 }),
  ];
  const head = [
    layers.flatten(),
    layers.dense({ units: 12, activation: 'relu' }),
    layers.dense({ units: 5 }),
  ];
  const model = tf.sequential({ layers: [...base, ...head] });
  for (const layer of base) {
    layer.trainable = false;
  }
  const multiplier = tf.keep(tf.tensor1d([16, 1, 1, 1, 1]));
  const loss = (target: tf.Tensor, output: tf.Tensor) =>
    tf.metrics.meanSquaredError(tf.mul(target, multiplier), tf.mul(output, multiplier));
  model.compile({ optimizer: 'rmsprop', loss });
  return model;
}

const numbers = (...shape: number[]) => ({ shape, kind: 'numbers' as const });
const classes = (...shape: number[]) => ({ shape, kind: 'classes' as const });
const yesOrNo = { shape: [1], kind: 'yesOrNo' as const };

export const architectures: Architecture[] = [
  {
    name: 'polynomial-regression: one dense layer',
    build: () =>
      sequential([layers.dense({ units: 1, inputShape: [4] })], { optimizer: 'sgd', loss: mse }),
    inputs: [{ shape: [4] }],
    targets: [numbers(1)],
  },
  {
    name: 'iris: a dense network',
    build: () =>
      sequential(
        [
          layers.dense({ units: 10, activation: 'sigmoid', inputShape: [4] }),
          layers.dense({ units: 3, activation: 'softmax' }),
        ],
        { optimizer: tf.train.adam(0.01), loss: categorical, metrics: ['accuracy'] },
      ),
    inputs: [{ shape: [4] }],
    targets: [classes(3)],
  },
  {
    name: 'boston-housing: two hidden layers',
    build: () =>
      sequential(
        [
          layers.dense({
            units: 50,
            activation: 'sigmoid',
            inputShape: [12],
            kernelInitializer: 'leCunNormal',
          }),
          layers.dense({ units: 50, activation: 'sigmoid', kernelInitializer: 'leCunNormal' }),
          layers.dense({ units: 1 }),
        ],
        { optimizer: tf.train.sgd(0.01), loss: mse },
      ),
    inputs: [{ shape: [12] }],
    targets: [numbers(1)],
  },
  {
    name: 'abalone-node: regression',
    build: () =>
      sequential(
        [
          layers.dense({ units: 50, activation: 'relu', inputShape: [8] }),
          layers.dense({ units: 50, activation: 'relu' }),
          layers.dense({ units: 1 }),
        ],
        { optimizer: tf.train.sgd(0.01), loss: mse },
      ),
    inputs: [{ shape: [8] }],
    targets: [numbers(1)],
  },
  {
    name: 'website-phishing: a binary classifier',
    build: () =>
      sequential(
        [
          layers.dense({ units: 20, activation: 'sigmoid', inputShape: [30] }),
          layers.dense({ units: 20, activation: 'sigmoid' }),
          layers.dense({ units: 1, activation: 'sigmoid' }),
        ],
        { optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] },
      ),
    inputs: [{ shape: [30] }],
    targets: [yesOrNo],
  },
  {
    name: 'mnist: a small convolutional network',
    build: () =>
      sequential(
        [
          layers.conv2d({ filters: 4, kernelSize: 5, activation: 'relu', inputShape: [16, 16, 1] }),
          layers.maxPooling2d({ poolSize: 2, strides: 2 }),
          layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
          layers.maxPooling2d({ poolSize: 2, strides: 2 }),
          layers.flatten(),
          layers.dense({ units: 10, activation: 'softmax', kernelInitializer: 'varianceScaling' }),
        ],
        { optimizer: 'adam', loss: categorical, metrics: ['accuracy'] },
      ),
    inputs: [{ shape: [16, 16, 1] }],
    targets: [classes(10)],
  },
  {
    name: 'mnist-node: convolutions with dropout',
    build: () =>
      sequential(
        [
          layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [16, 16, 1] }),
          layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.dropout({ rate: 0.25 }),
          layers.flatten(),
          layers.dense({ units: 16, activation: 'relu' }),
          layers.dropout({ rate: 0.5 }),
          layers.dense({ units: 10, activation: 'softmax' }),
        ],
        { optimizer: 'rmsprop', loss: categorical, metrics: ['accuracy'] },
      ),
    inputs: [{ shape: [16, 16, 1] }],
    targets: [classes(10)],
    random: true,
  },
  {
    name: 'webcam-transfer-learning: a head for features',
    build: () =>
      sequential(
        [
          layers.flatten({ inputShape: [3, 3, 8] }),
          layers.dense({ units: 20, activation: 'relu', kernelInitializer: 'varianceScaling' }),
          layers.dense({ units: 4, activation: 'softmax', useBias: false }),
        ],
        { optimizer: tf.train.adam(0.0001), loss: categorical },
      ),
    inputs: [{ shape: [3, 3, 8] }],
    targets: [classes(4)],
  },
  {
    name: 'simple-object-detection: a frozen base, a loss of its own',
    build: objectDetection,
    inputs: [{ shape: [16, 16, 3] }],
    targets: [numbers(5)],
  },
  {
    name: 'addition-rnn: from sequence to sequence',
    build: () =>
      sequential(
        [
          layers.lstm({ units: 12, recurrentInitializer: 'glorotNormal', inputShape: [7, 12] }),
          layers.repeatVector({ n: 4 }),
          layers.lstm({ units: 12, recurrentInitializer: 'glorotNormal', returnSequences: true }),
          layers.timeDistributed({ layer: layers.dense({ units: 12 }) }),
          layers.activation({ activation: 'softmax' }),
        ],
        { optimizer: 'adam', loss: categorical, metrics: ['accuracy'] },
      ),
    inputs: [{ shape: [7, 12] }],
    targets: [classes(4, 12)],
  },
  {
    name: 'jena-weather: GRU',
    build: () =>
      sequential([layers.gru({ units: 8, inputShape: [10, 5] }), layers.dense({ units: 1 })], {
        optimizer: 'rmsprop',
        loss: 'meanAbsoluteError',
      }),
    inputs: [{ shape: [10, 5] }],
    targets: [numbers(1)],
  },
  {
    name: 'jena-weather: GRU with dropout of inputs and state',
    build: () =>
      sequential(
        [
          layers.gru({ units: 8, dropout: 0.1, recurrentDropout: 0.1, inputShape: [10, 5] }),
          layers.dense({ units: 1 }),
        ],
        { optimizer: 'rmsprop', loss: 'meanAbsoluteError' },
      ),
    inputs: [{ shape: [10, 5] }],
    targets: [numbers(1)],
    random: true,
  },
  {
    name: 'sentiment: embedding and LSTM',
    build: () =>
      sequential(
        [
          layers.embedding({ inputDim: 20, outputDim: 6, inputLength: 9 }),
          layers.lstm({ units: 6 }),
          layers.dense({ units: 1, activation: 'sigmoid' }),
        ],
        { optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] },
      ),
    inputs: [{ shape: [9], classes: 20 }],
    targets: [yesOrNo],
  },
  {
    name: 'sentiment: embedding and LSTM in both directions',
    build: () =>
      sequential(
        [
          layers.embedding({ inputDim: 20, outputDim: 6, inputLength: 9 }),
          layers.bidirectional({
            layer: layers.lstm({ units: 4, returnSequences: false }) as tf.RNN,
            mergeMode: 'concat',
          }),
          layers.dense({ units: 1, activation: 'sigmoid' }),
        ],
        { optimizer: 'adam', loss: 'binaryCrossentropy' },
      ),
    inputs: [{ shape: [9], classes: 20 }],
    targets: [yesOrNo],
  },
  {
    name: 'sentiment: embedding and convolution',
    build: () =>
      sequential(
        [
          layers.embedding({ inputDim: 20, outputDim: 6, inputLength: 9 }),
          layers.conv1d({ filters: 8, kernelSize: 3, activation: 'relu' }),
          layers.globalMaxPool1d({}),
          layers.dense({ units: 8, activation: 'relu' }),
          layers.dense({ units: 1, activation: 'sigmoid' }),
        ],
        { optimizer: 'adam', loss: 'binaryCrossentropy' },
      ),
    inputs: [{ shape: [9], classes: 20 }],
    targets: [yesOrNo],
  },
  {
    name: 'lstm-text-generation: the next character',
    build: () =>
      sequential(
        [
          layers.lstm({ units: 10, returnSequences: true, inputShape: [8, 11] }),
          layers.lstm({ units: 10 }),
          layers.dense({ units: 11, activation: 'softmax' }),
        ],
        { optimizer: tf.train.rmsprop(0.01), loss: categorical },
      ),
    inputs: [{ shape: [8, 11] }],
    targets: [classes(11)],
  },
  {
    name: 'translation: encoder and decoder that share a state',
    build: translation,
    inputs: [{ shape: [5, 6] }, { shape: [4, 7] }],
    targets: [classes(4, 7)],
  },
  {
    name: 'date-conversion-attention: attention, a layer of its own',
    build: dateConversion,
    inputs: [
      { shape: [6], classes: 9 },
      { shape: [5], classes: 9 },
    ],
    targets: [classes(5, 7)],
  },
  {
    name: 'mnist-acgan: discriminator, two outputs',
    build: discriminator,
    inputs: [{ shape: [12, 12, 1] }],
    targets: [yesOrNo, { shape: [1], kind: 'yesOrNo' }],
  },
  {
    name: 'mnist-acgan: generator, two inputs',
    build: generator,
    inputs: [{ shape: [6] }, { shape: [1], classes: 10 }],
    targets: [numbers(14, 14, 1)],
  },
  {
    name: 'fashion-mnist-vae: sampling in the middle',
    build: autoencoder,
    inputs: [{ shape: [20] }],
    targets: [{ shape: [20], kind: 'yesOrNo' }],
    random: true,
  },
  {
    name: 'snake-dqn: convolutions and batch normalisation',
    build: () =>
      sequential(
        [
          layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [9, 9, 2] }),
          layers.batchNormalization(),
          layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
          layers.batchNormalization(),
          layers.flatten(),
          layers.dense({ units: 20, activation: 'relu' }),
          layers.dense({ units: 3 }),
        ],
        { optimizer: tf.train.adam(0.001), loss: mse },
      ),
    inputs: [{ shape: [9, 9, 2] }],
    targets: [numbers(3)],
  },
  {
    name: 'cart-pole: a policy',
    build: () =>
      sequential(
        [
          layers.dense({ units: 8, activation: 'elu', inputShape: [4] }),
          layers.dense({ units: 1 }),
        ],
        {
          optimizer: tf.train.adam(0.05),
          loss: (targets, logits) => tf.losses.sigmoidCrossEntropy(targets, logits),
        },
      ),
    inputs: [{ shape: [4] }],
    targets: [yesOrNo],
  },
  {
    name: 'custom-layer: antirectifier',
    build: () =>
      sequential(
        [
          layers.dense({ units: 8, inputShape: [10] }),
          new Antirectifier({ name: 'antirectifier' }),
          layers.dense({ units: 4, activation: 'softmax' }),
        ],
        { optimizer: 'rmsprop', loss: categorical },
      ),
    inputs: [{ shape: [10] }],
    targets: [classes(4)],
  },
];
