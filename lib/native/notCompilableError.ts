/**
 * Says why a model or step function cannot be run as a graph. The message is one sentence that
 * names the layer or call that prevents it; the model itself is valid and can run op by op.
 */
export class NotCompilableError extends Error {
  /** Identifies the error where `instanceof` cannot. */
  override name = 'NotCompilableError';
}
