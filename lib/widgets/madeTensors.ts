import * as tf from '../tensorflow';

/**
 * Calls a function like `tf.tidy`, but leaves the tensors that it has made to the caller, who may
 * need them to show the value.
 *
 * @returns the value, and the tensors that the function has neither disposed nor kept with `tf.keep`;
 * none of an async function, which may still need them.
 */
export function collectTensors<Value>(work: () => Value): { value: Value; tensors: tf.Tensor[] } {
  const engine = tf.engine();
  engine.startScope('interact');
  const { track } = engine.state.activeScope;
  let isDone = false;
  try {
    const value = work();
    isDone = true;
    const tensors = value instanceof Promise ? [] : track.filter((tensor) => !tensor.kept);
    return { value, tensors };
  } finally {
    engine.endScope(isDone ? track : undefined);
  }
}
