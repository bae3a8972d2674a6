/** Checks of names that the user writes, with the name that was probably meant. */

/** What tfjs calls an option that has another name in Keras. */
const namesInTfjs: Record<string, string> = {
  batchesPerEpoch: 'stepsPerEpoch',
  validationBatches: 'validationSteps',
};

/**
 * @param what takes these options: `fit`.
 * @throws TypeError for a name that is not among the known ones.
 */
export function checkOptionNames(what: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option "${unknown}". ${nearestName(unknown, known)}`);
  }
}

/** A sentence that proposes the known name that is most like `name`, or lists them all. */
export function nearestName(name: string, known: readonly string[]): string {
  const distances = known.map((other) => editDistance(plain(name), plain(other)));
  const least = Math.min(...distances);
  const inTfjs = namesInTfjs[name];
  const nearest =
    inTfjs && known.includes(inTfjs)
      ? inTfjs
      : least <= Math.max(2, name.length / 3)
        ? known[distances.indexOf(least)]
        : undefined;
  return nearest === undefined ? `There are ${known.join(', ')}.` : `Did you mean ${nearest}?`;
}

/** `batch_size` and `batchSize` are the same word to a reader. */
export function plain(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** How many letters must be inserted, removed or replaced (Levenshtein's distance). */
function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = one[row - 1] === other[column - 1] ? 0 : 1;
      current[column] = Math.min(
        (above[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (above[column - 1] as number) + replaced,
      );
    }
    above = current;
  }
  return above[other.length] as number;
}
