const bins = 256;

/**
 * The threshold that parts the values into two groups as unlike as can be (the largest variance
 * between the groups).
 *
 * Follows N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979.
 */
export function otsuThreshold(values: Float32Array): number {
  const { least, step, counts } = histogram(values);
  const total = counts.reduce((sum, count, bin) => sum + count * bin, 0);
  let [best, threshold, countBelow, sumBelow] = [-1, least, 0, 0];
  for (let bin = 0; bin < bins - 1; bin++) {
    countBelow += counts[bin] as number;
    sumBelow += bin * (counts[bin] as number);
    const countAbove = values.length - countBelow;
    if (countBelow > 0 && countAbove > 0) {
      const apart = sumBelow / countBelow - (total - sumBelow) / countAbove;
      const varianceBetween = countBelow * countAbove * apart * apart;
      if (varianceBetween > best) {
        best = varianceBetween;
        threshold = least + (bin + 1) * step;
      }
    }
  }
  return threshold;
}

function histogram(values: Float32Array): { least: number; step: number; counts: number[] } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const step = (most - least) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = step > 0 ? Math.min(bins - 1, Math.floor((value - least) / step)) : 0;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { least, step, counts };
}
