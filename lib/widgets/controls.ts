import { type Control, ipywidgetsState } from './control';

/** Options of {@link slider}. */
export interface SliderOptions {
  /** The initial value. Default: `minimum`. */
  value?: number;
  /** The distance between two values, counted from `minimum`. Default: a hundredth of the range. */
  step?: number;
  /** The text beside it. Default: its name among the controls. */
  label?: string;
}

/**
 * A slider for a number.
 *
 * @param minimum the number at its left end.
 * @param maximum the number at its right end.
 * @param options the initial value, the step, and the label.
 * @throws Error when `minimum` is not below `maximum`, `step` is not above 0, or `value` is outside
 * of them.
 *
 * @example
 * widgets.slider(0, 1)
 * widgets.slider(-8, 8, { step: 1, value: 0, label: 'pixels to the right' })
 */
export function slider(
  minimum: number,
  maximum: number,
  options: SliderOptions = {},
): Control<number> {
  const { value = minimum, step = (maximum - minimum) / 100, label } = options;
  if (!(Number.isFinite(minimum) && Number.isFinite(maximum) && minimum < maximum)) {
    throw new Error(
      `slider: ${minimum} to ${maximum} is not a range: the minimum must be less than the maximum.`,
    );
  }
  if (!(step > 0)) {
    throw new Error(`slider: the step is ${step}; it must be greater than 0.`);
  }
  if (!(value >= minimum && value <= maximum)) {
    throw new Error(`slider: the value ${value} is not in the range ${minimum} to ${maximum}.`);
  }
  const digits = digitsBehindPoint(step);
  return {
    initial: value,
    modelState: (name) =>
      ipywidgetsState('FloatSlider', {
        description: label ?? name,
        min: minimum,
        max: maximum,
        step,
        value,
        readout_format: `.${digits}f`,
      }),
    next: ({ state }, before) => {
      const steps = Math.round((Number(state?.value ?? before) - minimum) / step);
      // The browser adds up steps with rounding errors: 2.9999999999999996 means 3.
      return Number((minimum + steps * step).toPrecision(12));
    },
    describe: (number) => number.toFixed(digits),
  };
}

/** The number of decimals of the step, but no more than are needed to tell two values apart. */
function digitsBehindPoint(step: number): number {
  const [, fraction = ''] = step.toFixed(12).replace(/0+$/, '').split('.');
  return Math.min(fraction.length, Math.max(0, 1 - Math.floor(Math.log10(step))));
}

/** Options of {@link dropdown}. */
export interface DropdownOptions<Value> {
  /** The entry chosen at first. Default: the first one. */
  value?: Value;
  /** The text beside it. Default: its name among the controls. */
  label?: string;
}

/**
 * A list to choose one entry from.
 *
 * @param entries texts or numbers; or an object, whose names are shown and whose values are given,
 *   models for example.
 * @param options the entry chosen at first, and the label.
 * @throws Error when there is no entry, or `value` is not one of them.
 *
 * @example
 * widgets.dropdown(['sgd', 'adam'])
 * widgets.dropdown({ 'LeNet-5': lenet5, CNN: cnn })
 */
export function dropdown<const Value>(
  entries: readonly (Value & (string | number))[] | Readonly<Record<string, Value>>,
  options: DropdownOptions<NoInfer<Value>> = {},
): Control<Value> {
  const isList = Array.isArray(entries);
  const names = isList ? entries.map(String) : Object.keys(entries);
  const values: readonly Value[] = isList ? entries : Object.values(entries);
  const { value = values[0] as Value, label } = options;
  const index = values.indexOf(value);
  if (index < 0) {
    throw new Error(
      names.length === 0
        ? 'dropdown: there is nothing to choose from.'
        : `dropdown: there is no entry ${String(value)}; the entries are ${names.join(', ')}.`,
    );
  }
  return {
    initial: value,
    modelState: (name) =>
      ipywidgetsState('Dropdown', {
        description: label ?? name,
        _options_labels: names,
        index,
      }),
    next: ({ state }, before) => {
      const chosen = Number(state?.index ?? -1);
      return chosen in values ? (values[chosen] as Value) : before;
    },
    describe: (chosen) => names[values.indexOf(chosen)] ?? '',
  };
}

/** Options of {@link checkbox}. */
export interface CheckboxOptions {
  /** Whether it is ticked at first. Default: false. */
  value?: boolean;
  /** The text beside it. Default: its name among the controls. */
  label?: string;
}

/**
 * A box to tick.
 *
 * @param options whether it is ticked at first, and its label.
 *
 * @example
 * widgets.checkbox({ value: true, label: 'show the filter' })
 */
export function checkbox(options: CheckboxOptions = {}): Control<boolean> {
  const { value = false, label } = options;
  return {
    initial: value,
    modelState: (name) =>
      ipywidgetsState('Checkbox', { description: label ?? name, value, indent: false }),
    next: ({ state }, before) => (typeof state?.value === 'boolean' ? state.value : before),
    describe: (isTicked) => (isTicked ? 'yes' : 'no'),
  };
}

/**
 * A button. Its value counts how often it has been pressed, from 0.
 *
 * @param label the text on it. Default: its name among the controls.
 *
 * @example
 * await widgets.interact({ next: widgets.button('Another digit') }, ({ next }) =>
 *   plots.image(test.images.slice(next, 1)));
 */
export function button(label?: string): Control<number> {
  return {
    initial: 0,
    modelState: (name) => ipywidgetsState('Button', { description: label ?? name }),
    next: ({ content }, before) =>
      (content as { event?: string } | undefined)?.event === 'click' ? before + 1 : before,
    describe: (count) => `pressed ${count} time${count === 1 ? '' : 's'}`,
  };
}
