import type { BatchRunner } from '../graph/index';
import * as tf from '../tensorflow';
import { innerModel } from './compiledModel';

/** Runs a batch with tfjs's own training, test and predict functions, one operation at a time. */
export function eagerRunner(model: tf.LayersModel): BatchRunner {
  const inner = innerModel(model);
  return {
    trainOnBatch: (inputs, targets) => numbers(inner.makeTrainFunction()([...inputs, ...targets])),
    testOnBatch(inputs, targets) {
      inner.makeTestFunction();
      return numbers(inner.testFunction([...inputs, ...targets]));
    },
    predictOnBatch(inputs) {
      const outputs = inner.predictOnBatch(inputs);
      return Array.isArray(outputs) ? outputs : [outputs];
    },
  };
}

function numbers(scalars: tf.Scalar[]): number[] {
  const values = scalars.map((scalar) => scalar.dataSync()[0] ?? Number.NaN);
  tf.dispose(scalars);
  return values;
}
