import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '../../lib/tensorflow';

/** What Keras 2 computed with the model of a file in fixtures/ (see make_keras2_files.py). */
export interface Expected {
  /** One row per sample. */
  predictions: number[][];
  /** Of three training steps after the file was saved. */
  losses: number[];
}

export const fixtures = path.resolve('test/saving/fixtures');

export const expectedOfKeras2: Record<string, Expected> = JSON.parse(
  readFileSync(path.join(fixtures, 'keras2.json'), 'utf8'),
);

export function fixture(name: string): string {
  return path.join(fixtures, `${name}.h5`);
}

/** The six samples that make_keras2_files.py trains with, for a model's input shape. */
export function samplesFor(model: tf.LayersModel): { x: tf.Tensor; y: tf.Tensor } {
  const shape = [6, ...(model.inputs[0] as tf.SymbolicTensor).shape.slice(1)] as number[];
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i));
  return { x: tf.tensor(values, shape), y: tf.tensor1d([0, 1, 2, 0, 1, 2]) };
}

export function predictions(model: tf.LayersModel): number[] {
  return tf.tidy(() => Array.from((model.predict(samplesFor(model).x) as tf.Tensor).dataSync()));
}

/** The losses of some training steps, which change the model. */
export async function trainingLosses(model: tf.LayersModel, steps: number): Promise<number[]> {
  const { x, y } = samplesFor(model);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    // A number alone, if there are no metrics.
    const [loss] = [await model.trainOnBatch(x, y)].flat();
    losses.push(loss as number);
  }
  tf.dispose([x, y]);
  return losses;
}
