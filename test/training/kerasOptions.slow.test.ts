// Losses and metrics with options in a compiled training: what Keras gives.
import { describe } from 'node:test';
import { testAsKeras } from './asKeras';

describe('as in Keras, compiled', () => {
  testAsKeras(['losses', 'metrics', 'weightedMetrics'], true);
});
