// How a step knows that it is done: finally it writes a fingerprint of its inputs next to the
// result. If the fingerprint is missing or different, the step is done again.
import { createHash } from 'node:crypto';

/**
 * A short text that changes if any of the values changes.
 *
 * @param {unknown[]} values
 */
export function fingerprint(...values) {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
