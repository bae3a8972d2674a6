/**
 * The value that `part` (0 to 1) of the values lie below.
 *
 * Follows C. A. R. Hoare, "Algorithm 65: Find", 1961.
 */
export function quantile(values: ArrayLike<number>, part: number): number {
  return nthSmallest(values, Math.floor(part * (values.length - 1)));
}

/** The middle value; of an even number the upper one of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  return nthSmallest(values, values.length >> 1);
}

/** A fifth of the values, enough where a quantile need not be exact. */
export function everyFifth(values: Float32Array): Float32Array {
  return Float32Array.from({ length: Math.ceil(values.length / 5) }, (_, index) => {
    return values[5 * index] as number;
  });
}

function nthSmallest(values: ArrayLike<number>, n: number): number {
  const parts = Float32Array.from(values);
  let [from, to] = [0, parts.length - 1];
  while (from < to) {
    const pivot = parts[(from + to) >> 1] as number;
    let [low, high] = [from, to];
    while (low <= high) {
      while ((parts[low] as number) < pivot) {
        low++;
      }
      while ((parts[high] as number) > pivot) {
        high--;
      }
      if (low <= high) {
        const swapped = parts[low] as number;
        parts[low++] = parts[high] as number;
        parts[high--] = swapped;
      }
    }
    if (n <= high) {
      to = high;
    } else if (n >= low) {
      from = low;
    } else {
      break;
    }
  }
  return parts[n] as number;
}
