/** What a reader gives as the result of an exercise. */
export type Answer = number | string;

/** Says what is off about an answer, or nothing when it is right. */
export type Judge = (answer: Answer) => string | undefined;

/**
 * One right answer.
 *
 * @param mistakes answers that come of a known mistake, each with a hint to it.
 */
export function exactly(right: Answer, mistakes: readonly [Answer, string][] = []): Judge {
  return (answer) => {
    if (answer === right) {
      return undefined;
    }
    const known = mistakes.find(([mistake]) => mistake === answer);
    return known?.[1] ?? `That is not it yet${direction(answer, right)}.`;
  };
}

function direction(answer: Answer, right: Answer): string {
  if (typeof answer !== 'number' || typeof right !== 'number') {
    return '';
  }
  return answer < right ? ': it is more' : ': it is less';
}

/** A number within limits, which leave room for another seed or another processor. */
export function between(
  least: number,
  most: number,
  hints: { below: string; above: string },
): Judge {
  return (answer) => {
    if (typeof answer !== 'number' || Number.isNaN(answer)) {
      return `A number is wanted here, and this is ${JSON.stringify(answer)}.`;
    }
    if (answer < least) {
      return hints.below;
    }
    return answer > most ? hints.above : undefined;
  };
}
