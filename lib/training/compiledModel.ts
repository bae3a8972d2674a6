import * as tf from '../tensorflow';
import { internals, type ModelInternals, type NamedFunction } from '../tfjsInternals';
import { wrongKind } from './kinds';
import { metricDescription, unweighted } from './metricFunctions/descriptions';
import { sumsOf } from './runners/metricSums';

/**
 * The model that does the work and holds the compile state: a `tf.Sequential` wraps one.
 *
 * @throws TypeError if the model has no layers, or is none.
 */
export function innerModel(model: tf.LayersModel): ModelInternals {
  if (!(model instanceof tf.LayersModel)) {
    throw wrongKind('The model', 'a tf.LayersModel', model);
  }
  if (!(model instanceof tf.Sequential)) {
    return internals(model);
  }
  if (!model.built) {
    model.build();
  }
  return internals(internals(model).model);
}

/**
 * As `innerModel`, for a run that needs a loss.
 *
 * @throws Error if `model.compile` was not called.
 */
export function compiledModel(model: tf.LayersModel): ModelInternals {
  const inner = innerModel(model);
  if (!inner.optimizer) {
    throw new Error(
      `The model "${model.name}" is not compiled. Call model.compile first, for example ` +
        "model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] }).",
    );
  }
  return inner;
}

/** The loss of one output, as the user gave it to `model.compile`. */
export function lossOfOutput(model: ModelInternals, index: number): NamedFunction | undefined {
  const { loss } = model;
  if (typeof loss === 'string' || typeof loss === 'function') {
    return loss;
  }
  return Array.isArray(loss) ? loss[index] : loss[model.outputNames[index] ?? ''];
}

/** What is reported under a name. */
export interface Reported {
  name: string;
  /** Where it is no mean over rows: how many sums over all rows there are, and what is made of them. */
  sums?: { count: number; result(sums: readonly number[]): number };
}

/** What the user called metrics, per output, where tfjs was told something else; by loss functions. */
const reportedNames = new WeakMap<object, (string | undefined)[][]>();

/**
 * Has metrics reported by other names than those that `model.compile` was given.
 *
 * @param names per output, one for each of its metrics; undefined: as `model.compile` was given it.
 */
export function reportMetricsAs(model: ModelInternals, names: (string | undefined)[][]): void {
  // `model.compile` makes a new list of loss functions.
  reportedNames.set(model.lossFunctions as object, names);
}

/** What the user called the metrics of each output; undefined for a function of the user's own. */
export function metricNames(model: ModelInternals): (string | undefined)[][] {
  const given = model.lossFunctions && reportedNames.get(model.lossFunctions);
  return model.outputNames.map((_, output) =>
    metricsOfOutput(model, output).map(
      (metric, index) => given?.[output]?.[index] ?? nameOf(metric),
    ),
  );
}

/**
 * What is reported of loss and metrics, in the order of a batch's values. A metric keeps the name that
 * the user gave it, as in Keras, where tfjs turns 'accuracy' into 'acc'.
 */
export function reportedValues(model: ModelInternals): Reported[] {
  const prefixes =
    model.outputNames.length > 1 ? model.outputNames.map((name) => `${name}_`) : [''];
  const names = metricNames(model);
  const metrics = prefixes.flatMap((prefix, index) =>
    metricsOfOutput(model, index).map((metric, place) => ({
      prefix,
      metric,
      name: names[index]?.[place],
    })),
  );
  const firstMetric = model.metricsNames.length - metrics.length;
  const counts = new Map<string, number>();
  return model.metricsNames.map((ofTfjs, index) => {
    const { prefix = '', metric, name } = metrics[index - firstMetric] ?? {};
    const isWeighted = unweighted(metric) !== undefined;
    const plain = name === undefined ? ofTfjs : prefix + name;
    // As in Keras, where a metric is given in both forms.
    const own = isWeighted && counts.has(plain) ? `${prefix}weighted_${name}` : plain;
    const before = counts.get(own) ?? 0;
    counts.set(own, before + 1);
    const reported = { name: before === 0 ? own : `${own}_${before}` };
    const [compute, output = 0] = model.metricsTensors[index - 1] ?? [];
    const sums = compute && sumsOf(compute);
    const channels = model.outputs[output]?.shape.at(-1) ?? 1;
    return sums
      ? { ...reported, sums: { count: sums.count(channels), result: sums.result } }
      : reported;
  });
}

function nameOf(metric: NamedFunction): string | undefined {
  const given = unweighted(metric) ?? metric;
  return typeof given === 'string' ? given : metricDescription(given)?.name;
}

/** The metrics of one output, as the user gave them to `model.compile`. */
export function metricsOfOutput(model: ModelInternals, index: number): NamedFunction[] {
  const { metrics } = model;
  if (metrics === undefined || typeof metrics === 'string' || typeof metrics === 'function') {
    return metrics === undefined ? [] : [metrics];
  }
  if (Array.isArray(metrics)) {
    return metrics;
  }
  const own = metrics[model.outputNames[index] ?? ''] ?? [];
  return Array.isArray(own) ? own : [own];
}
