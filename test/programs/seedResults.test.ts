import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { store } from '../../scripts/programs/seeds/results';

test('a seed’s scores replace its older ones and leave all others as they are', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seeds-'));
  try {
    const file = path.join(folder, 'results/seeds.json');
    const run = (seed: number, epochs: number, accuracy: number) => {
      return { seed, epochs, accuracy, loss: 0.5, seconds: 1 };
    };
    await store(file, 'mlp', 'an MLP', [run(0, 10, 0.98)]);
    await store(file, 'lenet', 'a LeNet', [run(1, 5, 0.81)]);
    await store(file, 'lenet', 'a LeNet', [run(0, 5, 0.77), run(0, 10, 0.8)]);
    await store(file, 'lenet', 'a LeNet', [run(1, 5, 0.79)]);
    const { mlp, lenet } = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(mlp.runs, [run(0, 10, 0.98)]);
    assert.deepEqual(lenet.runs, [run(0, 5, 0.77), run(0, 10, 0.8), run(1, 5, 0.79)]);
    assert.equal(lenet.description, 'a LeNet');
    assert.deepEqual(Object.keys(lenet.versions), ['tfjs-node', 'tensorflow', 'node']);
    assert.deepEqual(readdirSync(path.dirname(file)), ['seeds.json']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
