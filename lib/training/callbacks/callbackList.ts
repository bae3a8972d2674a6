import * as tf from '../../tensorflow';
import type { Breaks } from '../interruption';
import { nearestName } from '../names';
import type { AnyCallback, Callback, Logs, TrainingParameters } from './callback';

/** A callback of `fit` or `evaluate` itself; it also learns that the run ended with an error. */
export interface OwnCallback extends Callback {
  /** Called instead of `onTrainEnd` when the run ended with an error or an interrupt. */
  onError?(): void;
}

/** What `fit` tells its callbacks, by the callbacks' methods. */
type Event = Exclude<keyof Callback, 'setModel' | 'setParams' | 'changesModel'>;

/** Each method that a callback may have. */
const events: Record<Event, true> = {
  onTrainBegin: true,
  onTrainEnd: true,
  onEpochBegin: true,
  onEpochEnd: true,
  onBatchBegin: true,
  onBatchEnd: true,
  onTrainBatchBegin: true,
  onTrainBatchEnd: true,
  onTestBegin: true,
  onTestEnd: true,
  onTestBatchBegin: true,
  onTestBatchEnd: true,
};

/** Calls the callbacks one after the other and waits for each, but no longer than until an interrupt. */
export class CallbackList {
  private readonly all: readonly Callback[];

  /**
   * @param own callbacks of `fit` itself, called before the user's.
   * @param users the user's.
   * @param breaks tells of interrupts.
   * @param userCodeRan told after each call of a callback that may have changed the model.
   */
  constructor(
    private readonly own: readonly OwnCallback[],
    users: readonly Callback[],
    private readonly breaks: Breaks,
    private readonly userCodeRan: () => void = () => {},
  ) {
    this.all = [...own, ...users];
  }

  /** For a run that is no training. */
  setModel(model: tf.LayersModel): void {
    for (const callback of this.all) {
      callback.setModel?.(model);
    }
  }

  async trainBegin(model: tf.LayersModel, params: TrainingParameters): Promise<void> {
    for (const callback of this.all) {
      callback.setModel?.(model);
      callback.setParams?.(params);
    }
    await this.call('onTrainBegin', {});
  }

  async trainEnd(logs: Logs): Promise<void> {
    await this.call('onTrainEnd', logs);
  }

  error(): void {
    for (const callback of this.own) {
      callback.onError?.();
    }
  }

  async epochBegin(epoch: number): Promise<void> {
    await this.call('onEpochBegin', epoch, {});
  }

  async epochEnd(epoch: number, logs: Logs): Promise<void> {
    await this.call('onEpochEnd', epoch, logs);
  }

  async batchBegin(batch: number): Promise<void> {
    await this.call('onBatchBegin', batch, {});
    await this.call('onTrainBatchBegin', batch, {});
  }

  async batchEnd(batch: number, logs: Logs): Promise<void> {
    await this.call('onBatchEnd', batch, logs);
    await this.call('onTrainBatchEnd', batch, logs);
  }

  async testBegin(): Promise<void> {
    await this.call('onTestBegin', {});
  }

  async testEnd(logs: Logs): Promise<void> {
    await this.call('onTestEnd', logs);
  }

  async testBatchBegin(batch: number): Promise<void> {
    await this.call('onTestBatchBegin', batch, {});
  }

  async testBatchEnd(batch: number, logs: Logs): Promise<void> {
    await this.call('onTestBatchEnd', batch, logs);
  }

  /** The one place where callbacks are called. */
  private async call<E extends Event>(
    event: E,
    ...values: Parameters<NonNullable<Callback[E]>>
  ): Promise<void> {
    for (const [index, callback] of this.all.entries()) {
      const method = callback[event] as ((...values: unknown[]) => unknown) | undefined;
      if (!method) {
        continue;
      }
      await this.breaks.waitFor(
        method.apply(callback, values),
        () => `Training was interrupted while it waited for ${event} of ${nameOf(callback)}.`,
      );
      if (index >= this.own.length && mayChangeModel(callback, event)) {
        this.userCodeRan();
      }
    }
  }
}

/** Whether this is code that may change what a model computes; what tfjs's callbacks inherit is not. */
function mayChangeModel(callback: Callback, event: Event): boolean {
  return (
    callback.changesModel !== false &&
    callback[event] !== (tf.Callback.prototype as Callback)[event]
  );
}

/** The callbacks as a list: one of them may stand alone, as in tfjs. */
export function checkedCallbacks(callbacks: AnyCallback | readonly AnyCallback[] = []): Callback[] {
  const list = (Array.isArray(callbacks) ? [...callbacks] : [callbacks]) as Callback[];
  for (const [index, callback] of list.entries()) {
    if (typeof callback !== 'object' || callback === null) {
      throw new TypeError(
        `callbacks[${index}] is ${callback === null ? 'null' : `a ${typeof callback}`}; it must be ` +
          'an object with methods such as onEpochEnd.',
      );
    }
    for (const name of methodNames(callback)) {
      if (!(name in events)) {
        throw new TypeError(
          `fit calls no method ${name} of a callback (callbacks[${index}]). ` +
            `${nearestName(name, Object.keys(events))}`,
        );
      }
    }
  }
  return list;
}

/** The names of the methods that look like a callback's, those of the object's classes included. */
function methodNames(callback: object): string[] {
  const names: string[] = [];
  for (
    let owner: object | null = callback;
    owner && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    names.push(...Object.getOwnPropertyNames(owner));
  }
  return names.filter((name) => /^on[A-Z]/.test(name));
}

function nameOf(callback: Callback): string {
  const name = callback.constructor?.name;
  return name && name !== 'Object' ? `the callback ${name}` : 'a callback';
}
