import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { afterEach, mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Jimp } from 'jimp';
import type { MimeBundle } from '../../lib/display/index';
import { training } from '../../lib/index';
import type { Figure } from '../../lib/plots/figure';
import * as tf from '../../lib/tensorflow';
import { ProgressLogger } from '../../lib/training/progress/index';
import { barLine, finishedBarLine, finishedLine } from '../../lib/training/progress/progressText';
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

test('while nobody knows how many steps there are, the line says so', async () => {
  assert.equal(
    barLine(12, undefined, 3, { loss: 2.3 }),
    '     12/Unknown - 3s 250ms/step - loss: 2.3000',
  );
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const progress = new ProgressLogger({
    verbose: 1,
    steps: undefined,
    rows: () => 10,
    epochs: [0, 2],
    stream: stream as unknown as NodeJS.WriteStream,
  });
  await runSlowly(progress);
  const shown = everything(stream)
    .split('\n')
    .map((line) => line.split('\x1b[1G\x1b[0K').slice(1));
  assert.match(shown[1]?.[0] ?? '', /^ {6}1\/Unknown - \ds/);
  assert.match(shown[1]?.at(-1) ?? '', /^3\/3 \[={30}\] - /);
  assert.match(shown[3]?.[0] ?? '', /^1\/3 \[=+>\.+\] - ETA/);
});

