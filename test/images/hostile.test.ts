import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { read } from '../../lib/images';
import { assertCheap, decoderProcesses } from './decoderProcesses';
import { fixture } from './fixtures';
import { deflateBomb, hostilePictures } from './hostilePictures';

const onLinux = { skip: process.platform !== 'linux' && 'needs /proc' };

for (const { name, content, message } of hostilePictures()) {
  test(`${name} (${content.length} bytes) is refused by name, soon and small`, async () => {
    const refused = assert.rejects(read(content), (error: Error) => {
      assert.match(error.message, /^picture /);
      assert.match(error.message, message);
      return true;
    });
    await assertCheap(refused);
  });
}

test('what comes after the pixels is not unpacked', async () => {
  const reading = read(deflateBomb());
  await assertCheap(reading);
  const { width, height, pixels } = await reading;
  assert.deepEqual([width, height, pixels.length], [8, 8, 64]);
});

describe('the decoding process', () => {
  test('is one for many pictures, at once too, and each gets its own answer', onLinux, async () => {
    const sources = Array.from({ length: 60 }, (_, index) =>
      index % 3 === 0 ? new Uint8Array([1, 2, 3]) : fixture(index % 2 ? 'rgb.png' : 'rotated.jpg'),
    );
    const answers = await Promise.all(
      sources.map((source) => read(source).catch((error: Error) => error.message)),
    );
    const [first, ...others] = decoderProcesses();
    assert.ok(first);
    assert.deepEqual(others, []);
    for (const [index, answer] of answers.entries()) {
      if (typeof answer === 'string') {
        assert.equal(index % 3, 0, answer);
      } else {
        assert.equal(answer.width, index % 2 ? 45 : 33);
      }
    }
  });

  test('has limits of memory', onLinux, async () => {
    await read(fixture('rgb.png'));
    const pid = decoderProcesses()[0]?.pid;
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    const limit = Number(/^Max data size +(\d+)/m.exec(limits)?.[1]) / 2 ** 10;
    // 900 MB beyond what Node.js reserves when it starts.
    const program = "fs.readFileSync('/proc/self/status', 'utf8')";
    const status = execFileSync(process.execPath, ['-p', program], { encoding: 'utf8' });
    const reserved = Number(/VmData:\s+(\d+)/.exec(status)?.[1]);
    assert.ok(Math.abs(limit - reserved - 900_000) < 5_000, `${limit} kB, ${reserved} reserved`);
    assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /--max-old-space-size=300/);
  });

  test('that is killed costs the picture it was at, and no other', onLinux, async () => {
    await read(fixture('rgb.png'));
    const stopped = decoderProcesses()[0]?.pid as number;
    process.kill(stopped, 'SIGSTOP');
    const lost = assert.rejects(
      read(fixture('rgb.png')),
      /rgb\.png cannot be decoded; it may be damaged, .* \(its decoder ended with SIGKILL\)/,
    );
    // Of two that begin at once either may be the first to find its file.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const next = read(fixture('rgb.png'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(stopped, 'SIGKILL');
    await lost;
    assert.equal((await next).width, 45);
    const idle = decoderProcesses()[0]?.pid as number;
    process.kill(idle, 'SIGKILL');
    while (isKnown(idle)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal((await read(fixture('rgb.png'))).width, 45);
  });

  test('that could not be started is started for the next picture', onLinux, () => {
    const program = `
      const { read } = require(${JSON.stringify(resolve(__dirname, '../../lib/images'))});
      const picture = ${JSON.stringify(fixture('rgb.png'))};
      (async () => {
        const node = process.execPath;
        process.execPath = '/nowhere/node';
        await read(picture).catch(({ message }) => console.log(message));
        process.execPath = node;
        console.log((await read(picture)).width);
      })();`;
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    const output = execFileSync(process.execPath, ['-e', program], options);
    assert.match(
      output,
      /rgb\.png cannot be decoded: the process for it cannot be started \(.*ENOENT\)\n45\n$/,
    );
  });

  /** Whether a process is running, or has ended without Node.js having noticed. */
  function isKnown(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }

  test('does not keep a program alive, survives Ctrl-C, and ends with it', onLinux, () => {
    const program = `
      const { read } = require(${JSON.stringify(resolve(__dirname, '../../lib/images'))});
      const { decoderProcesses } = require(${JSON.stringify(resolve(__dirname, 'decoderProcesses'))});
      (async () => {
        await read(${JSON.stringify(fixture('rgb.png'))});
        const [{ pid }] = decoderProcesses();
        process.kill(pid, 'SIGINT');
        await read(${JSON.stringify(fixture('rgb.png'))});
        console.log(pid, decoderProcesses()[0].pid);
      })();`;
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    const output = execFileSync(process.execPath, ['-e', program], options);
    const [first, second] = output.trim().split(' ').map(Number);
    assert.equal(first, second);
    const isGone = () => {
      try {
        process.kill(first as number, 0);
        return false;
      } catch {
        return true;
      }
    };
    const deadline = performance.now() + 20_000;
    while (!isGone() && performance.now() < deadline) {
      execFileSync('sleep', ['0.1']);
    }
    assert.ok(isGone(), `process ${first} has not ended`);
  });
});
