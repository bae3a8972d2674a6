// Every program in package.json answers --help.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
};
/** Options that a program's help has to explain, beside `--help`. */
const options: Record<string, string[]> = {
  train: ['--epochs', '--batch-size', '--pictures', '--seed', '--resume', '--json'],
  predict: ['PICTURE...', '--checkpoints', '--json'],
  draw: ['--port', '--retrain', '--networks', '--pictures'],
};
/** Other projects' programs, with their own help. */
const others = ['start', 'docs', 'format', 'pack'];

for (const [name, command] of Object.entries(scripts)) {
  if (!others.includes(name)) {
    test(`npm run ${name} -- --help`, () => {
      const [program = '', ...args] = (command.split(' && ').at(-1) ?? '').split(' ').slice(1);
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, '--help'], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^usage: /i);
      assert.match(stdout, /exit status|Options:|options:/i);
      assert.ok(stdout.includes('--help') || stdout.includes('[PART...]'), stdout);
      for (const option of options[name] ?? []) {
        assert.ok(stdout.includes(option), `${option} is not explained:\n${stdout}`);
      }
    });
  }
}
