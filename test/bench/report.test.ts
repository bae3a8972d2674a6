import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Measurement } from '../../scripts/bench/measurement';
import {
  compare,
  lossTable,
  lossWarnings,
  type Quantity,
  quantities,
  quantityTable,
} from '../../scripts/bench/report';
import { loadWarning } from '../../scripts/bench/results';
import type { Variant } from '../../scripts/bench/sides';
import { median, summarize } from '../../scripts/bench/statistics';

const steps = 100;
const auto: Variant = { side: 'keras-tensorflow', setting: 'jit_compile=auto' };
const off: Variant = { side: 'keras-tensorflow', setting: 'jit_compile=False' };
const compiled: Variant = { side: 'compiled' };
const speed = quantities[0] as Quantity;
const start = quantities[2] as Quantity;

/** One measurement per number of seconds; each is the time of an epoch. */
function rounds(variant: Variant, seconds: number[], loss = 2): Measurement[] {
  return seconds.map((value, index) => ({
    ...variant,
    network: 'mlp',
    round: index + 1,
    startToFirstEpoch: value + 5,
    firstEpoch: value + 1,
    secondEpoch: value,
    losses: [loss, 1],
    evaluate: [2, 1],
    evaluateLoss: 1,
    predict: [2, 1],
    predictOne: 0.001,
    predictBatches: 1.5,
    peakMemory: 500e6,
    versions: {},
  }));
}

describe('statistics', () => {
  test('the median is the middle value, or the mean of the two in the middle', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 1, 4, 2]), 3);
    assert.equal(median([10, 9, 100]), 10);
    assert.throws(() => median([]), RangeError);
  });

  test('the spread goes from the least to the most', () => {
    assert.deepEqual(summarize([3, 1, 2]), { median: 2, least: 1, most: 3 });
  });
});

describe('comparison', () => {
  const measurements = [
    ...rounds(auto, [2, 4, 2]),
    ...rounds(off, [4, 8, 1]),
    ...rounds(compiled, [1, 1, 0.5]),
  ];

  test('speed is compared round by round with the faster setting of Keras', () => {
    // In 3200 images per second: auto 1600, 800, 1600; off 800, 400, 3200; so auto is the faster.
    assert.deepEqual(compare(measurements, 'mlp', compiled, speed, steps), {
      median: 3200,
      least: 3200,
      most: 6400,
      ratio: { median: 4, least: 2, most: 4 },
    });
    assert.equal(compare(measurements, 'mlp', off, speed, steps).ratio?.median, 0.5);
  });

  test('of times, the shorter is so many times as good', () => {
    // Seconds: auto 7, 9, 7; off 9, 13, 6; compiled 6, 6, 5.5.
    assert.deepEqual(compare(measurements, 'mlp', compiled, start, steps).ratio, {
      median: 7 / 5.5,
      least: 7 / 6,
      most: 9 / 6,
    });
  });

  test('there is no ratio without Keras on TensorFlow', () => {
    const alone = compare(rounds(compiled, [1]), 'mlp', compiled, speed, steps);
    assert.deepEqual(alone, { median: 3200, least: 3200, most: 3200 });
  });

  test('a table has a line for each side and a column for each network', () => {
    const other = measurements.map((one) => ({ ...one, network: 'cnn' as const }));
    const lines = quantityTable([...measurements, ...other], speed, steps).split('\n');
    assert.equal(lines.length, 5);
    assert.match(lines[0] as string, /^\| +\| mlp +\| cnn +\|$/);
    const keras = '1,600 ±25% ×1\\.00 ±0%';
    assert.match(
      lines[2] as string,
      new RegExp(`^\\| keras-tensorflow \\(jit_compile=auto\\) +\\| ${keras} +\\| ${keras} +\\|$`),
    );
    assert.match(lines[4] as string, /^\| compiled +\| 3,200 ±50% ×4\.00 ±25% +\| 3,200/);
    assert.match(lossTable(measurements), /\| compiled +\| 2\.0000 → 1\.0000 \|$/);
  });

  test('a side has no figure for a network that it does not train', () => {
    const loop: Variant = { side: 'tensorflow', setting: 'tf.function' };
    const scratch = [auto, off, compiled, loop]
      .flatMap((one) => rounds(one, [one === auto ? 2 : 1]))
      .map((one) => ({ ...one, network: 'from-scratch' as const }));
    const lines = quantityTable([...measurements, ...scratch], speed, steps).split('\n');
    assert.match(lines[4] as string, /^\| tensorflow \(tf\.function\) +\| +\| 3,200 ±0% ×1\.00/);
    assert.match(lines[5] as string, /^\| compiled /);
  });
});

describe('warnings', () => {
  test('a side whose loss differs is named', () => {
    const same = [...rounds(auto, [1], 2), ...rounds(off, [1], 2.01)];
    assert.deepEqual(lossWarnings([...same, ...rounds(compiled, [1], 1.99)]), []);
    const [warning, ...rest] = lossWarnings([...same, ...rounds(compiled, [1], 1.5)]);
    assert.deepEqual(rest, []);
    assert.match(warning as string, /^mlp, round 1: .* 1\.5000 with compiled, but 2\.0000/);
    assert.match(lossWarnings([...same, ...rounds(compiled, [1], Number.NaN)])[0] ?? '', /NaN/);
  });

  test('a busy machine is told of', () => {
    const machine = { cpu: 'some', cores: 2, memoryGigabytes: 8, system: 'Linux' };
    assert.equal(loadWarning({ ...machine, loadAverage: 0.4 }), undefined);
    assert.match(loadWarning({ ...machine, loadAverage: 1.5 }) ?? '', /not quiet.*1\.50 with 2/);
  });
});
