import { type BatchRunner, batchOf } from '../graph/batchRunner';
import * as tf from '../tensorflow';
import { innerModel } from './compiledModel';

/** Runs a batch with tfjs's own training, test and predict functions, one operation at a time. */
export function eagerRunner(model: tf.LayersModel): BatchRunner {
  const inner = innerModel(model);
  return {
    trainOnBatch: (inputs, targets, rows) =>
      numbers(() => inner.makeTrainFunction()(batchOf([...inputs, ...targets], rows))),
    testOnBatch(inputs, targets, rows) {
      inner.makeTestFunction();
      return numbers(() => inner.testFunction(batchOf([...inputs, ...targets], rows)));
    },
    predictOnBatch: (inputs, rows) =>
      tf.tidy(() => {
        const outputs = inner.predictOnBatch(batchOf(inputs, rows));
        return Array.isArray(outputs) ? outputs : [outputs];
      }),
  };
}

function numbers(step: () => tf.Scalar[]): number[] {
  const scalars = tf.tidy(step);
  const values = scalars.map((scalar) => scalar.dataSync()[0] ?? Number.NaN);
  tf.dispose(scalars);
  return values;
}
