import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `condition` repeatedly until it returns a value.
 *
 * @param what is awaited, for the message
 * @returns what the condition returned
 * @throws Error when it returned nothing (`undefined`, `false`, `null`) for `seconds`
 */
export async function until<T>(
  what: string,
  seconds: number,
  condition: () => Promise<T | undefined | false | null> | T | undefined | false | null,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined && answer !== false && answer !== null) {
      return answer;
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${seconds} s but this did not happen: ${what}.`);
    }
    await delay(50);
  }
}
