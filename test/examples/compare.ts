/** Trains each model of architectures.ts uncompiled and compiled, and compares the losses. */
import * as tf from '../../lib/tensorflow';
import { createRunner } from '../../lib/training/runner';
import { type Architecture, architectures } from './architectures';

/**
 * The differences of one model; empty if the losses are the same or, for a random model, finite.
 */
export interface ExampleOutcome {
  name: string;
  random: boolean;
  fault: string;
}

const steps = 3;
const rows = 8;

/** Three training steps of each model, from the same weights and on the same data. */
export function compareExamples(): ExampleOutcome[] {
  return architectures.map((architecture) => {
    const { name, random = false } = architecture;
    try {
      return { name, random, fault: compareOne(architecture) };
    } catch (error) {
      return { name, random, fault: error instanceof Error ? error.message : String(error) };
    }
  });
}

function compareOne({ build, inputs, targets, random = false }: Architecture): string {
  const models = [build(), build()] as const;
  models[1].setWeights(models[0].getWeights());
  const x = inputs.map(({ shape, classes }) => inputOf(shape, classes));
  const y = targets.map(({ shape, kind }) => targetOf(shape, kind));
  try {
    const [eager, compiled] = models.map((model, i) => {
      const runner = createRunner(model, i === 1);
      return Array.from({ length: steps }, () => runner.trainOnBatch(x, y)[0] ?? Number.NaN);
    }) as [number[], number[]];
    const isSame = (value: number, i: number) =>
      random
        ? Number.isFinite(value)
        : Math.abs(value - (eager[i] as number)) <= 1e-4 * (1 + Math.abs(value));
    return compiled.every(isSame) ? '' : `${compiled} instead of ${eager}`;
  } finally {
    tf.dispose([x, y]);
    for (const model of models) {
      model.dispose();
    }
  }
}

function filled(shape: number[], value: (i: number) => number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, rows);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => value(i)),
    [rows, ...shape],
  );
}

function inputOf(shape: number[], classes?: number): tf.Tensor {
  return filled(shape, classes === undefined ? Math.sin : (i) => (i * 7) % classes);
}

function targetOf(shape: number[], kind: Architecture['targets'][number]['kind']): tf.Tensor {
  if (kind === 'numbers') {
    return filled(shape, Math.cos);
  }
  if (kind === 'yesOrNo') {
    return filled(shape, (i) => (i * 3) % 2);
  }
  // One-hot along the last axis.
  const count = shape.at(-1) as number;
  return filled(shape, (i) => Number(i % count === Math.floor(i / count) % count));
}
