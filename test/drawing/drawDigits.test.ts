import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { JSDOM } from 'jsdom';
import { type DrawingPad, drawDigits } from '../../lib/drawing/index';
import { cnn, mlp } from '../../lib/models/index';
import { saveLayersModel } from '../../lib/saving/index';
import * as tf from '../../lib/tensorflow';
import { fit } from '../../lib/training/index';

const hostKey = Symbol.for('notebook.host');
const globals = globalThis as { [hostKey]?: object };
let model: tf.Sequential;
const open: DrawingPad[] = [];

before(() => {
  model = mlp({ seed: 0 });
});
after(() => model.dispose());
afterEach(async () => {
  delete globals[hostKey];
  for (const pad of open.splice(0)) {
    await pad.close();
  }
});

async function draw(...options: Parameters<typeof drawDigits>): Promise<DrawingPad> {
  const pad = await drawDigits(...options);
  open.push(pad);
  return pad;
}

/** Collects what a cell shows. */
function inNotebook(): Record<string, string>[] {
  const shown: Record<string, string>[] = [];
  const display = (bundle: Record<string, string>) => shown.push(bundle);
  globals[hostKey] = { display, signal: new AbortController().signal };
  return shown;
}

async function getText(url: string): Promise<string> {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return response.text();
}

test('the page has everything it asks for, and the models predict the same', async (t) => {
  const log = t.mock.method(console, 'log', () => {});
  const folder = mkdtempSync(join(tmpdir(), 'drawing-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const convolutional = cnn({ seed: 0 });
  t.after(() => convolutional.dispose());
  await saveLayersModel(convolutional, folder);
  const pad = await draw({ MLP: model, 'my CNN': folder }, { captions: { MLP: 'not trained' } });
  assert.equal(log.mock.calls[0]?.arguments[0], `The pad is open at ${pad.url}`);

  const page = new JSDOM(await getText(pad.url)).window.document;
  for (const element of page.querySelectorAll('script, link[rel=stylesheet]')) {
    const address = element.getAttribute('src') ?? element.getAttribute('href') ?? '';
    assert.doesNotMatch(address, /^\w+:|^\//, 'of this server, wherever it is');
    assert.notEqual(await getText(pad.url + address), '');
  }
  assert.deepEqual(JSON.parse(await getText(`${pad.url}networks.json`)), [
    { id: 'mlp', name: 'MLP', caption: 'not trained' },
    { id: 'mycnn', name: 'my CNN', caption: '' },
  ]);
  const loaded = await tf.loadLayersModel(`${pad.url}networks/mycnn/model.json`);
  const [here, there] = [convolutional, loaded].map((one) =>
    tf.tidy(() => (one.predict(tf.ones([1, 28, 28, 1])) as tf.Tensor).dataSync()),
  );
  loaded.dispose();
  assert.deepEqual(there, here);
});

test('nothing stays behind: no tensor, no temporary file, no server', async (t) => {
  t.mock.method(console, 'log', () => {});
  const [tensors, filesBefore] = [tf.memory().numTensors, temporaryFolders()];
  const pad = await drawDigits({ MLP: model });
  await pad.close();
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(temporaryFolders(), filesBefore);
  await assert.rejects(fetch(pad.url));
});

function temporaryFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('network-'));
}

test('what does not fit the pad is named', async () => {
  await assert.rejects(drawDigits({}), /at least one network/);
  await assert.rejects(
    drawDigits({ MLP: model }, { captions: { CNN: '?' } }),
    /caption for "CNN", but no such network: there are MLP/,
  );
  await assert.rejects(
    drawDigits({ MLP: '/no/such/folder' }),
    /The network MLP cannot be loaded from \/no\/such\/folder: .*saving\.saveLayersModel/,
  );
  const other = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [5] })] });
  await assert.rejects(
    drawDigits({ other }),
    /The network other takes \[batch, 5\] and gives \[batch, 3\]\. .* 28 × 28 .* ten probabilities/,
  );
  other.dispose();
});

test('a second pad in a notebook closes the first', async () => {
  const shown = inNotebook();
  const first = await draw({ MLP: model });
  await getText(first.url);
  const second = await draw({ MLP: model });
  await assert.rejects(fetch(first.url));
  await getText(second.url);
  assert.equal(shown.length, 2);
});

test('in a notebook the pad takes the place of its picture, as long as the kernel serves it', async () => {
  const shown = inNotebook();
  const pad = await draw({ MLP: model }, { height: 321 });
  const { 'text/html': html = '', 'image/png': picture = '', 'text/plain': text } = shown[0] ?? {};
  assert.match(text ?? '', /Run this cell to draw/);
  assert.equal(Buffer.from(picture, 'base64').subarray(1, 4).toString(), 'PNG');

  const readable = async (path: string) =>
    (await fetch(pad.url + path)).headers.get('access-control-allow-origin');
  assert.equal(await readable('alive'), '*');
  for (const path of ['', 'page.js', 'networks.json', 'networks/mlp/model.json']) {
    assert.equal(await readable(path), null, path);
  }

  const live = await rendered(html);
  const frame = live.querySelector('iframe');
  assert.equal(frame?.getAttribute('src'), pad.url);
  assert.equal(frame?.style.height, '321px');
  assert.equal(live.querySelector('img'), null);
  for (const [light, theme] of Object.entries({ true: 'light', false: 'dark' })) {
    const lab = await rendered(`<body data-jp-theme-light="${light}">${html}</body>`);
    assert.equal(lab.querySelector('iframe')?.getAttribute('src'), `${pad.url}#${theme}`);
  }

  assertPicture(new JSDOM(html).window.document); // Not trusted: its script does not run.
  await pad.close();
  assertPicture(await rendered(html)); // The kernel is gone.
  const port = Number(new URL(pad.url).port);
  const next = await draw({ MLP: model }, { port });
  assertPicture(await rendered(html)); // Another pad has the port.
  await next.close();
});

/** The output in a page that runs its script, when the script is done. */
async function rendered(html: string): Promise<Document> {
  const asked: Promise<unknown>[] = [];
  const { window } = new JSDOM(html, {
    runScripts: 'dangerously',
    beforeParse: (window) => {
      window.fetch = ((url: string) => {
        const answer = fetch(url);
        asked.push(answer.catch(() => undefined));
        return answer;
      }) as typeof window.fetch;
    },
  });
  assert.equal(asked.length, 1);
  await Promise.all(asked);
  await new Promise((resolve) => setImmediate(resolve));
  return window.document;
}

function assertPicture(document: Document): void {
  assert.equal(document.querySelector('iframe'), null);
  assert.match(document.querySelector('img')?.src ?? '', /^data:image\/png;base64,/);
  assert.match(document.body.textContent ?? '', /Run this cell to draw/);
}

test('the pad is served while the same process trains', async () => {
  inNotebook();
  const pad = await draw({ MLP: model });
  const trained = mlp({ seed: 1 });
  trained.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const [x, y] = [tf.zeros([4096, 28, 28]), tf.zeros([4096], 'int32')];
  let training = true;
  const fitted = fit(trained, x, y, { epochs: 3, verbose: 0 }).finally(() => {
    training = false;
  });
  let answers = 0;
  while (training) {
    await getText(`${pad.url}networks.json`);
    answers++;
  }
  const { history } = await fitted;
  assert.equal(history.loss?.length, 3);
  assert.ok(answers > 3, `${answers} answers`);
  tf.dispose([x, y]);
  trained.optimizer.dispose();
  trained.dispose();
});
