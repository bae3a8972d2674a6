/**
 * Says why a model or step function cannot be run as a graph. The message is one sentence that
 * names the layer or call in the way; the model itself is sound and can be run op by op.
 */
export class NotCompilableError extends Error {
  /** Tells it from other errors, also where `instanceof` cannot. */
  override name = 'NotCompilableError';
}
