import type * as tf from '../tensorflow';
import { innerModel } from './compiledModel';
import { lossNamed, type Meaning, metricNamed, optimizerNamed } from './kerasNames';
import { metricDescription } from './metricFunctions/descriptions';
import { compileWithMetrics, type NamedMetric, weightedMetric } from './metrics';
import { checkOptionNames, nearestName } from './names';
import { declareLossWeights } from './runners/modelSteps';

/**
 * A loss or metric of your own: compares targets with outputs.
 *
 * @param targets one per row, as `fit` was given them.
 * @param outputs the model's, one per row.
 * @returns one value per row, or their mean.
 */
export type LossFunction = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

/** A loss by its name, or one of your own. */
export type Loss = string | LossFunction;

/** A metric by its name, or one of your own. */
export type Metric = Loss;

/** What is measured beside the loss. */
export type Metrics =
  | Metric
  | readonly (Metric | readonly Metric[])[]
  | Readonly<Record<string, Metric | readonly Metric[]>>;

/** Options of {@link compile}. */
export interface CompileOptions {
  /** An optimiser, or the name of one: it then has Keras's default settings. */
  optimizer: string | tf.Optimizer;
  /**
   * What training makes small: `mse`, `mean_squared_error` and `meanSquaredError` are the same. For a
   * model with several outputs one for all, an array with one for each, or a record by their names.
   */
  loss: Loss | readonly Loss[] | Readonly<Record<string, Loss>>;
  /**
   * What else is measured. For a model with several outputs an array with one entry (a metric or a
   * list) for each, or a record by their names.
   */
  metrics?: Metrics;
  /** As `metrics`, but each row counts by its `sampleWeight`, or the `classWeight` of its class. */
  weightedMetrics?: Metrics;
  /** What the losses of the outputs are multiplied by before they are added up; 1 by default. */
  lossWeights?: readonly number[] | Readonly<Record<string, number>>;
}

const optionNames: Record<keyof CompileOptions, true> = {
  optimizer: true,
  loss: true,
  metrics: true,
  weightedMetrics: true,
  lossWeights: true,
};

/**
 * Compiles a model as Keras does: all of Keras's names, short ones too, Keras's default settings of
 * optimisers, and weights of the losses of several outputs. `model.compile` takes tfjs's names only.
 *
 * Follows https://keras.io/api/models/model_training_apis/#compile-method.
 *
 * @param model the model; an optimiser made here is disposed with it.
 * @param options optimiser, losses, metrics.
 * @throws TypeError for an unknown name, with the nearest known one, or a number of losses that is
 *   not that of the outputs; RangeError for a weight that is no finite number.
 *
 * @example
 * training.compile(model, { optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
 */
export function compile(model: tf.LayersModel, options: CompileOptions): void {
  checkOptionNames('compile', options, Object.keys(optionNames));
  const { outputNames } = innerModel(model);
  const losses = byOutput(options.loss, outputNames, 'loss').map((loss) =>
    meaningOf(loss, lossNamed, 'loss'),
  );
  const metrics = metricsByOutput(options.metrics ?? [], outputNames, 'metrics').map((list) =>
    list.map(metricOf),
  );
  const weighted = metricsByOutput(
    options.weightedMetrics ?? [],
    outputNames,
    'weightedMetrics',
  ).map((list) => list.map((metric) => ofRowsWithWeights(metricOf(metric))));
  const measured = metrics.map((list, index) => [...list, ...(weighted[index] ?? [])]);
  const weights = options.lossWeights && lossWeights(options.lossWeights, outputNames);
  const isOwn = typeof options.optimizer === 'string';
  const optimizer = isOwn
    ? optimizerNamed(options.optimizer as string)
    : (options.optimizer as tf.Optimizer);
  const loss = (losses.length === 1 ? losses[0] : losses) as tf.ModelCompileArgs['loss'];
  compileWithMetrics(model, { optimizer, loss }, measured);
  Object.assign(model, { isOptimizerOwned: isOwn });
  if (weights) {
    declareLossWeights(innerModel(model).lossFunctions as object, weights);
  }
}

function meaningOf(
  given: Loss,
  named: (name: string) => Meaning,
  kind: 'loss' | 'metric',
): Meaning {
  if (typeof given === 'string') {
    return named(given);
  }
  if (typeof given !== 'function') {
    throw new TypeError(`A ${kind} must be a name or a function, not ${given}.`);
  }
  return given;
}

/** One value for each output. A single one holds for all. */
function byOutput<T extends Loss | number>(
  given: T | readonly T[] | Readonly<Record<string, T>>,
  outputs: readonly string[],
  what: string,
): T[] {
  if (Array.isArray(given)) {
    requireOnePerOutput(given, outputs, what);
    return [...given];
  }
  if (typeof given !== 'object' || given === null) {
    return outputs.map(() => given as T);
  }
  const record = given as Readonly<Record<string, T>>;
  requireOutputs(record, outputs, what);
  const missing = outputs.find((name) => record[name] === undefined);
  if (missing !== undefined) {
    throw new TypeError(`${what} lacks the output "${missing}" of the model.`);
  }
  return outputs.map((name) => record[name] as T);
}

function requireOnePerOutput(list: readonly unknown[], outputs: readonly string[], what: string) {
  if (list.length !== outputs.length) {
    throw new TypeError(
      `The model has ${outputs.length} output(s), but ${what} has ${list.length} entries.`,
    );
  }
}

function requireOutputs(record: object, outputs: readonly string[], what: string): void {
  const unknown = Object.keys(record).find((name) => !outputs.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `${what} has "${unknown}", which is no output of the model. ${nearestName(unknown, outputs)}`,
    );
  }
}

function metricOf(given: Metric): NamedMetric {
  const metric = meaningOf(given, metricNamed, 'metric');
  const name = metricDescription(metric)?.name;
  return { metric, name: name ?? (typeof given === 'string' ? given : undefined) };
}

function ofRowsWithWeights({ metric, name }: NamedMetric): NamedMetric {
  const ownName = typeof metric === 'function' ? metric.name : metric;
  return { metric: weightedMetric(metric), name: name ?? ownName };
}

function metricsByOutput(given: Metrics, outputs: readonly string[], what: string): Metric[][] {
  if (typeof given === 'string' || typeof given === 'function') {
    return outputs.map(() => [given]);
  }
  if (!Array.isArray(given)) {
    requireOutputs(given, outputs, what);
    const record = given as Readonly<Record<string, Metric | readonly Metric[]>>;
    return outputs.map((name) => [record[name] ?? []].flat() as Metric[]);
  }
  if (outputs.length === 1) {
    return [given.flat() as Metric[]];
  }
  if (given.length === 0) {
    return outputs.map(() => []);
  }
  requireOnePerOutput(given, outputs, what);
  return given.map((one) => [one].flat() as Metric[]);
}

function lossWeights(
  given: NonNullable<CompileOptions['lossWeights']>,
  outputs: readonly string[],
): number[] {
  const ones = Object.fromEntries(outputs.map((name) => [name, 1]));
  const all = Array.isArray(given) ? (given as readonly number[]) : { ...ones, ...given };
  const weights = byOutput<number>(all, outputs, 'lossWeights');
  for (const weight of weights) {
    if (!Number.isFinite(weight)) {
      throw new RangeError(`lossWeights must be finite numbers, not ${weight}.`);
    }
  }
  return weights;
}
