import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Jimp } from 'jimp';
import { showSvg } from '../../lib/plots';
import { leaveNotebook, pretendNotebook } from '../display/pretendNotebook';

const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20">' +
  '<rect width="10" height="20" fill="#ff0000"/></svg>';

afterEach(leaveNotebook);

test('a drawing is shown as SVG and as PNG, with its description', async () => {
  const { bundles } = pretendNotebook();
  await showSvg(drawing, 'a red bar');
  assert.equal(bundles.length, 1);
  const [bundle = {}] = bundles;
  assert.equal(bundle['image/svg+xml'], drawing);
  assert.equal(bundle['text/plain'], 'a red bar');
  const png = await Jimp.read(Buffer.from(bundle['image/png'] as string, 'base64'));
  assert.deepEqual([png.width, png.height], [30, 20]);
  assert.equal(png.getPixelColor(5, 10), 0xff0000ff);
  assert.equal(png.getPixelColor(20, 10), 0, 'what is not drawn on is transparent');
});

test('outside a notebook an error says what to do', async () => {
  await assert.rejects(
    showSvg(drawing, 'a red bar'),
    /in a notebook only; write the SVG to a file/,
  );
});
