/**
 * What the notebooks need as lessons: {@link check} looks at a reader's results of an exercise,
 * {@link claim} holds the text to what a run has shown.
 *
 * @module
 */
export { check } from './check';
export { claim } from './claim';
export type { Answer } from './judges';
