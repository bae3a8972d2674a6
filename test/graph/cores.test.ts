/** A step on many cores gives the same result as on one core. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

interface Trained {
  losses: number[];
  answers: number[];
  weights: number[];
}

const program = path.join(__dirname, 'fixtures/trainOnCores.js');

async function trainOn(cores: number, network: string, rows: number): Promise<Trained> {
  const args = [program, String(cores), network, String(rows)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Trained;
}

function assertClose(actual: number[], expected: number[], tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs((actual[index] as number) - value);
    assert.ok(difference <= tolerance, `${what}, ${index}: ${actual[index]}, not ${value}`);
  }
}

for (const [network, rows] of [
  ['mlp', 70],
  ['lstm', 40],
  ['resnet', 40],
] as const) {
  test(`steps of ${network} on 4 and 16 cores: the losses, answers and weights of one core`, async () => {
    const expected = await trainOn(1, network, rows);
    for (const cores of [4, 16]) {
      const trained = await trainOn(cores, network, rows);
      assertClose(trained.losses, expected.losses, 1e-4, `losses on ${cores} cores`);
      assertClose(trained.answers, expected.answers, 1e-3, `answers on ${cores} cores`);
      assertClose(trained.weights, expected.weights, 1e-3, `weights on ${cores} cores`);
    }
  });
}
