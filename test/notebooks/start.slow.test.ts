// Two `npm start` at the same time, in two terminals.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const programs: ChildProcess[] = [];
after(() => {
  for (const program of programs) {
    program.kill('SIGTERM');
  }
});

/** Starts JupyterLab, and returns the address that it prints. */
async function start(): Promise<string> {
  const program = spawn(process.execPath, ['scripts/notebooks/start.mjs', '--no-browser'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  programs.push(program);
  let output = '';
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  for (;;) {
    const [address] = /http:\/\/127\.0\.0\.1:\S+/.exec(output) ?? [];
    if (address) {
      assert.doesNotMatch(output, /warn/i);
      return address;
    }
    assert.equal(program.exitCode, null, output);
    await sleep(50);
  }
}

test('two JupyterLabs that start at once have a port each, and stop on Ctrl-C', async () => {
  const addresses = await Promise.all([start(), start()]);
  assert.equal(new Set(addresses.map((address) => new URL(address).port)).size, 2);
  for (const address of addresses) {
    assert.equal((await fetch(address)).status, 200);
  }
  for (const program of programs) {
    const ended = once(program, 'exit');
    program.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
  }
});
