/** What a reader gives as the result of an exercise. */
export type Answer = number | string;

/** Says what is wrong with an answer; undefined if it is right. */
export type Judge = (answer: Answer) => string | undefined;

/**
 * One right answer.
 *
 * @param mistakes wrong answers with a known cause, each with a hint.
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

/** A number within limits that allow for other seeds and processors. */
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
