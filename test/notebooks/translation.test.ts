import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Notebook, sourceOf } from '../../scripts/notebooks/notebook';
import { translate } from '../../scripts/notebooks/translation';

function notebook(...cells: [id: string, type: 'markdown' | 'code', source: string][]): Notebook {
  return {
    cells: cells.map(([id, cell_type, source]) => ({ id, cell_type, source, metadata: {} })),
    nbformat: 4,
  };
}

const english = notebook(
  ['m1', 'markdown', 'A digit'],
  ['c1', 'code', "import { datasets } from '../lib';\nconst file = '../data/digits/3.png';"],
);

describe('translations of notebooks', () => {
  it('start in English, with paths from one folder deeper', () => {
    const { notebook: made, stale } = translate(english, undefined, false);
    assert.deepEqual(stale, ['m1']);
    assert.deepEqual(made.cells.map(sourceOf), [
      'A digit',
      "import { datasets } from '../../lib';\nconst file = '../../data/digits/3.png';",
    ]);
  });

  it('keep their text while the English text stays', () => {
    const accepted = translated(english, '一个数字');
    const { notebook: made, stale } = translate(english, accepted, false);
    assert.deepEqual(stale, []);
    assert.deepEqual(made, accepted);
  });

  it('are out of date when the English text changes, until somebody accepts them', () => {
    const accepted = translated(english, '一个数字');
    const changed = notebook(['m1', 'markdown', 'Two digits'], ['c1', 'code', 'let a = 1;']);
    assert.deepEqual(translate(changed, accepted, false).stale, ['m1']);
    const { notebook: made, stale } = translate(changed, translated(changed, '两个数字'), false);
    assert.deepEqual(stale, []);
    assert.deepEqual(made.cells.map(sourceOf), ['两个数字', 'let a = 1;']);
  });

  it('take over outputs and lose the cells that are gone', () => {
    const [, code] = english.cells;
    const run = {
      ...english,
      cells: [{ ...code, outputs: [{ output_type: 'stream' }] }],
    } as Notebook;
    const { notebook: made } = translate(run, translated(english, '一个数字'), false);
    assert.deepEqual(
      made.cells.map(({ id, outputs }) => [id, outputs]),
      [['c1', [{ output_type: 'stream' }]]],
    );
  });
});

/** A translation of the first cell, accepted for the present English text. */
function translated(from: Notebook, text: string): Notebook {
  const { notebook: draft } = translate(from, undefined, false);
  const [first, ...others] = draft.cells;
  const edited = { ...draft, cells: [{ ...first, source: text }, ...others] } as Notebook;
  return translate(from, edited, true).notebook;
}
