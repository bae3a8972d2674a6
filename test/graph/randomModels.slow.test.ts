/** Models of layers put together at random, trained as a graph and op by op, step by step. */
import { it } from 'node:test';
import seedrandom from 'seedrandom';
import * as tf from '../../lib/tensorflow';
import { assertLockstep, type Batch, disposeBatches } from './lockstep';

const MODELS = 80;
const CLASSES = 3;
const MOST_NUMBERS = 2000;

const { layers } = tf;
const ACTIVATIONS = ['linear', 'relu', 'tanh', 'sigmoid', 'elu', 'softplus', 'softmax'] as const;

/** Makes one layer for a value of some shape; undefined if none such can follow. */
type Kind = (shape: number[]) => tf.layers.Layer | undefined;

/** Chooses the same layers and weights at every call with a seed. */
class RandomModel {
  readonly names: string[] = [];
  private readonly random: () => number;
  private weights = 0;

  constructor(seed: number) {
    this.random = seedrandom(String(seed));
  }

  build(): tf.LayersModel {
    const input = tf.input({
      shape: this.pick([this.pictures(), this.sequence(), [this.below(20)]]),
    });
    let value: tf.SymbolicTensor = input;
    for (let count = this.below(5); count > 0; count--) {
      const shape = value.shape.slice(1) as number[];
      const { name, layer } = this.next(shape);
      const next = layer?.apply(value) as tf.SymbolicTensor | undefined;
      if (next && tf.util.sizeFromShape(next.shape.slice(1) as number[]) <= MOST_NUMBERS) {
        // What branches and comes together again.
        value = String(next.shape) === String(value.shape) ? this.joined(value, next) : next;
        this.names.push(`${name} [${value.shape.slice(1)}]`);
      }
    }
    const flat = value.shape.length > 2 ? layers.flatten().apply(value) : value;
    const output = layers.dense({ ...this.settings(), units: CLASSES, activation: 'softmax' });
    return tf.model({ inputs: input, outputs: output.apply(flat) as tf.SymbolicTensor });
  }

  private next(shape: number[]): { name: string; layer: tf.layers.Layer | undefined } {
    const kinds: Record<string, Kind> = [this.ofNumbers, this.ofSequences, this.ofPictures][
      shape.length - 1
    ] as Record<string, Kind>;
    const name = this.pick(Object.keys({ ...kinds, ...this.ofAll }));
    return { name, layer: { ...kinds, ...this.ofAll }[name]?.(shape) };
  }

  private joined(one: tf.SymbolicTensor, other: tf.SymbolicTensor): tf.SymbolicTensor {
    const join = this.pick([
      undefined,
      layers.add,
      layers.multiply,
      layers.average,
      layers.maximum,
    ]);
    return join ? (join().apply([one, other]) as tf.SymbolicTensor) : other;
  }

  private readonly ofAll: Record<string, Kind> = {
    activation: () => layers.activation({ activation: this.pick(ACTIVATIONS) }),
    batchNormalization: () => layers.batchNormalization({ ...this.affine(), ...this.frozen() }),
    layerNormalization: () => layers.layerNormalization({}),
    dense: () => layers.dense({ ...this.settings(), units: this.below(6), ...this.frozen() }),
    prelu: () => layers.prelu({ alphaInitializer: this.initializer() }),
  };

  private readonly ofNumbers: Record<string, Kind> = {
    wide: () => layers.dense({ ...this.settings(), units: 64 }),
    repeatVector: () => layers.repeatVector({ n: this.below(3) }),
  };

  private readonly ofSequences: Record<string, Kind> = {
    lstm: () => layers.lstm({ ...this.recurrent(), unitForgetBias: false }),
    gru: () => layers.gru(this.recurrent()),
    simpleRNN: () => layers.simpleRNN(this.recurrent()),
    bidirectional: () =>
      layers.bidirectional({
        layer: layers.gru({ ...this.recurrent(), goBackwards: false }) as tf.RNN,
        mergeMode: this.pick(['concat', 'sum', 'ave', 'mul']),
      }),
    conv1d: ([moments]) => layers.conv1d({ ...this.convolution(moments), filters: this.below(4) }),
    maxPooling1d: ([moments]) => layers.maxPooling1d(this.pool(moments)),
    timeDistributed: () =>
      layers.timeDistributed({ layer: layers.dense({ ...this.settings(), units: 3 }) }),
    globalAveragePooling1d: () => layers.globalAveragePooling1d(),
    permute: () => layers.permute({ dims: [2, 1] }),
  };

