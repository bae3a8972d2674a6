import { exercises } from './exercises';
import type { Answer } from './judges';

/**
 * Compares your results of an exercise with the expected ones, and prints which are right and which
 * are not. A wrong result is no error: an exercise is for trying things.
 *
 * @param exercise the number of the notebook and of the exercise, such as `'01.2'`.
 * @param answers your results by the names that the exercise gives them.
 * @throws Error when there is no such exercise, or when it asks for other names.
 */
export function check(exercise: string, answers: Readonly<Record<string, Answer>>): void {
  const judges = exercises[exercise];
  if (judges === undefined) {
    const known = Object.keys(exercises).join(', ');
    throw new Error(`There is no exercise "${exercise}" to check. There are: ${known}.`);
  }
  for (const name of Object.keys(answers)) {
    if (judges[name] === undefined) {
      const wanted = Object.keys(judges).join(', ');
      throw new Error(`Exercise ${exercise} does not ask for "${name}", but for: ${wanted}.`);
    }
  }
  for (const [name, judge] of Object.entries(judges)) {
    const answer = answers[name];
    if (answer === undefined) {
      console.log(`… ${name}: still to come.`);
      continue;
    }
    const problem = judge(answer);
    console.log(problem === undefined ? `✓ ${name}: right.` : `✗ ${name}: ${problem}`);
  }
}
