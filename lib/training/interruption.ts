import { setImmediate as nextEventLoopTurn } from 'node:timers/promises';
import { notebookHost } from '../display/index';

/**
 * Thrown when the user interrupts the cell, or aborts the `signal` option. The model stays
 * usable, with the weights of the last finished step.
 */
export class Interrupted extends Error {
  /** Tells it from other errors, also where `instanceof` cannot. */
  override readonly name = 'Interrupted';
}

// Long enough to cost nothing beside a training step, short enough for a smooth display.
const millisecondsBetweenBreaks = 20;

/**
 * Breaks between the steps of a long loop. TensorFlow's calls are synchronous: without breaks no
 * timer, no message and no interrupt would be noticed until the loop ends.
 */
export class Breaks {
  private readonly signals: AbortSignal[];
  private lastBreak = performance.now();

  /** Heeds `signal` and, in a notebook, the interruption of the cell that runs now. */
  constructor(signal: AbortSignal | undefined) {
    this.signals = [signal, notebookHost()?.signal].filter((one) => one !== undefined);
  }

  /**
   * To be awaited after every step; costs next to nothing when no break is due.
   *
   * @param message says what was interrupted; called only then.
   * @throws Interrupted when a signal was aborted.
   */
  async betweenSteps(message: () => string): Promise<void> {
    if (performance.now() - this.lastBreak >= millisecondsBetweenBreaks) {
      await nextEventLoopTurn();
      this.lastBreak = performance.now();
    }
    const aborted = this.signals.find((signal) => signal.aborted);
    if (aborted) {
      throw new Interrupted(message(), { cause: aborted.reason });
    }
  }

  /**
   * Waits for what the user's code promised. It may never come: an interrupt ends the waiting.
   *
   * @param result a value or a promise of one.
   * @param message says what was interrupted; called only then.
   * @throws Interrupted when a signal was aborted before the promise was kept.
   */
  async waitFor<T>(result: T | PromiseLike<T>, message: () => string): Promise<T> {
    if (!isPromise(result) || this.signals.length === 0) {
      return result;
    }
    const waiting = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      for (const signal of this.signals) {
        const end = () => reject(new Interrupted(message(), { cause: signal.reason }));
        signal.addEventListener('abort', end, { once: true, signal: waiting.signal });
        if (signal.aborted) {
          end();
        }
      }
    });
    try {
      return await Promise.race([result, aborted]);
    } finally {
      waiting.abort();
    }
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}
