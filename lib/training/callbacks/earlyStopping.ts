import * as tf from '../../tensorflow';
import { checkOptionNames } from '../names';
import type { Callback, Logs } from './callback';
import { Monitor, type MonitorOptions } from './monitor';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** So many epochs may pass without improvement. Default: 0. */
  patience?: number;
  /** 1 prints a line when the training stops. Default: 0. */
  verbose?: 0 | 1;
  /** The training stops unless the value becomes better than this. Default: none. */
  baseline?: number;
  /** Whether the model ends with the weights of its best epoch. Default: false. */
  restoreBestWeights?: boolean;
  /** So many epochs are not watched. Default: 0. */
  startFromEpoch?: number;
}

const optionNames: Record<keyof EarlyStoppingOptions, true> = {
  monitor: true,
  mode: true,
  minDelta: true,
  patience: true,
  verbose: true,
  baseline: true,
  restoreBestWeights: true,
  startFromEpoch: true,
};

/**
 * A callback for `fit` that ends the training when a value no longer improves. A value that is NaN
 * is never an improvement.
 *
 * @see https://keras.io/api/callbacks/early_stopping/
 *
 * @example
 * const stopping = new training.EarlyStopping({ patience: 3, restoreBestWeights: true });
 * await training.fit(model, x, y, { epochs: 100, validationSplit: 0.1, callbacks: stopping });
 */
export class EarlyStopping implements Callback {
  /** It changes nothing that a graph has recorded. */
  readonly changesModel = false;
  private readonly options: Required<Omit<EarlyStoppingOptions, 'baseline'>> & {
    baseline?: number;
  };
  private monitor: Monitor;
  private model: tf.LayersModel | undefined;
  private wait = 0;
  private stoppedEpoch = 0;
  private bestEpoch = 0;
  // Numbers, not tensors: nobody would dispose these if the training ended with an error.
  private bestWeights: tf.TypedArray[] | undefined;

  /**
   * @param options what to watch, and for how long.
   * @throws TypeError for an unknown option, or if the direction cannot be told.
   */
  constructor(options: EarlyStoppingOptions = {}) {
    this.options = {
      monitor: 'val_loss',
      mode: 'auto',
      minDelta: 0,
      patience: 0,
      verbose: 0,
      restoreBestWeights: false,
      startFromEpoch: 0,
      ...options,
    };
    checkOptionNames('EarlyStopping', options, Object.keys(optionNames));
    this.monitor = this.newMonitor();
  }

  private newMonitor(): Monitor {
    const { monitor, mode, minDelta } = this.options;
    return new Monitor('EarlyStopping', monitor, mode, minDelta);
  }

  /**
   * Called by `fit` before training.
   *
   * @param model the model that is trained.
   */
  setModel(model: tf.LayersModel): void {
    this.model = model;
  }

  /** Called by `fit`; forgets an earlier training. */
  onTrainBegin(): void {
    this.monitor = this.newMonitor();
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.bestEpoch = 0;
    this.bestWeights = undefined;
  }

  /**
   * Called by `fit`; sets `model.stopTraining` when it is time.
   *
   * @param epoch counts from 0.
   * @param logs the epoch's values, the watched one among them.
   */
  onEpochEnd(epoch: number, logs: Logs = {}): void {
    const { patience, baseline, startFromEpoch } = this.options;
    const value = this.monitor.valueIn(logs);
    if (value === undefined || epoch < startFromEpoch) {
      return;
    }
    if (this.bestWeights === undefined) {
      this.keepWeights(epoch);
    }
    this.wait++;
    if (this.monitor.isBetter(value)) {
      this.monitor.best = value;
      this.keepWeights(epoch);
      if (baseline === undefined || this.monitor.isBetter(value, baseline)) {
        this.wait = 0;
      }
      return;
    }
    if (this.wait >= patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.trainedModel().stopTraining = true;
    }
  }

  /** Called by `fit`; gives the model its best weights back, if that was asked for. */
  onTrainEnd(): void {
    const { verbose } = this.options;
    if (verbose > 0 && this.stoppedEpoch > 0) {
      console.log(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    }
    if (this.bestWeights === undefined) {
      return;
    }
    if (verbose > 0) {
      const best = this.bestEpoch + 1;
      console.log(`Restoring model weights from the end of the best epoch: ${best}.`);
    }
    setWeightValues(this.trainedModel(), this.bestWeights);
    this.bestWeights = undefined;
  }

  private keepWeights(epoch: number): void {
    this.bestEpoch = epoch;
    if (this.options.restoreBestWeights) {
      const weights = this.trainedModel().getWeights();
      this.bestWeights = weights.map((weight) => weight.dataSync());
    }
  }

  private trainedModel(): tf.LayersModel {
    if (!this.model) {
      throw new Error('EarlyStopping works as a callback of fit only.');
    }
    return this.model;
  }
}

function setWeightValues(model: tf.LayersModel, values: readonly tf.TypedArray[]): void {
  tf.tidy(() => {
    const weights = model.getWeights();
    model.setWeights(
      weights.map(({ shape, dtype }, index) =>
        tf.tensor(values[index] as tf.TypedArray, shape, dtype),
      ),
    );
  });
}
