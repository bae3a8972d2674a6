import type { Logs } from './callback';

/** Whether less or more of a value is better; `auto`: as its name says. */
export type MonitorMode = 'auto' | 'min' | 'max';

/** What callbacks that watch one value of the logs have in common. */
export interface MonitorOptions {
  /** The value to watch, by its name in the logs. Default: `val_loss`. */
  monitor?: string;
  /**
   * Whether less or more is better. Default: `auto`, which knows losses and Keras's metrics by their
   * names, as Keras does, and refuses other names.
   */
  mode?: MonitorMode;
  /** A change by no more than this is no improvement. Default: 0. */
  minDelta?: number;
}

/** Keras's metrics and their short names, without underscores and in small letters. */
const betterWhenMore = new Set([
  ...['accuracy', 'acc', 'binaryaccuracy', 'categoricalaccuracy', 'sparsecategoricalaccuracy'],
  ...['topkcategoricalaccuracy', 'sparsetopkcategoricalaccuracy'],
  ...['auc', 'precision', 'recall', 'precisionatrecall', 'recallatprecision'],
  ...['sensitivityatspecificity', 'specificityatsensitivity', 'f1score', 'fbetascore'],
  ...['iou', 'binaryiou', 'meaniou', 'onehotiou', 'onehotmeaniou'],
  ...['r2score', 'cosinesimilarity', 'pearsoncorrelation', 'concordancecorrelation'],
]);
const betterWhenLess = new Set([
  ...['loss', 'meansquarederror', 'mse', 'rootmeansquarederror', 'rmse'],
  ...['meanabsoluteerror', 'mae', 'meanabsolutepercentageerror', 'mape'],
  ...['meansquaredlogarithmicerror', 'msle', 'logcosh', 'huber'],
  ...['binarycrossentropy', 'bce', 'categoricalcrossentropy', 'sparsecategoricalcrossentropy'],
  ...['kldivergence', 'kullbackleiblerdivergence', 'kld', 'poisson'],
  ...['hinge', 'squaredhinge', 'categoricalhinge'],
]);

/** Watches one value and tells whether it got better. */
export class Monitor {
  /** The best value so far. */
  best: number | undefined;
  private readonly moreIsBetter: boolean;
  private hasWarned = false;

  /**
   * @param owner the callback, for messages.
   * @throws TypeError if the mode is unknown, or cannot be told from the name.
   */
  constructor(
    private readonly owner: string,
    private readonly monitor: string,
    mode: MonitorMode,
    private readonly minDelta: number,
  ) {
    this.moreIsBetter = moreIsBetter(owner, monitor, mode);
  }

  /** The watched value, or undefined after a warning. */
  valueIn(logs: Logs): number | undefined {
    const value = logs[this.monitor];
    if (value === undefined && !this.hasWarned) {
      this.hasWarned = true;
      console.warn(
        `${this.owner} watches "${this.monitor}", but the logs have ${Object.keys(logs).join(', ')}.`,
      );
    }
    return value;
  }

  /** Whether `value` is better than `reference`; anything that is a number is better than nothing. */
  isBetter(value: number, reference: number | undefined = this.best): boolean {
    if (Number.isNaN(value)) {
      return false;
    }
    const { moreIsBetter: more, minDelta } = this;
    return (
      reference === undefined ||
      (more ? value - Math.abs(minDelta) > reference : value + Math.abs(minDelta) < reference)
    );
  }
}

function moreIsBetter(owner: string, monitor: string, mode: MonitorMode): boolean {
  if (!['auto', 'min', 'max'].includes(mode)) {
    throw new TypeError(`${owner}: mode must be auto, min or max, not ${mode}.`);
  }
  if (mode !== 'auto') {
    return mode === 'max';
  }
  for (const name of namesIn(monitor)) {
    if (betterWhenLess.has(name)) {
      return false;
    }
    if (betterWhenMore.has(name)) {
      return true;
    }
  }
  throw new TypeError(
    `${owner} cannot tell from the name "${monitor}" whether less or more of it is better. ` +
      "Give mode: 'min' or mode: 'max'.",
  );
}

/** What may be a metric's name: `val_digit_accuracy_1` may be the `accuracy` of the output `digit`. */
function namesIn(monitor: string): string[] {
  const parts = monitor.replace(/^val_/, '').replace(/_\d+$/, '').split('_');
  return parts.map((_, start) => parts.slice(start).join('').toLowerCase());
}
