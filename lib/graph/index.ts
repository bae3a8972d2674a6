export type { BatchRunner } from './batchRunner';
