import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Jimp } from 'jimp';
import { JSDOM } from 'jsdom';
import type { MimeBundle } from '../../lib/display';
import {
  confusionMatrix,
  curves,
  type Figure,
  image,
  imageGrid,
  lossCurves,
  probabilities,
  saveFigure,
  show,
} from '../../lib/plots';
import { renderPng, renderSvg } from '../../lib/plots/render';
import { leaveNotebook, pretendNotebook } from '../display/pretendNotebook';

const losses = lossCurves({
  epoch: [0, 1],
  history: { loss: [0.5, 0.25], val_loss: [0.75, 0.5] },
});
const chessboard = [
  [0, 255, 0],
  [255, 0, 255],
  [0, 255, 0],
];
const longNames = ['an unusually long name of a class', 'short'];
const figures: Record<string, Figure> = {
  losses,
  manyCurves: curves(
    ['first run', 'second run', 'third run', 'fourth run'].map((name) => ({ name, y: [1, 2] })),
    { title: 'Four runs', xTitle: 'iteration', yTitle: 'loss' },
  ),
  matrix: confusionMatrix(
    [
      [8, 2],
      [1, 9],
    ],
    longNames,
    { title: 'Confusion' },
  ),
  bars: probabilities([1, 0], longNames),
  image: image(chessboard, { caption: 'a chessboard' }),
  grid: imageGrid([chessboard, chessboard], {
    rows: 1,
    columns: 2,
    captions: ['the first picture', 'the second\npicture'],
    title: 'Two pictures',
  }),
};

async function decodedPng(figure: Figure, scale = 1) {
  return Jimp.read(await renderPng(figure, scale));
}

function svgTexts(svg: string): string[] {
  const { document } = new JSDOM(svg, { contentType: 'image/svg+xml' }).window;
  return [...document.querySelectorAll('text')].map((text) => text.textContent ?? '');
}

describe('the static picture', () => {
  test('holds every text of the figure', async () => {
    const texts = svgTexts(await renderSvg(losses));
    for (const expected of ['Loss', 'loss', 'epoch', 'training', 'validation', '1', '2']) {
      assert.ok(texts.includes(expected), `'${expected}' among ${JSON.stringify(texts)}`);
    }
  });

  for (const [name, figure] of Object.entries(figures)) {
    test(`${name}: nothing is cut off at the border`, async () => {
      const { width, height, bitmap } = await decodedPng(figure);
      assert.deepEqual([width, height], [figure.layout.width, figure.layout.height]);
      let ink = 0;
      for (let pixel = 0; pixel < width * height; pixel++) {
        const [x, y] = [pixel % width, Math.floor(pixel / width)];
        const [green = 0, opacity = 0] = [1, 3].map((at) => bitmap.data[pixel * 4 + at]);
        if (opacity > 100 && green < 160) {
          ink++;
          const isInside = x > 1 && y > 1 && x < width - 2 && y < height - 2;
          assert.ok(isInside, `a dark pixel at ${x}, ${y} of ${width} × ${height}`);
        }
      }
      assert.ok(ink > 200, `${ink} dark pixels`);
    });
  }

  test('the legend is as wide as its texts', async () => {
    const widthFor = async (name: string) => {
      const svg = await renderSvg(curves([{ name, y: [1, 2] }]));
      const { document } = new JSDOM(svg, { contentType: 'image/svg+xml' }).window;
      return Number(document.querySelector('.legend .bg')?.getAttribute('width'));
    };
    const difference = (await widthFor('w'.repeat(20))) - (await widthFor('w'.repeat(10)));
    // A "w" of Open Sans is 0.77 font sizes wide; the figures' texts are 13 pixels high.
    assert.ok(Math.abs(difference - 10 * 0.77 * 13) < 5, `ten more letters: ${difference} pixels`);
  });

  test('enlarged pixels keep their edges', async () => {
    const { bitmap } = await decodedPng(image(chessboard), 2);
    const greys = new Set(
      bitmap.data.filter((_, index) => index % 4 === 0 && bitmap.data[index + 3] === 255),
    );
    assert.deepEqual([...greys].sort(), [0, 255]);
  });

  test('the colour of a heatmap says how high the value is', async () => {
    const matrix = confusionMatrix([
      [1, 0],
      [0, 1],
    ]);
    const { width, height, bitmap } = await decodedPng(matrix);
    const blue = bitmap.data.filter(
      (red, index) => index % 4 === 0 && red === 0 && bitmap.data[index + 3] === 255,
    ).length;
    assert.ok(blue > (width * height) / 8, `${blue} pixels of full blue`);
  });

  test('two at once do not get in each other’s way', async () => {
    const [first, second] = await Promise.all([
      renderSvg(losses),
      renderSvg(figures.bars as Figure),
    ]);
    assert.ok(svgTexts(first).includes('validation'));
    assert.ok(svgTexts(second).includes('probability'));
    assert.ok(!svgTexts(second).includes('validation'));
  });

  test('leaves the figure as it was', async () => {
    const copy = structuredClone(losses);
    await renderSvg(losses);
    assert.deepEqual(losses, copy);
  });
});

