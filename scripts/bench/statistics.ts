/** Summarises measurements of one quantity. */
export interface Summary {
  median: number;
  least: number;
  most: number;
}

/** @throws RangeError for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) {
    throw new RangeError('The median of no values is undefined.');
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

export function summarize(values: readonly number[]): Summary {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}
