/** A grid of numbers, row by row from the top left. */
export interface Field {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * Morphological closing with a square of `2 * reach + 1` pixels: bright areas spread by `reach` and
 * shrink back, so what is dark and narrower than the square vanishes. Outside the picture its
 * outermost pixels go on: a dark band along an edge, however narrow, stays.
 */
export function closing(field: Field, reach: number): Field {
  const margin = 2 * reach + 1;
  const [width, height] = [field.width + 2 * margin, field.height + 2 * margin];
  const padded = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(field.height - 1, Math.max(0, y - margin)) * field.width;
    for (let x = 0; x < width; x++) {
      const column = Math.min(field.width - 1, Math.max(0, x - margin));
      padded[y * width + x] = field.values[row + column] as number;
    }
  }
  const spread = slideMaximum({ width, height, values: padded }, reach);
  const shrunkBack = slideMaximum({ width, height, values: spread.map((value) => -value) }, reach);
  const values = new Float32Array(field.values.length);
  for (let y = 0; y < field.height; y++) {
    for (let x = 0; x < field.width; x++) {
      values[y * field.width + x] = -(shrunkBack[(y + margin) * width + x + margin] as number);
    }
  }
  return { ...field, values };
}

/** The maximum over a square of `2 * reach + 1` pixels around each pixel: columns, then rows. */
export function slideMaximum({ width, height, values }: Field, reach: number): Float32Array {
  const result = values.slice();
  for (let y = 0; y < height; y++) {
    slideAlong(result, y * width, 1, width, reach);
  }
  for (let x = 0; x < width; x++) {
    slideAlong(result, x, width, height, reach);
  }
  return result;
}

/**
 * Along one line, in place. A window ends in one block of `window` pixels and begins in the one
 * before, so two running maxima per block do, however wide the window.
 *
 * Follows M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and
 * octagonal kernels", 1992.
 */
function slideAlong(
  values: Float32Array,
  start: number,
  step: number,
  length: number,
  reach: number,
): void {
  const window = 2 * reach + 1;
  const whole = length + 2 * reach;
  const forwards = new Float32Array(whole).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < length; i++) {
    forwards[i + reach] = values[start + i * step] as number;
  }
  const backwards = forwards.slice();
  for (let i = 1; i < whole; i++) {
    if (i % window !== 0) {
      forwards[i] = Math.max(forwards[i - 1] as number, forwards[i] as number);
    }
  }
  for (let i = whole - 2; i >= 0; i--) {
    if (i % window !== window - 1) {
      backwards[i] = Math.max(backwards[i + 1] as number, backwards[i] as number);
    }
  }
  for (let i = 0; i < length; i++) {
    values[start + i * step] = Math.max(backwards[i] as number, forwards[i + 2 * reach] as number);
  }
}