  private readonly ofPictures: Record<string, Kind> = {
    conv2d: (shape) => layers.conv2d({ ...this.convolution(...shape), filters: this.below(6) }),
    depthwiseConv2d: (shape) =>
      layers.depthwiseConv2d({
        ...this.window(...shape),
        depthwiseInitializer: this.initializer(),
        depthMultiplier: this.below(2),
      }),
    separableConv2d: (shape) =>
      layers.separableConv2d({
        ...this.window(...shape),
        depthwiseInitializer: this.initializer(),
        pointwiseInitializer: this.initializer(),
        filters: this.below(4),
      }),
    conv2dTranspose: (shape) =>
      layers.conv2dTranspose({ ...this.convolution(...shape), filters: this.below(3) }),
    maxPooling2d: (shape) => layers.maxPooling2d(this.pool(...shape)),
    averagePooling2d: (shape) => layers.averagePooling2d(this.pool(...shape)),
    globalMaxPooling2d: () => layers.globalMaxPooling2d({}),
    upSampling2d: () => layers.upSampling2d({ size: [2, 2] }),
    zeroPadding2d: () => layers.zeroPadding2d({ padding: [[1, 0], [0, 2]] }), // biome-ignore format: pairs
    cropping2D: ([height = 0, width = 0]) =>
      Math.min(height, width) > 2 ? layers.cropping2D({ cropping: [[1, 0], [0, 1]] }) : undefined, // biome-ignore format: pairs
    permute: () => layers.permute({ dims: this.pick([[2, 1, 3], [3, 1, 2]]) }), // biome-ignore format: pairs
    rows: ([height = 1, width = 1, channels = 1]) =>
      layers.reshape({ targetShape: [height, width * channels] }),
  };

  private pictures = () => [this.below(12), this.below(12), this.below(3)];
  private sequence = () => [this.below(7), this.below(4)];
  private affine = () => ({ scale: this.random() < 0.7, center: this.random() < 0.7 });
  private frozen = () => ({ trainable: this.random() < 0.8 });

  private settings() {
    return { ...this.settingsWithoutKernel(), kernelInitializer: this.initializer() };
  }

  private settingsWithoutKernel() {
    return {
      activation: this.pick(ACTIVATIONS),
      useBias: this.random() < 0.8,
      biasInitializer: this.initializer(),
    };
  }

  private recurrent() {
    return {
      ...this.settings(),
      activation: this.pick(['tanh', 'sigmoid'] as const),
      recurrentInitializer: this.initializer(),
      units: this.below(5),
      returnSequences: this.random() < 0.5,
      goBackwards: this.random() < 0.2,
    };
  }

  private convolution(...lengths: (number | undefined)[]) {
    return { ...this.window(...lengths), kernelInitializer: this.initializer() };
  }

  /** Of a convolution: its window fits into the lengths that are given, whatever its padding. */
  private window(...lengths: (number | undefined)[]) {
    const longest = Math.min(4, ...(lengths.slice(0, 2) as number[]));
    return {
      ...this.settingsWithoutKernel(),
      kernelSize: this.below(longest),
      strides: this.below(2),
      padding: this.pick(['same', 'valid'] as const),
    };
  }

  private pool(...lengths: (number | undefined)[]) {
    const { kernelSize, padding } = this.window(...lengths);
    return { poolSize: kernelSize, strides: this.below(kernelSize), padding };
  }

  private initializer() {
    this.weights++;
    return tf.initializers.randomNormal({ stddev: 0.4, seed: this.weights });
  }

  /** From 1. */
  private below(most: number): number {
    return Math.floor(this.random() * most) + 1;
  }

  private pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length) - 1] as Value;
  }
}

/** Batches of an odd size and of one row too. */
function batchesFor(model: tf.LayersModel): Batch[] {
  const [{ shape }] = model.inputs as [tf.SymbolicTensor];
  return [16, 7, 1].map((rows, index) => ({
    inputs: [
      tf.randomUniform([rows, ...(shape.slice(1) as number[])], -1, 1, 'float32', index + 1),
    ],
    targets: [tf.range(0, rows).mod(CLASSES)],
  }));
}

it('a model put together at random trains the same as a graph', async () => {
  for (let seed = 0; seed < MODELS; seed++) {
    const made = new RandomModel(seed);
    const probe = made.build();
    const batches = batchesFor(probe);
    probe.dispose();
    try {
      await assertLockstep({
        steps: 3,
        batches,
        makeModel: () => new RandomModel(seed).build(),
        compile: (model) =>
          model.compile({
            optimizer: tf.train.sgd(0.05),
            loss: 'sparseCategoricalCrossentropy',
            metrics: ['acc'],
          }),
      });
    } catch (error) {
      throw new Error(`seed ${seed}: ${made.names.join(', ')}`, { cause: error });
    }
    disposeBatches(batches);
  }
});
