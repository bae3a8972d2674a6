// The README and the pages in docs/, in both languages: links lead somewhere, figures are the same.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { codeBlocks, prose } from './markdown';

const project = path.resolve(__dirname, '../../..');
const english = [
  'README.md',
  ...readdirSync(path.join(project, 'docs'))
    .filter((name) => name.endsWith('.md') && !name.endsWith('.zh-CN.md'))
    .map((name) => `docs/${name}`),
];
const chineseOf = (file: string) => file.replace(/\.md$/, '.zh-CN.md');
const inEnglishOnly = ['CONTRIBUTING.md', 'CHANGELOG.md', 'data/README.md'];

function read(file: string): string {
  return readFileSync(path.join(project, file), 'utf8');
}

/** GitHub's anchors of a page's headings. */
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

function leadsSomewhere(file: string, address: string): boolean {
  const [target = '', anchor] = address.split('#');
  const page = target === '' ? file : path.join(path.dirname(file), target);
  if (!existsSync(path.join(project, page))) {
    return false;
  }
  return anchor === undefined || anchors(read(page)).includes(anchor);
}

for (const file of [...english, ...english.map(chineseOf), ...inEnglishOnly]) {
  test(`${file}: what its links and pictures name is there`, () => {
    const local = linksOf(read(file)).filter((address) => !/^https?:/.test(address));
    assert.ok(local.length > 0 || inEnglishOnly.includes(file), 'no links were found');
    assert.deepEqual(
      local.filter((address) => !leadsSomewhere(file, address)),
      [],
    );
  });
}

for (const file of english) {
  test(`${file}: the code is the same in both languages, up to its comments`, () => {
    const withoutComments = (code: string) => code.replace(/ *(#|\/\/) .*$/gm, '');
    for (const language of ['js', 'sh']) {
      const [ours, theirs] = [file, chineseOf(file)].map((one) =>
        codeBlocks(read(one), language).map(withoutComments),
      );
      assert.deepEqual(theirs, ours);
    }
  });

  test(`${file}: the tables hold the same figures in both languages`, () => {
    const [ours, theirs] = [file, chineseOf(file)].map((one) =>
      [...prose(read(one)).matchAll(/^\|.*$/gm)].map(([row]) =>
        (row.match(/\d[\d,.]*\d|\d/g) ?? []).sort().join(' '),
      ),
    );
    assert.deepEqual(theirs, ours);
  });
}

test('the pages are found', () => {
  assert.ok(english.length >= 6, english.join());
  assert.ok(codeBlocks(read('README.md'), 'sh').length >= 2);
});
