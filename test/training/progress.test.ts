import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { afterEach, mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MimeBundle } from '../../lib/display/index';
import { training } from '../../lib/index';
import { Progress } from '../../lib/training/progress';
import { barLine, finishedBarLine, finishedLine } from '../../lib/training/progressText';
import { captureLog, classifier, flowers } from './flowers';

const hostKey = Symbol.for('notebook.host');

afterEach(() => {
  mock.restoreAll();
  Reflect.deleteProperty(globalThis, hostKey);
});

const logs = { loss: 0.18531, acc: 0.94428, val_loss: 0.09481, val_acc: 0.971 };

test('the lines are those of the articles', () => {
  assert.equal(
    finishedLine(1875, 1875, 11.6, logs),
    '1875/1875 - 12s - loss: 0.1853 - acc: 0.9443 - val_loss: 0.0948 - val_acc: 0.9710',
  );
  assert.equal(
    finishedBarLine(1875, 1875, 10, { loss: 0.0638, acc: 0.9805 }),
    '1875/1875 [==============================] - 10s 5ms/step - loss: 0.0638 - acc: 0.9805',
  );
});

test('a bar on its way shows what is left', () => {
  assert.equal(
    barLine(1, 1875, 0.005, { loss: 2.3 }),
    '   1/1875 [..............................] - ETA: 9s - loss: 2.3000',
  );
  assert.equal(
    barLine(938, 1875, 70, { loss: 2.3 }),
    ' 938/1875 [==============>...............] - ETA: 1:09 - loss: 2.3000',
  );
  assert.match(barLine(1, 3, 2 * 3600, {}), /ETA: 4:00:00$/);
});

test('small values and short or long steps have their own forms', () => {
  assert.match(
    finishedBarLine(10, 10, 0.0005, { loss: 0.00001234 }),
    / 0s 50us\/step - loss: 1\.2340e-05$/,
  );
  assert.match(finishedBarLine(2, 2, 5, { loss: 0 }), / 5s 3s\/step - loss: 0\.0000e\+00$/);
});

test('verbose 2 prints an epoch line and a result line', async () => {
  const { x, y } = flowers(100);
  const lines = captureLog();
  const model = classifier();
  await training.fit(model, x, y, { epochs: 2, verbose: 2, validationSplit: 0.1 });
  assert.equal(lines.length, 4);
  assert.equal(lines[0], 'Epoch 1/2');
  const values =
    'loss: \\d\\.\\d{4} - acc: \\d\\.\\d{4} - val_loss: \\d\\.\\d{4} - val_acc: \\d\\.\\d{4}';
  assert.match(lines[1] ?? '', new RegExp(`^3/3 - \\d+s - ${values}$`));
  assert.equal(lines[2], 'Epoch 2/2');
  await training.evaluate(model, x, y, { verbose: 2 });
  assert.match(lines[4] ?? '', /^4\/4 - 0s - loss: \d\.\d{4} - acc: \d\.\d{4}$/);
});

test('verbose 0 prints nothing', async () => {
  const { x, y } = flowers(20);
  const lines = captureLog();
  await training.fit(classifier(), x, y, { verbose: 0 });
  await training.evaluate(classifier(), x, y, { verbose: 0 });
  assert.deepEqual(lines, []);
});

/** Runs two epochs of three steps, slowly enough for each step to be shown. */
async function runSlowly(progress: Progress): Promise<void> {
  for (const epoch of [0, 1]) {
    progress.beginEpoch(epoch, 2);
    for (const step of [1, 2, 3]) {
      await sleep(step === 3 ? 0 : 210);
      progress.step(step, () => ({ loss: step }));
    }
    progress.end(3, { loss: 2 });
  }
  progress.close();
}

test('in a file or pipe the bar is one finished line per epoch', async () => {
  const lines = captureLog();
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  await runSlowly(new Progress(1, 3, stream as unknown as NodeJS.WriteStream));
  assert.deepEqual(
    lines.map((line) => line.replace(/\d+ms/, 'N ms')),
    [1, 2].flatMap((epoch) => [
      `Epoch ${epoch}/2`,
      '3/3 [==============================] - 0s N ms/step - loss: 2.0000',
    ]),
  );
});

/** What has been written to a stream so far; one `read` may give only a part of it. */
function everything(stream: PassThrough): string {
  let text = '';
  for (let part = stream.read(); part !== null; part = stream.read()) {
    text += part;
  }
  return text;
}

test('in a terminal the bar is rewritten in place, cut to the width', async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 40 });
  await runSlowly(new Progress(1, 3, stream as unknown as NodeJS.WriteStream));
  const written = everything(stream);
  assert.equal(written.split('\n').length, 5);
  const [, firstEpoch] = written.split('\n');
  const shown = firstEpoch?.split('\x1b[1G\x1b[0K').slice(1) ?? [];
  assert.deepEqual(shown.slice(0, 2), [
    '1/3 [=========>....................] - ',
    '2/3 [===================>..........] - ',
  ]);
  assert.match(shown[2] ?? '', /^3\/3 \[={30}\] - 0s \d+ms\/step - loss: 2\.0000$/);
});

test('a run that fails leaves the terminal on a new line', async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const progress = new Progress(1, 3, stream as unknown as NodeJS.WriteStream);
  await sleep(210);
  progress.step(1, () => ({}));
  progress.close();
  assert.match(everything(stream), /ETA: 0s\n$/);
});

test('in a notebook all of it is one output, updated a few times a second', async () => {
  const shown: { text: string; id: string | undefined; at: number }[] = [];
  const display = (bundle: MimeBundle, id?: string) =>
    shown.push({ text: String(bundle['text/plain']), id, at: performance.now() });
  Object.assign(globalThis, { [hostKey]: { display, signal: new AbortController().signal } });
  const lines = captureLog();
  const { x, y } = flowers(400);
  await training.fit(classifier(), x, y, { epochs: 3, batchSize: 8 });
  assert.deepEqual(lines, []);
  assert.equal(new Set(shown.map(({ id }) => id)).size, 1);
  const elapsed = (shown.at(-1)?.at ?? 0) - (shown[0]?.at ?? 0);
  assert.ok(shown.length <= 6 + elapsed / 200, `${shown.length} updates in ${elapsed} ms`);
  const finished = shown.at(-1)?.text.split('\n') ?? [];
  assert.equal(finished.length, 6);
  assert.equal(finished[4], 'Epoch 3/3');
  assert.match(
    finished[5] ?? '',
    /^50\/50 \[={30}\] - \ds \d+[mu]s\/step - loss: \d\.\d{4} - acc: \d\.\d{4}$/,
  );
});
