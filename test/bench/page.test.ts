import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Measurement } from '../../scripts/bench/measurement';
import { pageTable, withTable } from '../../scripts/bench/page';
import type { SideName } from '../../scripts/bench/sides';

function measured(side: SideName, seconds: number): Measurement {
  return {
    side,
    network: 'mlp',
    round: 1,
    startToFirstEpoch: seconds,
    firstEpoch: seconds,
    secondEpoch: seconds,
    losses: [1, 1],
    evaluate: [1, seconds],
    evaluateLoss: 1,
    predict: [1, seconds],
    predictOne: seconds / 1000,
    predictBatches: seconds,
    ...(side === 'compiled' && { answerOne: seconds / 10_000 }),
    peakMemory: seconds * 1e9,
    versions: {},
  };
}

test('the table of the page: this project’s values, and the ratio to the best of the others', () => {
  const sides = [measured('pytorch', 2), measured('keras-jax', 4), measured('compiled', 1)];
  const table = pageTable([...sides, measured('eager', 0.1)], 100, 0).split('\n');
  assert.equal(table[0], '|  | mlp |');
  assert.equal(table[2], '| training, images/s | 3,200 ×2.00 |');
  assert.equal(table[4], '| start of the process to the end of the first epoch, s | 1.0 ×2.00 |');
  assert.equal(table[7], '| one image, ms | 0.100 ×20.00 |');
  assert.equal(table.length, 9);
  assert.match(pageTable(sides, 100, 1), /单张图片，毫秒/);
});

test('the table of the page: both pages have a place for it', () => {
  for (const page of ['docs/benchmark.md', 'docs/benchmark.zh-CN.md']) {
    const written = withTable(readFileSync(page, 'utf8'), '| new |', page);
    assert.match(written, /begin -->\n\n\| new \|\n\n<!-- table/);
  }
  assert.throws(() => withTable('text', '| new |', 'page.md'), /page.md has no lines/);
});
