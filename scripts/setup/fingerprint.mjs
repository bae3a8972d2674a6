// How a step knows that it is done: its last act is to write down a fingerprint of what it was
// made from, next to the result. A missing or different fingerprint means: do it (again).
import { createHash } from 'node:crypto';

/**
 * A short text that changes when any of the values does.
 *
 * @param {unknown[]} values
 */
export function fingerprint(...values) {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
