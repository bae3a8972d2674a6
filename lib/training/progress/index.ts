export type { Verbosity } from './moment';
export { ProgressLogger } from './progressLogger';
