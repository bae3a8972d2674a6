import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareExamples } from './compare';

test('models as in the examples of TensorFlow.js train compiled as they do uncompiled', () => {
  const faults = compareExamples().filter(({ fault }) => fault !== '');
  assert.deepEqual(faults, []);
});
