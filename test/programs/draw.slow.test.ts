import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { run, temporaryFolder } from './run';

const program = path.resolve(__dirname, '../../scripts/programs/draw.js');
const ids = ['lenet5', 'cnn', 'mlp'];
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
});

/** A program that keeps running. */
class Drawing {
  output = '';
  readonly child: ChildProcess;

  constructor(folder: string, ...options: string[]) {
    this.child = spawn(
      process.execPath,
      [program, '--networks', folder, '--pictures', '200', ...options],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    children.push(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** Waits until the program has printed a matching text, and returns it. */
  async until(text: RegExp): Promise<string> {
    for (;;) {
      const found = text.exec(this.output);
      if (found) {
        return found[0];
      }
      assert.equal(this.child.exitCode, null, this.output);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(signal: 'SIGINT' | 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    const [code] = await once(this.child, 'exit');
    return code;
  }
}

/** Where the first test leaves trained networks. */
const trained = temporaryFolder();

test('it trains once, serves the pad, and ends on Ctrl-C; the next start is immediate', async () => {
  const first = new Drawing(trained);
  await first.until(/Ctrl-C ends the program/);
  assert.match(first.output, /trained first/);
  const url = await first.until(/http:\/\/127\.0\.0\.1:\d+\/\S+\//);
  const networks = (await (await fetch(`${url}networks.json`)).json()) as { caption: string }[];
  for (const [index, id] of ids.entries()) {
    assert.deepEqual(readdirSync(path.join(trained, id)).length, 3);
    const note = path.join(trained, id, 'training.json');
    const { accuracy, seed } = JSON.parse(readFileSync(note, 'utf8'));
    assert.equal(seed, 0);
    assert.equal(networks[index]?.caption, `test accuracy ${accuracy.toFixed(4)}`);
    assert.equal((await fetch(`${url}networks/${id}/model.json`)).status, 200);
  }

  const second = new Drawing(trained);
  const secondUrl = await second.until(/http:\/\/127\.0\.0\.1:\d+\/\S+\//);
  assert.notEqual(secondUrl, url, 'two at once');
  assert.doesNotMatch(second.output, /trained first/);
  assert.equal(await second.stop('SIGTERM'), 0);
  assert.equal(await first.stop('SIGINT'), 0);
  await assert.rejects(fetch(url));
});

test('a training that is interrupted keeps what was finished and nothing else', async () => {
  const folder = temporaryFolder();
  const first = new Drawing(folder);
  await first.until(/CNN, 2 epochs/);
  assert.equal(await first.stop('SIGINT'), 130);
  assert.match(first.output, /Stopped\. Networks whose training had finished are kept/);
  assert.ok(existsSync(path.join(folder, 'lenet5/training.json')));
  assert.ok(!existsSync(path.join(folder, 'cnn/training.json')));
  const next = new Drawing(folder);
  await next.until(/Ctrl-C ends the program/);
  assert.match(next.output, /\nCNN, 2 epochs/);
  assert.doesNotMatch(next.output, /\nLeNet-5, 8 epochs/);
  assert.equal(await next.stop('SIGINT'), 0);

  const again = new Drawing(folder, '--retrain');
  await again.until(/LeNet-5, 8 epochs/);
  await again.stop('SIGINT');
});

test('a signal is obeyed from the moment the address is there', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const drawing = new Drawing(trained);
    const ended = once(drawing.child, 'exit');
    drawing.child.stdout?.on('data', (text: string) => {
      if (text.includes('http://')) {
        drawing.child.kill(signal);
      }
    });
    assert.deepEqual(await ended, [0, null], drawing.output);
  }
});

test('a wrong command line, and a folder that cannot be written, are named', () => {
  const folder = temporaryFolder();
  const wrong = run('draw', folder, '--port', '70000');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--port takes a whole number from 0 to 65535, not "70000"/);
  assert.match(wrong.stderr, /npm run draw -- --help/);
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const failed = run('draw', folder, '--networks', file);
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /^draw: .*file/m);
});
