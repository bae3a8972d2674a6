import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pictureOf } from '../../scripts/notebooks/gallery';

const folder = mkdtempSync(path.join(tmpdir(), 'gallery-'));
const notebook = path.join(folder, 'lesson.ipynb');
after(() => rmSync(folder, { recursive: true }));

const bytes = Buffer.from('the bytes of a picture');
const picture = { data: { 'image/png': bytes.toString('base64'), 'text/plain': 'Figure' } };

function store(...cells: { source: string | string[]; outputs: object[] }[]): void {
  const all = [{ cell_type: 'markdown', source: 'show(curves) draws the curves' }, ...cells];
  const content = { cells: all.map((cell) => ({ cell_type: 'code', ...cell })) };
  writeFileSync(notebook, JSON.stringify(content));
}

test('a picture is the one in the output of the cell with that code', () => {
  const printed = { output_type: 'stream', text: 'done' };
  store(
    { source: 'show(grid)', outputs: [{ data: { 'image/png': 'AAAA' } }] },
    { source: ['const a = 1;\n', 'show(curves)'], outputs: [printed, picture] },
  );
  assert.deepEqual(pictureOf(notebook, 'show(curves)'), bytes);
});

test('two cells with that code, or none, or no picture are errors', () => {
  store({ source: 'show(curves)', outputs: [] });
  assert.throws(
    () => pictureOf(notebook, 'show(curves)'),
    /shows 0 pictures, expected one: run the/,
  );
  assert.throws(() => pictureOf(notebook, 'show(bars)'), /has 0 cells with "show\(bars\)"/);
  const twice = { source: 'show(curves)', outputs: [picture] };
  store(twice, twice);
  assert.throws(() => pictureOf(notebook, 'show(curves)'), /has 2 cells/);
});
