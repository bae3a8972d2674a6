// Saves one checkpoint and ends itself, as if killed, just before one of its changes to the folder:
// the child process of the tests that go through every moment of a replacement. Arguments: the
// path of the checkpoint, the value of its numbers, which change (from 1) is not reached.
import fs from 'node:fs/promises';
import { saveCheckpoint } from '../../lib/saving/checkpoint';
import * as tf from '../../lib/tensorflow';

const [, , prefix = '', value, stopAt] = process.argv;
let changes = 0;

for (const name of ['rename', 'copyFile', 'rm'] as const) {
  const original = fs[name] as (...args: unknown[]) => Promise<void>;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      changes++;
      if (changes === Number(stopAt)) {
        process.kill(process.pid, 'SIGKILL');
      }
      return original(...args);
    },
  });
}

void saveCheckpoint(prefix, {
  a: tf.fill([300, 100], Number(value)),
  b: tf.fill([7], Number(value)),
});