test('in a notebook a data set of unknown size has a bar of its epochs', async () => {
  const shown = fakeNotebook();
  const { x, y } = flowers(40);
  function* batches(): Generator<training.DataBatch> {
    for (let first = 0; first < 40; first += 8) {
      yield [x.slice(first, 8), y.slice(first, 8)];
    }
  }
  const callbacks: training.Callback = { onBatchEnd: () => sleep(150) };
  await training.fit(classifier(), batches, { epochs: 3, callbacks });
  const bars = shown.map(({ bundle }) => String(bundle['text/html'] ?? '')).filter(isBar);
  assert.match(bars[0] ?? '', /aria-valuenow="0" aria-valuetext="Epoch 1 of 3, step \d"/);
  assert.doesNotMatch(bars[0] ?? '', /left</);
  assert.match(bars.at(-1) ?? '', /\ds left<.*Epoch 3 of 3, step \d\/5"/);
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

/** The progress of three steps of ten rows, written to `stream`. */
function terminalProgress(stream: PassThrough): ProgressLogger {
  return new ProgressLogger({
    verbose: 1,
    steps: 3,
    rows: () => 10,
    epochs: [0, 2],
    stream: stream as unknown as NodeJS.WriteStream,
  });
}

/** Runs two epochs of three steps, slowly enough for each step to be shown. */
async function runSlowly(progress: ProgressLogger): Promise<void> {
  for (const epoch of [0, 1]) {
    progress.onEpochBegin(epoch);
    for (const step of [1, 2, 3]) {
      await sleep(step === 3 ? 0 : 510);
      progress.onBatchEnd(step - 1, { loss: step });
    }
    await progress.onEpochEnd(epoch, { loss: 2 });
  }
  await progress.onTrainEnd();
}

test('in a file or pipe the bar is one finished line per epoch', async () => {
  const lines = captureLog();
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  await runSlowly(terminalProgress(stream));
  assert.deepEqual(
    lines.map((line) => line.replace(/\d+s \d+ms/, 'Ns N ms')),
    [1, 2].flatMap((epoch) => [
      `Epoch ${epoch}/2`,
      '3/3 [==============================] - Ns N ms/step - loss: 2.0000',
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
  await runSlowly(terminalProgress(stream));
  const written = everything(stream);
  assert.equal(written.split('\n').length, 5);
  const [, firstEpoch] = written.split('\n');
  const shown = firstEpoch?.split('\x1b[1G\x1b[0K').slice(1) ?? [];
  assert.deepEqual(shown.slice(0, 2), [
    '1/3 [=========>....................] - ',
    '2/3 [===================>..........] - ',
  ]);
  assert.match(shown[2] ?? '', /^3\/3 \[={30}\] - \ds \d+ms\/step - loss: 2\.0000$/);
});

test('a run that fails leaves the terminal on a new line', async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const progress = terminalProgress(stream);
  await sleep(510);
  progress.onBatchEnd(0, {});
  progress.onError();
  assert.match(everything(stream), /ETA: \ds\n$/);
});

interface Shown {
  bundle: MimeBundle;
  id: string | undefined;
  at: number;
}

/** Stands in for a notebook; returns the displayed outputs. */
function fakeNotebook(): Shown[] {
  const shown: Shown[] = [];
  const display = (bundle: MimeBundle, id?: string) =>
    shown.push({ bundle, id, at: performance.now() });
  Object.assign(globalThis, { [hostKey]: { display, signal: new AbortController().signal } });
  return shown;
}

/** Makes a training last: 80 ms a step. */
const slowly: training.Callback = { onBatchEnd: () => sleep(80) };

function lastOf(shown: Shown[], id: string | undefined): MimeBundle {
  return shown.filter((one) => one.id === id).at(-1)?.bundle ?? {};
}

test('in a notebook a short run is one output, which ends as Keras’s lines', async () => {
  const { x, y } = flowers(80);
  const model = classifier();
  // The first steps of a model are slow.
  await training.fit(model, x, y, { verbose: 0, epochs: 3, batchSize: 8 });
  const shown = fakeNotebook();
  const lines = captureLog();
  await training.fit(model, x, y, { epochs: 3, batchSize: 8 });
  assert.deepEqual(lines, []);
  assert.equal(new Set(shown.map(({ id }) => id)).size, 1);
  const last = shown.at(-1)?.bundle ?? {};
  assert.deepEqual(Object.keys(last), ['text/plain']);
  const finished = String(last['text/plain']).split('\n');
  assert.equal(finished.length, 6);
  assert.equal(finished[4], 'Epoch 3/3');
  assert.match(finished[5] ?? '', /^10\/10 - \ds - loss: \d\.\d{4} - acc: \d\.\d{4}$/);
});

test('in a notebook a longer run shows a bar and growing curves, and ends as a figure', async () => {
  const { x, y } = flowers(400);
  const model = classifier();
  const tensors = tf.memory().numTensors;
  const shown = fakeNotebook();
  const options = { epochs: 2, batchSize: 16, validationSplit: 0.2, callbacks: [slowly] };
  const { history } = await training.fit(model, x, y, options);
  // The optimizer makes its own on the first step.
  const optimizerTensors = tf.memory().numTensors - tensors;
  await training.fit(model, x, y, { ...options, verbose: 0, callbacks: [] });
  assert.equal(tf.memory().numTensors - tensors, optimizerTensors);

  const [text, curves, ...others] = [...new Set(shown.map(({ id }) => id))];
  assert.deepEqual(others, []);
  const elapsed = (shown.at(-1)?.at ?? 0) - (shown[0]?.at ?? 0);
  assert.ok(shown.length <= 8 + elapsed * (2 / 1000 + 1 / 1000), `${shown.length} updates`);

  const bars = shown.map(({ bundle }) => String(bundle['text/html'] ?? '')).filter(isBar);
  assert.ok(bars.length >= 3, `${bars.length} bars`);
  const percents = bars.map((bar) => Number(/aria-valuenow="(\d+)"/.exec(bar)?.[1]));
  assert.deepEqual(
    percents,
    [...percents].sort((one, other) => one - other),
  );
  assert.ok((percents[0] as number) < 30 && (percents.at(-1) as number) > 70, String(percents));
  assert.match(bars[1] ?? '', /Epoch 1\/2<.*step \d+\/20<.*\ds left<.*\d samples\/s<.*acc</);

  const drawings = shown.filter(({ id }) => id === curves).map(({ bundle }) => bundle['text/html']);
  const lengths = drawings.slice(0, -1).map((drawing) => String(drawing).length);
  assert.ok(lengths.length >= 2 && lengths.every((length) => length < 20_000), String(lengths));
  assert.ok((lengths[0] as number) < (lengths.at(-1) as number), String(lengths));

  assert.deepEqual(Object.keys(lastOf(shown, text)), ['text/plain']);
  assert.match(
    String(lastOf(shown, text)['text/plain']),
    /\nEpoch 2\/2\n20\/20 .* - val_acc: \S+$/,
  );
  const last = lastOf(shown, curves);
  const png = await Jimp.read(Buffer.from(last['image/png'] as string, 'base64'));
  const { data, layout } = last['application/vnd.plotly.v1+json'] as Figure;
  assert.deepEqual([png.width, png.height], [layout.width, layout.height]);
  const traces = data as { name: string; yaxis: string; x: number[]; y: number[] }[];
  const drawn = (name: string, yaxis: string) =>
    traces.find((trace) => trace.name === name && trace.yaxis === yaxis);
  for (const [name, yaxis, metric] of [
    ['training', 'y', 'loss'],
    ['validation', 'y', 'val_loss'],
    ['training', 'y2', 'acc'],
    ['validation', 'y2', 'val_acc'],
  ] as const) {
    const rounded = history[metric]?.map((value) => Number(value.toPrecision(5)));
    assert.deepEqual(drawn(name, yaxis)?.y, rounded, metric);
    assert.deepEqual(drawn(name, yaxis)?.x, [1, 2]);
  }
});

function isBar(html: string): boolean {
  return html.includes('role="progressbar"');
}

test('a run that is interrupted leaves its line and its curves; the next one works', async () => {
  const shown = fakeNotebook();
  const { x, y } = flowers(400);
  const model = classifier();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 2500);
  const options = { epochs: 9, batchSize: 4, callbacks: [slowly], signal: controller.signal };
  await assert.rejects(training.fit(model, x, y, options), training.Interrupted);
  const [text, curves] = [...new Set(shown.map(({ id }) => id))];
  assert.deepEqual(Object.keys(lastOf(shown, text)), ['text/plain']);
  assert.match(String(lastOf(shown, text)['text/plain']), /\[=*>\.*\] - ETA: .* - acc: \S+$/);
  assert.match(String(lastOf(shown, curves)['text/html']), /<svg .*<\/svg>/);
  const count = shown.length;
  await training.fit(model, x, y, { batchSize: 16 });
  assert.notEqual(shown[count]?.id, text);
  assert.match(String(shown.at(-1)?.bundle['text/plain']), /^Epoch 1\/1\n25\/25 /);
});

test('while the model is validated the block says so', async () => {
  const shown = fakeNotebook();
  const progress = new ProgressLogger({
    verbose: 1,
    steps: 1,
    rows: () => 10,
    epochs: [0, 2],
    validationSteps: 4,
  });
  progress.onEpochBegin(0);
  progress.onBatchEnd(0, { loss: 1 });
  progress.onTestBegin();
  await sleep(510);
  progress.onTestBatchEnd(2, { loss: 3 });
  const html = String(shown.at(-1)?.bundle['text/html']);
  assert.match(html, /aria-valuenow="50" aria-valuetext="Epoch 1 of 2, validation step 3\/4"/);
});

test('evaluate shows a bar without epochs, and no curves', async () => {
  const shown = fakeNotebook();
  const progress = new ProgressLogger({ verbose: 1, steps: 4, rows: () => 10 });
  progress.onTestBegin();
  for (const done of [1, 2, 3]) {
    await sleep(600);
    progress.onTestBatchEnd(done - 1, { '<loss>': 1 / done });
  }
  const html = String(shown.at(-1)?.bundle['text/html']);
  assert.match(html, /aria-valuenow="75" aria-valuetext="step 3\/4"/);
  assert.match(html, /&lt;loss&gt;/);
  assert.doesNotMatch(html, /Epoch/);
  progress.onTestBatchEnd(3, { loss: 1 });
  await progress.onTestEnd({ loss: 1 });
  assert.equal(new Set(shown.map(({ id }) => id)).size, 1);
  assert.deepEqual(Object.keys(shown.at(-1)?.bundle ?? {}), ['text/plain']);
});
