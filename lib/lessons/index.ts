/**
 * For the notebooks as lessons: {@link check} checks a reader's results of an exercise,
 * {@link claim} makes sure that the text agrees with the run.
 *
 * @module
 */
export { check } from './check';
export { claim } from './claim';
export type { Answer } from './judges';
