import * as tf from '../tensorflow';
import { internals, type ModelInternals, type NamedFunction } from '../tfjsInternals';
import { isQuotient } from './runners/modelSteps';

/**
 * The model that does the work and holds the compile state: a `tf.Sequential` wraps one.
 *
 * @throws TypeError if the model has no layers.
 */
export function innerModel(model: tf.LayersModel): ModelInternals {
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

/** Stands for a value that the one before it is to be divided by, when all rows have been summed. */
export const DIVISOR = Symbol('divisor');

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

/**
 * The names under which loss and metrics are reported, in the order of a batch's values. A metric
 * keeps the name that the user gave it, as in Keras, where tfjs turns 'accuracy' into 'acc'.
 */
export function metricNames(model: ModelInternals): (string | typeof DIVISOR)[] {
  const prefixes =
    model.outputNames.length > 1 ? model.outputNames.map((name) => `${name}_`) : [''];
  const given = model.lossFunctions && reportedNames.get(model.lossFunctions);
  const written = prefixes.flatMap((prefix, index) =>
    metricsOfOutput(model, index).map((metric, place) => {
      const name = given?.[index]?.[place] ?? (typeof metric === 'string' ? metric : undefined);
      return name === undefined ? undefined : prefix + name;
    }),
  );
  const firstMetric = model.metricsNames.length - written.length;
  const names = model.metricsNames.map((name, index) => written[index - firstMetric] ?? name);
  return names.flatMap((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length;
    const unique = before === 0 ? name : `${name}_${before}`;
    const metric = model.metricsTensors[index - 1]?.[0];
    return metric && isQuotient(metric) ? [unique, DIVISOR] : [unique];
  });
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
