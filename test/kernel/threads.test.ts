import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import vm from 'node:vm';
import { MessageChannel, Worker } from 'node:worker_threads';
import { WaitingCaller } from '../../kernel/threads';

interface Question {
  value: number;
  /** How long the other thread takes to answer, in milliseconds. */
  delay?: number;
}

/** A thread that says of each question that there is news, and answers with the value doubled. */
const doubling = `
const { workerData: { port, memory, threads } } = require('node:worker_threads');
require(threads).answerWaiting(port, memory, ({ value, delay }) => {
  Atomics.notify(memory, 0);
  if (value < 0) {
    throw new RangeError('less than 0: ' + value);
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delay ?? 0);
  return 2 * value;
});`;

async function withDoubling(use: (double: (question: Question) => number) => void): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const memory = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const threads = require.resolve('../../kernel/threads');
  const worker = new Worker(doubling, {
    eval: true,
    workerData: { port: port1, memory, threads },
    transferList: [port1],
  });
  try {
    const caller = new WaitingCaller(port2, memory);
    use((question) => caller.call<number>(question));
  } finally {
    await worker.terminate();
  }
}

describe('a question to another thread that the asking one waits for', () => {
  test('is not over when something else wakes the thread', async () => {
    await withDoubling((double) => {
      assert.equal(double({ value: 4, delay: 50 }), 8);
      for (let value = 0; value < 2000; value++) {
        assert.equal(double({ value }), 2 * value);
      }
    });
  });

  test('never gets the answer to one that was interrupted', async () => {
    await withDoubling((double) => {
      assert.throws(
        () => vm.runInNewContext('double({ value: 1, delay: 500 })', { double }, { timeout: 100 }),
        /timed out/,
      );
      assert.equal(double({ value: 2 }), 4);
      assert.equal(double({ value: 3 }), 6);
    });
  });

  test('brings the error of the other thread', async () => {
    await withDoubling((double) => {
      assert.throws(() => double({ value: -1 }), /less than 0: -1/);
      assert.equal(double({ value: 1 }), 2);
    });
  });
});
