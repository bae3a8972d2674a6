import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { exercises } from '../../lib/lessons/exercises';
import { readNotebook, sourceOf } from '../../scripts/notebooks/notebook';

const folder = path.resolve(__dirname, '../../../notebooks');
const names = readdirSync(folder).filter((file) => file.endsWith('.ipynb'));

function cellsOf(name: string) {
  return readNotebook(path.join(folder, name)).cells;
}

describe('exercises of the notebooks', () => {
  it('are checked by what there is, each with a solution that is folded', () => {
    const checked = new Set<string>();
    for (const name of names) {
      for (const cell of cellsOf(name)) {
        const source = sourceOf(cell);
        const [, exercise] = source.match(/lessons\.check\('([^']+)'/) ?? [];
        if (exercise !== undefined && cell.id.endsWith('s')) {
          checked.add(exercise);
          assert.deepEqual(cell.metadata.tags, ['solution'], `${name}, ${cell.id}`);
          assert.ok(name.startsWith(`${exercise.split('.')[0]}-`), `${exercise} in ${name}`);
        }
      }
    }
    assert.deepEqual([...checked].sort(), Object.keys(exercises).sort());
  });

  it('are solved: every stored check says that all is right', () => {
    for (const name of names) {
      for (const cell of cellsOf(name).filter(({ metadata }) =>
        (metadata.tags as string[] | undefined)?.includes('solution'),
      )) {
        const text = JSON.stringify(cell.outputs);
        assert.ok(text.includes('✓') && !/[✗…] \w+:/.test(text), `${name}, ${cell.id}: ${text}`);
      }
    }
  });
});

describe('links between notebooks', () => {
  it('lead to files that exist', () => {
    for (const name of names) {
      for (const cell of cellsOf(name).filter(({ cell_type }) => cell_type === 'markdown')) {
        for (const [, link] of sourceOf(cell).matchAll(/\]\(([^)#:]+\.ipynb)\)/g)) {
          assert.ok(
            readdirSync(path.dirname(path.join(folder, link ?? ''))).includes(
              path.basename(link ?? ''),
            ),
            `${name} links to ${link}`,
          );
        }
      }
    }
  });
});
