/** The rules for every notebook. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { readNotebook, sourceOf } from '../../scripts/notebooks/notebook';

const folder = path.join(__dirname, '../../../notebooks');
const widest = 99;

for (const name of readdirSync(folder).filter((file) => file.endsWith('.ipynb'))) {
  describe(name, () => {
    const file = path.join(folder, name);
    const { cells } = readNotebook(file);

    it('has code that fits the page', () => {
      const lines = cells
        .filter(({ cell_type }) => cell_type === 'code')
        .flatMap((cell) => sourceOf(cell).split('\n'));
      assert.deepEqual(
        lines.filter((line) => line.length > widest),
        [],
      );
    });

    it('is stored as it was run: whole, in order, without an error', () => {
      const code = cells.filter(({ cell_type }) => cell_type === 'code');
      assert.deepEqual(
        code.map(({ execution_count }) => execution_count),
        code.map((_, index) => index + 1),
      );
      const kinds = code.flatMap(({ outputs = [] }) => outputs.map((each) => each.output_type));
      assert(!kinds.includes('error'));
    });

    it('has pictures that say what they show', () => {
      for (const { id, outputs = [] } of cells) {
        for (const { data, metadata } of outputs) {
          if (data && 'image/png' in data) {
            const alt = (metadata as { 'image/png'?: { alt?: string } })['image/png']?.alt;
            assert((alt ?? '').length > 5, `a picture of cell ${id} has no alternative text`);
          }
        }
      }
    });

    it('is smaller than 1 MB', () => {
      assert(statSync(file).size < 1_000_000);
    });
  });
}
