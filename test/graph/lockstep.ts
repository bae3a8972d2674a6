/**
 * Trains two equal models side by side, one op by op, one as a graph, and compares after each step.
 * Before each step the graph's model gets the other one's weights and optimiser slots: a rounding
 * difference of one step would otherwise grow from step to step and hide real errors.
 */
import './shardSmall';
import assert from 'node:assert/strict';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

/** A batch: the model's inputs and targets. */
export interface Batch {
  inputs: tf.Tensor[];
  targets: tf.Tensor[];
}

export interface LockstepOptions {
  steps: number;
  /** The batches, taken in turn. */
  batches: Batch[];
  makeModel(): tf.LayersModel;
  compile(model: tf.LayersModel): void;
}

/** Fails where loss or metrics differ by more than 1e-5 (relative) or weights by 1e-5. */
export async function assertLockstep(options: LockstepOptions): Promise<void> {
  const eager = options.makeModel();
  const compiled = options.makeModel();
  options.compile(eager);
  options.compile(compiled);
  const runner = graph.compileModel(compiled, { immediately: true });
  for (let step = 0; step < options.steps; step++) {
    const { inputs, targets } = options.batches[step % options.batches.length] as Batch;
    copyState(eager, compiled);
    const expected = await eagerStep(eager, inputs, targets);
    const actual = runner.trainOnBatch(inputs, targets);
    assertClose(actual, expected, `losses and metrics of step ${step}`);
    assertEqualState(compiled, eager, `step ${step}`);
    assert.equal(compiled.optimizer.iterations, eager.optimizer.iterations);
  }
  for (const model of [eager, compiled]) {
    model.dispose();
    model.optimizer.dispose();
  }
}

async function eagerStep(model: tf.LayersModel, inputs: tf.Tensor[], targets: tf.Tensor[]) {
  const result = await model.trainOnBatch(inputs, targets);
  return Array.isArray(result) ? result : [result];
}

function copyState(from: tf.LayersModel, to: tf.LayersModel): void {
  const targets = stateOf(to);
  for (const [name, variable] of stateOf(from)) {
    targets.get(name)?.assign(variable);
  }
}

function assertEqualState(actual: tf.LayersModel, expected: tf.LayersModel, when: string): void {
  const expectedState = stateOf(expected);
  for (const [name, variable] of stateOf(actual)) {
    const other = expectedState.get(name);
    assert(other, `${name} exists in one model only, after ${when}`);
    const difference = maximumDifference(variable, other);
    assert(difference < 1e-5, `${name} differs by ${difference} after ${when}`);
  }
  assert.equal(stateOf(actual).size, expectedState.size);
}

/** All variables of a model and its optimiser, under names that are equal in equal models. */
export function stateOf(model: tf.LayersModel): Map<string, tf.Variable> {
  const state = new Map<string, tf.Variable>();
  model.weights.forEach((weight, index) => {
    state.set(`weight ${index}`, (weight as unknown as { val: tf.Variable }).val);
  });
  for (const [field, value] of Object.entries(model.optimizer)) {
    if (value instanceof tf.Variable) {
      state.set(field, value);
    } else if (Array.isArray(value)) {
      value.forEach((slot: { variable: tf.Variable }, index) => {
        state.set(`${field} ${index}`, slot.variable);
      });
    }
  }
  return state;
}

export function maximumDifference(a: tf.Tensor, b: tf.Tensor): number {
  const [left, right] = [a.dataSync(), b.dataSync()];
  assert.equal(left.length, right.length);
  let maximum = 0;
  left.forEach((value, index) => {
    maximum = Math.max(maximum, Math.abs(value - (right[index] as number)));
    assert(!Number.isNaN(value), 'a value is NaN');
  });
  return maximum;
}

export function assertClose(actual: number[], expected: number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, index) => {
    const other = expected[index] as number;
    const difference = Math.abs(value - other) / Math.max(Math.abs(other), 1e-3);
    assert(difference < 1e-5, `${what}: ${value} where ${other} was expected`);
  });
}

/**
 * Images with random classes, most pixels 0 like in a drawing; equal seeds give equal batches.
 * (With noise all over, some gradients of the MLP nearly cancel out. Adam's first step divides by
 * the gradient's size, so that their rounding error alone can move a weight by 1e-5.)
 */
export function imageBatch(shape: number[], count: number, seed: number, classes = 10): Batch {
  const images = tf.tidy(() => tf.randomUniform([count, ...shape], -2, 1, 'float32', seed).relu());
  const labels = tf.tidy(() => tf.randomUniform([count], 0, classes, 'float32', seed + 1).floor());
  return { inputs: [images], targets: [labels] };
}

export function disposeBatches(batches: Batch[]): void {
  tf.dispose(batches.map(({ inputs, targets }) => [inputs, targets]));
}
