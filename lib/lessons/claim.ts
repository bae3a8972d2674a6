/**
 * Asserts that a sentence of the notebook's text is true in this run. The notebooks call it in
 * cells tagged `check`, so that a run in which a sentence is not true fails instead of being
 * published.
 *
 * @param sentence the sentence, in the words of the text or nearly so.
 * @param holds whether the values of this run confirm it.
 * @param seen the values that decide, for the message.
 * @throws Error with the sentence and the values when it does not hold.
 */
export function claim(sentence: string, holds: boolean, ...seen: unknown[]): void {
  if (!holds) {
    const values = seen.length > 0 ? ` Seen: ${seen.map(describe).join(', ')}.` : '';
    throw new Error(`The text says “${sentence}”, but this run does not show it.${values}`);
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
