/** What is known of a metric that is a function: which one of Keras's it is. */

/** A metric of Keras, as its files write it. */
export interface MetricDescription {
  /** Keras's class, `AUC`. */
  className: string;
  /** Under which name it is reported. */
  name: string;
  /** Its options with Keras's names, without those that are as by default. */
  config: Readonly<Record<string, number | string | boolean>>;
}

const descriptions = new WeakMap<object, MetricDescription>();
const weightedMetrics = new WeakMap<object, unknown>();

/** Notes which metric of Keras a function is. */
export function describeMetric(metric: object, description: MetricDescription): void {
  descriptions.set(metric, description);
}

/** Which metric of Keras this is; undefined for one of the user's own, and for a name. */
export function metricDescription(metric: unknown): MetricDescription | undefined {
  return typeof metric === 'function' ? descriptions.get(metric) : undefined;
}

/** Notes of which metric, or its name, a function is the weighted form. */
export function noteWeighted(weighted: object, metric: unknown): void {
  weightedMetrics.set(weighted, metric);
}

/** The metric, or its name, of which this is the weighted form; undefined if it is none. */
export function unweighted(metric: unknown): unknown {
  return typeof metric === 'function' ? weightedMetrics.get(metric) : undefined;
}
