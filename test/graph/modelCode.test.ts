/** Which code is known to read nothing but its own properties, and which is the user's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layers as ofKeras, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import type { ModelInternals } from '../../lib/tfjsInternals';
import { ModelCode } from '../../lib/training/runners/modelCode';

const { layers } = tf;

function codeOf(model: tf.LayersModel): ModelCode {
  return new ModelCode(((model as { model?: object }).model ?? model) as ModelInternals);
}

function sequential(inputShape: number[], ...rest: tf.layers.Layer[]): tf.Sequential {
  return tf.sequential({ layers: [layers.inputLayer({ inputShape }), ...rest] });
}

class OwnLayer extends layers.Layer {
  static className = 'OwnLayer';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    return inputs;
  }
}

const ofTfjs = tf.regularizers.l2().constructor;
const Regularizer = Object.getPrototypeOf(ofTfjs) as typeof tf.serialization.Serializable;

class OwnRegularizer extends Regularizer {
  static className = 'OwnRegularizer';
  apply(weight: tf.Tensor): tf.Scalar {
    return weight.sum();
  }
  override getConfig() {
    return {};
  }
}

describe('code of tfjs', () => {
  const models: Record<string, () => tf.LayersModel> = {
    'dense layers with all their parts': () =>
      sequential(
        [3],
        layers.dense({
          units: 4,
          activation: 'relu',
          kernelRegularizer: 'l1l2',
          biasRegularizer: tf.regularizers.l2({ l2: 0.1 }),
          kernelConstraint: tf.constraints.maxNorm({ maxValue: 1 }),
          kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
        }),
        layers.prelu({}),
        layers.batchNormalization({ scale: false }),
        layers.layerNormalization({}),
        layers.gaussianNoise({ stddev: 1 }),
        layers.dropout({ rate: 0.5 }),
      ),
    convolutions: () =>
      sequential(
        [8, 8, 2],
        layers.conv2d({ filters: 2, kernelSize: 3, activation: 'elu' }),
        layers.separableConv2d({ filters: 2, kernelSize: 3 }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
        layers.maxPooling2d({}),
        layers.upSampling2d({}),
        layers.globalAveragePooling2d({}),
      ),
    'recurrent layers, wrapped ones': () =>
      sequential(
        [5, 3],
        layers.bidirectional({
          layer: layers.lstm({ units: 2, returnSequences: true }) as tf.RNN,
          mergeMode: 'concat',
        }),
        layers.rnn({
          cell: [layers.gruCell({ units: 2 }), layers.simpleRNNCell({ units: 2 })],
          returnSequences: true,
        }),
        layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
      ),
    'layers of pictures that tfjs lacks': () =>
      sequential(
        [8, 8, 2],
        ofKeras.spatialDropout2d({ rate: 0.5 }),
        ofKeras.conv2d({ filters: 4, kernelSize: 3, groups: 2, activation: 'relu' }),
        ofKeras.groupNormalization({ groups: 2 }),
        ofKeras.globalAveragePooling2d(),
      ),
    'layers of sequences that tfjs lacks': () =>
      sequential(
        [9, 2],
        ofKeras.depthwiseConv1d({ kernelSize: 3, depthwiseRegularizer: tf.regularizers.l2() }),
        ofKeras.separableConv1d({ filters: 2, kernelSize: 3, activation: 'relu' }),
        ofKeras.conv1dTranspose({ filters: 2, kernelSize: 3, biasRegularizer: 'l1l2' }),
        ofKeras.globalMaxPooling1d({ keepdims: true }),
      ),
    'a model within a model': () => sequential([3], sequential([3], layers.dense({ units: 2 }))),
  };
  for (const [name, makeModel] of Object.entries(models)) {
    it(`${name}: is known, and unchanged after a training`, async () => {
      const model = makeModel();
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['mae'] });
      const shape = (model.outputs[0] as tf.SymbolicTensor).shape.slice(1) as number[];
      const inputShape = (model.inputs[0] as tf.SymbolicTensor).shape.slice(1) as number[];
      const [x, y] = [tf.ones([8, ...inputShape]), tf.zeros([8, ...shape])];
      await training.fit(model, x, y, { verbose: 0, compiled: false });
      const code = codeOf(model);
      assert.equal(code.custom, null);
      await training.fit(model, x, y, { verbose: 0, compiled: true });
      assert.equal(code.firstChange(), null);
      tf.dispose([x, y]);
      model.dispose();
    });
  }
});

it('the losses and metrics of tfjs are known as functions, too', () => {
  for (const loss of [tf.losses.softmaxCrossEntropy, tf.losses.huberLoss]) {
    const model = sequential([3], layers.dense({ units: 2 }));
    model.compile({ optimizer: 'sgd', loss, metrics: [tf.metrics.meanAbsoluteError] });
    assert.equal(codeOf(model).custom, null);
    model.dispose();
  }
});

describe('code of the user’s', () => {
  const loss = (targets: tf.Tensor, outputs: tf.Tensor) => targets.sub(outputs).square();
  const cases: [string, () => tf.LayersModel, Partial<tf.ModelCompileArgs>, RegExp][] = [
    ['a layer', () => sequential([3], new OwnLayer({ name: 'own' })), {}, /"own" \(OwnLayer\)/],
    [
      'a regulariser',
      () => {
        const kernelRegularizer = new OwnRegularizer() as ReturnType<typeof tf.regularizers.l2>;
        return sequential([3], layers.dense({ units: 1, name: 'd', kernelRegularizer }));
      },
      {},
      /"d" \(Dense\), kernelRegularizer/,
    ],
    ['a loss', () => sequential([3], layers.dense({ units: 1 })), { loss }, /the loss/],
    [
      'a metric',
      () => sequential([3], layers.dense({ units: 1 })),
      { metrics: ['mae', loss] },
      /a metric/,
    ],
    [
      'an exchanged method',
      () => {
        const dense = layers.dense({ units: 1, name: 'd' });
        return sequential([3], Object.assign(dense, { call: dense.call.bind(dense) }));
      },
      {},
      /"d" \(Dense\), call/,
    ],
  ];
  for (const [name, makeModel, args, message] of cases) {
    it(name, () => {
      const model = makeModel();
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', ...args });
      assert.match(codeOf(model).custom ?? '', message);
      model.dispose();
    });
  }
});
