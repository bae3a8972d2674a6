import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { JSDOM } from 'jsdom';
import { type DrawingPad, drawDigits } from '../../lib/drawing/index';
import { cnn, mlp } from '../../lib/models/index';
import { saveLayersModel } from '../../lib/saving/index';
import * as tf from '../../lib/tensorflow';
import { until } from '../browser/until';
import { leaveNotebook, type PretendedNotebook, pretendNotebook } from '../display/pretendNotebook';

let model: tf.Sequential;
const open: DrawingPad[] = [];

before(() => {
  model = mlp({ seed: 0 });
});
after(() => model.dispose());
afterEach(async () => {
  leaveNotebook();
  for (const pad of open.splice(0)) {
    await pad.close();
  }
});

async function draw(...options: Parameters<typeof drawDigits>): Promise<DrawingPad> {
  const pad = await drawDigits(...options);
  open.push(pad);
  return pad;
}

async function getText(url = ''): Promise<string> {
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
  await assert.rejects(fetch(String(pad.url)));
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

describe('in a notebook', () => {
  let notebook: PretendedNotebook;
  beforeEach(() => {
    notebook = pretendNotebook();
  });

  const padOf = () => notebook.openComms().find(({ opened }) => '_esm' in stateOf(opened));
  const html = () => String(notebook.bundles.at(-1)?.['text/html']);
  const answered = (name: string) =>
    new RegExp(`data-network="${name}" data-answer="(\\d?)"`).exec(html())?.[1];

  test('the networks answer what is drawn in the browser', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drawing-'));
    await saveLayersModel(model, folder);
    const tensors = tf.memory().numTensors;
    const pad = await draw({ MLP: model, saved: folder }, { captions: { MLP: 'not trained' } });
    rmSync(folder, { recursive: true });
    assert.match(html(), /Draw a digit: what MLP and saved read appears here\./);
    assert.equal(answered('MLP'), undefined);

    const line = [0.2, 0.4, 0.6, 0.8].map((y) => ({ x: 0.5, y }));
    padOf()?.receive({ method: 'update', state: { strokes: [line] } });
    await until('the networks answer', 20, () => /\d/.test(answered('MLP') ?? ''));
    assert.match(html(), /not trained/);
    const middle = /<rect x="14" y="14"[^>]*fill-opacity="([\d.]+)"/.exec(html());
    assert.equal(Number(middle?.[1]), 1, 'the line is in the middle of the picture');
    assert.match(answered('MLP') ?? '', /^\d$/);
    assert.equal(answered('saved'), answered('MLP'), 'the same network');
    assert.match(String(notebook.bundles.at(-1)?.['text/plain']), /^MLP reads \d, /);

    padOf()?.receive({ method: 'update', state: { strokes: [] } });
    await until('nothing is drawn', 20, () => answered('MLP') === '');
    await pad.close();
    assert.deepEqual(notebook.openComms(), []);
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('what is stored is a picture of a pad', async () => {
    await draw({ MLP: model });
    const { 'text/html': stored, 'text/plain': text } = notebook.bundles[0] ?? {};
    assert.match(String(text), /Run this cell/);
    const { document } = new JSDOM(String(stored)).window;
    assert.match(document.querySelector('img')?.src ?? '', /^data:image\/png;base64,/);
    assert.equal(document.querySelector('script'), null);
  });

  test('a network that does not fit leaves nothing behind', async () => {
    const tensors = tf.memory().numTensors;
    await assert.rejects(drawDigits({ MLP: '/no/such/folder' }), /cannot be loaded/);
    assert.deepEqual(notebook.comms, []);
    assert.equal(tf.memory().numTensors, tensors);
  });
});

function stateOf(opened: unknown): object {
  return (opened as { state: object }).state;
}
