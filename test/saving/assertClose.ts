import assert from 'node:assert/strict';

/** Fails if any number differs from the expected one by more than the tolerance. */
export function assertClose(actual: number[], expected: number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const differences = actual.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  // Written so that NaN fails.
  const largest = Math.max(...differences);
  assert.ok(largest <= tolerance, `largest difference ${largest}, allowed ${tolerance}`);
}
