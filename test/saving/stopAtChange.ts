// Ends the process, as if killed, just before one of its changes to a checkpoint's files: the one
// (from 1) that the environment variable STOP_AT_CHANGE names, of the kinds in CHANGES. Loaded
// before a program.
import fs from 'node:fs/promises';

const stopAt = Number(process.env.STOP_AT_CHANGE);
let changes = 0;

for (const name of (process.env.CHANGES ?? '').split(',') as ('rename' | 'copyFile' | 'rm')[]) {
  const original = fs[name] as (path: string, ...others: unknown[]) => Promise<void>;
  Object.assign(fs, {
    [name]: (path: string, ...others: unknown[]) => {
      changes += path.includes('.ckpt') || path.includes('checkpoint') ? 1 : 0;
      if (changes === stopAt) {
        process.kill(process.pid, 'SIGKILL');
      }
      return original(path, ...others);
    },
  });
}
