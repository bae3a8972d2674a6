/** The work that is repeated, each kind in one process, to see whether any resource grows. */
import { models, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

/** One kind of work. */
export interface Load {
  /** For the table. */
  readonly title: string;
  /** The number of repetitions in a whole run. */
  readonly times: number;
  /** Does it this many times. */
  run(times: number): Promise<void>;
}

/** The kinds of work, by the names that `--only` takes. */
export const loads: Readonly<Record<string, Load>> = {
  'new-models': { title: 'fits of new models', times: 200, run: fitNewModels },
  'one-model': { title: 'fits of one model', times: 50, run: fitOneModel },
  compile: { title: 'models made, compiled and disposed', times: 2000, run: compileAndDispose },
  predictions: { title: 'predictions of one picture', times: 20_000, run: predictSingly },
};

/** Pictures of nothing, and numbers from 0 to 9: what is learned does not matter here. */
function pictures(count: number): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: tf.randomUniform([count, 28, 28, 1], 0, 1, 'float32', 1),
    y: tf.randomUniform([count], 0, 10, 'int32', 2),
  };
}

function compiledNetwork(time: number): tf.LayersModel {
  const make = [models.cnn, models.mlp, models.lenet5][time % 3] as typeof models.cnn;
  const model = make({ seed: time });
  model.compile({
    optimizer: ['adam', 'sgd', 'rmsprop'][time % 3] as string,
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['acc'],
  });
  return model;
}

function dispose(model: tf.LayersModel): void {
  model.optimizer.dispose();
  model.dispose();
}

async function fitNewModels(times: number): Promise<void> {
  const { x, y } = pictures(640);
  for (let time = 0; time < times; time++) {
    const model = compiledNetwork(time);
    const shape = (model.inputs[0] as tf.SymbolicTensor).shape.slice(1) as number[];
    const inputs = x.reshape([-1, ...shape]);
    const options = { epochs: 2, validationSplit: 0.1, seed: time, verbose: 0 } as const;
    await training.fit(model, inputs, y, options);
    dispose(model);
    inputs.dispose();
  }
  tf.dispose([x, y]);
}

async function fitOneModel(times: number): Promise<void> {
  const { x, y } = pictures(1920);
  const model = compiledNetwork(0);
  for (let time = 0; time < times; time++) {
    // Batches of another size are another graph.
    const batchSize = 32 + (time % 3);
    await training.fit(model, x, y, { epochs: 2, batchSize, seed: time, verbose: 0 });
  }
  dispose(model);
  tf.dispose([x, y]);
}

async function compileAndDispose(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    dispose(compiledNetwork(time));
  }
}

async function predictSingly(times: number): Promise<void> {
  const { x, y } = pictures(1);
  const model = compiledNetwork(0);
  for (let time = 0; time < times; time++) {
    const answer = await training.predict(model, x);
    answer.dispose();
  }
  dispose(model);
  tf.dispose([x, y]);
}
