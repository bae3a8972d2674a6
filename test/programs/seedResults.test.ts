import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { store } from '../../scripts/programs/seeds/results';
import { run } from './run';

test('a seed’s scores replace its older ones and leave all others as they are', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seeds-'));
  try {
    const file = path.join(folder, 'results/seeds.json');
    const made = (seed: number, epochs: number, accuracy: number) => {
      return { seed, epochs, accuracy, loss: 0.5, seconds: 1 };
    };
    await store(file, 'mlp', 'an MLP', [made(0, 10, 0.98)]);
    await store(file, 'lenet', 'a LeNet', [made(1, 5, 0.81)]);
    await store(file, 'lenet', 'a LeNet', [made(0, 5, 0.77), made(0, 10, 0.8)]);
    await store(file, 'lenet', 'a LeNet', [made(1, 5, 0.79)]);
    const { mlp, lenet } = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(mlp.runs, [made(0, 10, 0.98)]);
    assert.deepEqual(lenet.runs, [made(0, 5, 0.77), made(0, 10, 0.8), made(1, 5, 0.79)]);
    assert.equal(lenet.description, 'a LeNet');
    assert.deepEqual(Object.keys(lenet.versions), ['tfjs-node', 'tensorflow', 'node']);
    assert.deepEqual(readdirSync(path.dirname(file)), ['seeds.json']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file that holds something else is named before any training', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seeds-'));
  try {
    const file = path.join(folder, 'seeds.json');
    writeFileSync(file, '{ "mlp": ');
    const { status, stdout, stderr } = run('seeds', folder, 'mlp', '--results', file);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^seeds: .*seeds\.json does not hold scores: .* remove it\.\n$/);
    assert.equal(readFileSync(file, 'utf8'), '{ "mlp": ');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