describe('show in a notebook', () => {
  let shown: MimeBundle[];
  before(() => {
    shown = pretendNotebook().bundles;
  });
  after(leaveNotebook);

  test('one output carries the interactive and the static form', async () => {
    await show(losses);
    assert.equal(shown.length, 1);
    const bundle = shown[0] as MimeBundle;
    const { data, layout } = bundle['application/vnd.plotly.v1+json'] as Figure;
    assert.deepEqual({ data, layout }, losses);
    const png = await Jimp.read(Buffer.from(bundle['image/png'] as string, 'base64'));
    assert.deepEqual([png.width, png.height], [640, 400]);
    assert.equal(typeof bundle['text/plain'], 'string');
  });
});

describe('show in a plain program', () => {
  test('without a screen it says what to do, and the program ends', async () => {
    const script = `
      const { plots } = require(${JSON.stringify(join(__dirname, '../../lib'))});
      const heavy = /node_modules.(jsdom|nodeplotlib|@resvg|@napi-rs|@dagrejs|@viz-js|jimp|sharp|h5wasm)/;
      const loaded = Object.keys(require.cache).filter((file) => heavy.test(file));
      if (loaded.length > 0) throw new Error('loaded before it is needed: ' + loaded[0]);
      plots.show(plots.curves([{ name: 'a', y: [1] }]));
    `;
    const env = { ...process.env, CI: 'true', NODEPLOTLIB_PORT: '' };
    const options = { env, timeout: 600_000 };
    const { stderr } = await promisify(execFile)(process.execPath, ['-e', script], options);
    assert.match(stderr, /not shown: this is a CI run.*saveFigure/);
  });
});

test('a port that is taken, or none, is a warning that says so', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = String((other.address() as AddressInfo).port);
  const script = `
    const plots = require(${JSON.stringify(join(__dirname, '../../lib/plots'))});
    plots.show(plots.curves([{ name: 'a', y: [1] }]));
  `;
  try {
    for (const [port, message] of [
      [taken, new RegExp(`not shown: the port ${taken} .* cannot be used .*EADDRINUSE`)],
      ['80a', /not shown: NODEPLOTLIB_PORT is "80a", not a port/],
    ] as const) {
      const env = { ...process.env, NODEPLOTLIB_PORT: port };
      const { stderr } = await promisify(execFile)(process.execPath, ['-e', script], { env });
      assert.match(stderr, message);
    }
  } finally {
    other.close();
  }
});

describe('the server of the window', () => {
  let program: ChildProcess;
  let address: URL;
  before(async () => {
    const script = `
      const plots = require(${JSON.stringify(join(__dirname, '../../lib/plots'))});
      plots.show(plots.curves([{ name: 'a', y: [1] }]));
    `;
    const env = { ...process.env, NODEPLOTLIB_PORT: '0' };
    program = spawn(process.execPath, ['-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: program.stdout as Readable })) {
      const printed = /http:\S+/.exec(line);
      if (printed) {
        address = new URL(printed[0]);
        return;
      }
    }
    assert.fail('no address was printed');
  });
  after(() => program.kill());

  const paths = ['/', '/main.js', '/socket.io/?EIO=4&transport=polling'];
  const statusOf = async (path: string, cookie = '') => {
    const response = await fetch(new URL(path, address), {
      headers: { cookie },
      redirect: 'manual',
    });
    await response.text();
    return response.status;
  };

  test('is for this machine only', async () => {
    assert.equal(address.hostname, '127.0.0.1');
    const others = Object.values(networkInterfaces()).flatMap((ones = []) =>
      ones.filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address: host } of [...others, { address: '127.0.0.2' }]) {
      await assert.rejects(fetch(`http://${host}:${address.port}/`), host);
    }
  });

  test('gives nothing without the token, and takes the token once', async () => {
    for (const path of [...paths, '/?token=', '/?token=wrong']) {
      assert.equal(await statusOf(path), 403, path);
    }
    const opened = await fetch(address, { redirect: 'manual' });
    assert.deepEqual([opened.status, opened.headers.get('location')], [302, '/']);
    const [cookie = ''] = opened.headers.getSetCookie();
    assert.match(cookie, /HttpOnly/);
    for (const path of paths) {
      assert.equal(await statusOf(path, cookie.split(';')[0]), 200, path);
      assert.equal(await statusOf(path, 'other=1'), 403, path);
    }
    assert.equal(await statusOf(address.pathname + address.search), 403);
  });
});

describe('saveFigure', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plots-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('writes PNG and SVG by the ending of the name', async () => {
    await saveFigure(losses, join(folder, 'losses.PNG'));
    await saveFigure(losses, join(folder, 'losses.svg'));
    const png = await Jimp.read(join(folder, 'losses.PNG'));
    assert.deepEqual([png.width, png.height], [1280, 800]);
    assert.match(await readFile(join(folder, 'losses.svg'), 'utf8'), /^<svg /);
    assert.deepEqual((await readdir(folder)).sort(), ['losses.PNG', 'losses.svg']);
  });

  test('refuses other endings and says why a file cannot be written', async () => {
    await assert.rejects(saveFigure(losses, 'losses.gif'), /must end in .png or .svg/);
    const path = join(folder, 'losses.svg', 'inside-a-file.svg');
    await assert.rejects(saveFigure(losses, path), /could not be saved as/);
  });
});
