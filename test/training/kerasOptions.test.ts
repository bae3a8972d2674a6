// Optimisers, schedules, losses and metrics with options: what Keras gives.
import { describe } from 'node:test';
import { testAsKeras } from './asKeras';

describe('as in Keras, op by op', () => {
  testAsKeras(['optimizers', 'losses', 'metrics', 'weightedMetrics'], false);
});

describe('as in Keras, compiled', () => testAsKeras(['optimizers'], true));
