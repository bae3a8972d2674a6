/** How Keras writes losses, metrics and their options, and which belong to which output. */
import { asString, isObject, type Json, shown } from './json';

/** Whether there is nothing in a list, or in the lists in it. */
export function isEmpty(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.every(isEmpty));
}

/** `convert` one value, or each value of a list or of an object with a value per output. */
export function perOutput<To>(value: Json | undefined, convert: (one: Json) => To) {
  if (Array.isArray(value)) {
    return value.map(convert);
  }
  if (!isObject(value) || 'class_name' in value) {
    return convert(value ?? null);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, convert(one)]));
}

/**
 * The name of the loss or metric function that Keras serialised as text, as an object of a class
 * (`MeanSquaredError`), or as a wrapped function. Options that change what it computes are refused.
 */
export function functionName(value: Json, kind: 'loss' | 'metric'): string {
  if (!isObject(value)) {
    return asString(value, `The ${kind}`);
  }
  const className = asString(value.class_name, `The class_name of a ${kind}`);
  const config = isObject(value.config) ? value.config : {};
  const changes = ['from_logits', 'label_smoothing', 'ignore_class'].filter((name) => config[name]);
  const reduction = config.reduction ?? 'auto';
  if (kind === 'loss' && !['auto', 'sum_over_batch_size'].includes(String(reduction))) {
    changes.push('reduction');
  }
  if (changes.length > 0) {
    const options = changes.map((name) => `${name} = ${shown(config[name])}`).join(', ');
    throw new Error(`The ${kind} ${className} with ${options} is not supported.`);
  }
  if (className === 'function') {
    return asString(value.config, `The name of a ${kind}`);
  }
  if (typeof config.fn === 'string') {
    return config.fn;
  }
  return snakeCase(className);
}

/** An option's name here: `num_thresholds` becomes `numThresholds`. */
export function camelCase(option: string): string {
  return option.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What Keras calls a thing of a class: `Conv2D` becomes `conv2d`, `KLDivergence` `kl_divergence`. */
export function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
