// The README in both languages: its links lead somewhere, its example runs, its figures are the same.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const project = path.resolve(__dirname, '../../..');
const english = readFileSync(path.join(project, 'README.md'), 'utf8');
const chinese = readFileSync(path.join(project, 'README.zh-CN.md'), 'utf8');

/** The text outside of code blocks, where `#` begins a heading. */
function prose(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '');
}

/** The names under which GitHub lets a page's headings be linked. */
function anchors(markdown: string): string[] {
  const headings = [...prose(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function linksOf(markdown: string): string[] {
  const text = prose(markdown);
  const links = [...text.matchAll(/\]\(([^)]+)\)/g), ...text.matchAll(/src="([^"]+)"/g)];
  return links.map(([, address = '']) => address);
}

function codeBlocks(markdown: string, language: string): string[] {
  const blocks = [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return blocks.filter(([, name]) => name === language).map(([, , code = '']) => code);
}

for (const [name, markdown] of [
  ['README.md', english],
  ['README.zh-CN.md', chinese],
] as const) {
  test(`${name}: what its links and pictures name is there`, () => {
    const local = linksOf(markdown).filter((address) => !address.startsWith('https://'));
    assert.ok(local.length > 30, `only ${local.length} links were found`);
    const known = anchors(markdown).map((anchor) => `#${anchor}`);
    const broken = local.filter((address) =>
      address.startsWith('#') ? !known.includes(address) : !existsSync(path.join(project, address)),
    );
    assert.deepEqual(broken, []);
  });
}

test('the code is the same in both languages, up to its comments', () => {
  const withoutComments = (code: string) => code.replace(/ *(#|\/\/) .*$/gm, '');
  for (const language of ['js', 'sh']) {
    const [ours, theirs] = [english, chinese].map((markdown) =>
      codeBlocks(markdown, language).map(withoutComments),
    );
    assert.ok(ours && ours.length > 0);
    assert.deepEqual(theirs, ours);
  }
});

test('the tables hold the same figures in both languages', () => {
  const [ours, theirs] = [english, chinese].map((markdown) =>
    [...prose(markdown).matchAll(/^\|.*$/gm)].map(([row]) =>
      (row.match(/\d[\d,.]*\d|\d/g) ?? []).sort().join(' '),
    ),
  );
  assert.ok(ours && ours.length > 50, 'the tables were not found');
  assert.deepEqual(theirs, ours);
});

test('the example runs as it stands', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
  after(() => rmSync(folder, { recursive: true }));
  for (const part of ['lib', 'build']) {
    symlinkSync(path.join(project, part), path.join(folder, part), 'junction');
  }
  const [example = ''] = codeBlocks(english, 'js');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', example], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const accuracy = Number(/acc: (0\.\d+) \}/.exec(stdout)?.[1]);
  assert.ok(accuracy > 0.95, stdout);
  assert.ok(existsSync(path.join(folder, 'loss.png')));
  assert.ok(existsSync(path.join(folder, 'mlp.h5')));
});
