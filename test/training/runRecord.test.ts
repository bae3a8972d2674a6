import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunRecord } from '../../lib/training/progress/runRecord';

test('a point within an epoch is the mean over the rows since the point before', () => {
  const record = new RunRecord([0, 2]);
  record.step(0.25, 100, { loss: 4, acc: 0.5 });
  record.step(0.5, 200, { loss: 3, acc: 0.75 });
  record.epochEnd(1, { loss: 2.5, acc: 0.8, val_loss: 2, val_acc: 0.9 });
  record.step(1.25, 100, { loss: 1, acc: 1 });
  const { epochs, metrics } = record.run(false);
  assert.deepEqual(epochs, [0, 2]);
  assert.deepEqual(metrics, [
    {
      name: 'loss',
      within: { x: [0.25, 0.5, 1.25], y: [4, 2, 1] },
      training: { x: [1], y: [2.5] },
      validation: { x: [1], y: [2] },
    },
    {
      name: 'acc',
      within: { x: [0.25, 0.5, 1.25], y: [0.5, 1, 1] },
      training: { x: [1], y: [0.8] },
      validation: { x: [1], y: [0.9] },
    },
  ]);
  assert.deepEqual(record.run(true).epochs, [0, 1.25]);
});

test('a few rows are no point of their own', () => {
  const record = new RunRecord([0, 2]);
  record.step(0.5, 100, { loss: 4 });
  record.epochEnd(1, { loss: 3 });
  record.step(1.01, 2, { loss: 99 });
  record.step(1.5, 100, { loss: 2 });
  assert.deepEqual(record.run(false).metrics[0]?.within, { x: [0.5, 1.5], y: [4, 2] });
});

test('a long run stays small and keeps its means', () => {
  const record = new RunRecord([0, 1000]);
  for (let epoch = 1; epoch <= 1000; epoch++) {
    record.step(epoch - 0.5, 100, { loss: epoch % 2 });
    record.epochEnd(epoch, { loss: 1 / epoch });
  }
  const [metric] = record.run(true).metrics;
  const { within, training } = metric as NonNullable<typeof metric>;
  assert.ok(within.x.length > 100 && within.x.length <= 200, `${within.x.length} points`);
  assert.equal(within.x.at(-1), 999.5);
  assert.deepEqual(new Set(within.y), new Set([0.5]));
  const steps = new Set(within.x.slice(1).map((x, index) => x - (within.x[index] as number)));
  assert.deepEqual(steps, new Set([8]));
  assert.ok(training.x.length > 100 && training.x.length <= 200, `${training.x.length} epochs`);
  assert.equal(training.x.at(-1), 1000);
});

test('the loss, and the accuracy or else the first metric, have a panel', () => {
  const names = (logs: Record<string, number>) => {
    const record = new RunRecord([0, 1]);
    record.epochEnd(1, logs);
    return record.run(true).metrics.map(({ name }) => name);
  };
  assert.deepEqual(names({ loss: 1, val_loss: 1 }), ['loss']);
  assert.deepEqual(names({ loss: 1, mse: 1, mae: 1 }), ['loss', 'mse']);
  assert.deepEqual(names({ loss: 1, digit_loss: 1, digit_acc: 1 }), ['loss', 'digit_acc']);
});
