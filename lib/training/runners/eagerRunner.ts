import * as tf from '../../tensorflow';
import { innerModel } from '../compiledModel';
import { type BatchRunner, batchOf, numbersOf } from './batchRunner';
import { modelSteps } from './modelSteps';

/** Runs a batch with tfjs's own functions, one operation at a time. */
export function eagerRunner(model: tf.LayersModel): BatchRunner {
  const steps = modelSteps(innerModel(model));
  return {
    trainOnBatch: (inputs, targets, rows) =>
      numbers(() => steps.train(batchOf([...inputs, ...targets], rows))),
    testOnBatch: (inputs, targets, rows) =>
      numbers(() => steps.test(batchOf([...inputs, ...targets], rows))),
    predictOnBatch: (inputs, rows) => tf.tidy(() => steps.predict(batchOf(inputs, rows))),
    userCodeRan() {},
  };
}

function numbers(step: () => tf.Tensor[]): number[] {
  return numbersOf(tf.tidy(step));
}
