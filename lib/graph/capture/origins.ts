/** Keeps track of which part of a step is being recorded. */
import { resolve } from 'node:path';
import type { Origin, Phase } from '../../native/graphNode';
import type * as tf from '../../tensorflow';

/** A layer, or a line of the user's function. */
type Place = Pick<Origin, 'layer' | 'line'>;

export class Origins {
  private readonly places: Place[] = [];
  private phase: Phase = 'forward';
  private count = 0;

  /** @param hasLines whether lines are noted, which takes a tenth of the time of a capture. */
  constructor(private readonly hasLines: boolean) {}

  /** The innermost layer being called, as words for a message. */
  get layer(): string | undefined {
    return this.places.at(-1)?.layer;
  }

  /** The innermost layer being called, or else the line of the function, if lines are noted. */
  get place(): Place {
    return this.places.at(-1) ?? (this.hasLines ? { line: callingLine() } : {});
  }

  /** Where the operation comes from that is being called. */
  next(): Origin {
    return { position: this.count++, phase: this.phase, ...this.place };
  }

  /** Runs something that belongs to a place. */
  at<Result>(place: Place, action: () => Result): Result {
    this.places.push(place);
    try {
      return action();
    } finally {
      this.places.pop();
    }
  }

  /** Runs something that belongs to a phase of the step. */
  inPhase<Result>(phase: Phase, action: () => Result): Result {
    const { phase: outer } = this;
    this.phase = phase;
    try {
      return action();
    } finally {
      this.phase = outer;
    }
  }
}

/** The name of a layer as words for a message. */
export function nameOf(layer: tf.layers.Layer): string {
  return `layer "${layer.name}" (${layer.getClassName()})`;
}

const LIBRARY = resolve(__dirname, '../..');

/** Frames of TensorFlow.js and of this library may lie above that of the user. */
const FRAMES = 60;

/** The innermost line of the stack that is neither TensorFlow.js nor this library. */
export function callingLine(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const frame = stack
    .split('\n')
    .slice(1)
    .find((line) => !line.includes('@tensorflow') && !line.includes(LIBRARY));
  return frame?.match(/([^/\\(]+:\d+):\d+\)?$/)?.[1];
}
