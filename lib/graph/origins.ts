/** Keeps track of where in a step the run is that is being recorded. */
import type * as tf from '../tensorflow';
import type { Origin, Phase } from './graphNode';

export class Origins {
  private readonly layers: string[] = [];
  private phase: Phase = 'forward';
  private count = 0;

  /** The innermost layer being called, as words for a message. */
  get layer(): string | undefined {
    return this.layers.at(-1);
  }

  /** Where the operation comes from that is being called. */
  next(): Origin {
    const { layer, phase } = this;
    const place = layer === undefined ? { line: callingLine() } : { layer };
    return { position: this.count++, phase, ...place };
  }

  /** Runs something that belongs to a layer. */
  inLayer<Result>(layer: string | undefined, action: () => Result): Result {
    if (layer === undefined) {
      return action();
    }
    this.layers.push(layer);
    try {
      return action();
    } finally {
      this.layers.pop();
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

/** Frames of TensorFlow.js and of this library may lie above that of the user. */
const FRAMES = 30;

/** The innermost line of the stack that is neither TensorFlow.js nor this library. */
export function callingLine(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const frame = stack
    .split('\n')
    .slice(1)
    .find((line) => !line.includes('@tensorflow') && !line.includes(__dirname));
  return frame?.match(/([^/\\(]+:\d+):\d+\)?$/)?.[1];
}
