import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { display } from '../../lib/index';
import { leaveNotebook, pretendNotebook } from './pretendNotebook';

afterEach(() => {
  leaveNotebook();
  mock.restoreAll();
});

test('a terminal gets aligned text, numbers to the right', () => {
  const log = mock.method(console, 'log', () => {});
  display.table(
    ['layer', 'parameters'],
    [
      ['dense', 785000],
      ['dense_1', 10010],
    ],
  );
  assert.equal(
    log.mock.calls[0]?.arguments[0],
    [
      'layer    parameters',
      '───────────────────',
      'dense        785000',
      'dense_1       10010',
    ].join('\n'),
  );
});

test('a notebook gets HTML, with markup in cells shown as text', () => {
  const { bundles } = pretendNotebook();
  display.table(['name'], [['<b> & co']]);
  assert.match(String(bundles[0]?.['text/html']), /<td [^>]*>&lt;b&gt; &amp; co<\/td>/);
  assert.match(String(bundles[0]?.['text/plain']), /<b> & co/);
});

test('numbers and their titles stand to the right, with and without styles', () => {
  const { bundles } = pretendNotebook();
  display.table(['layer', 'parameters'], [['dense', 785000]]);
  const html = String(bundles[0]?.['text/html']);
  for (const [tag, side, text] of [
    ['th', 'left', 'layer'],
    ['th', 'right', 'parameters'],
    ['td', 'left', 'dense'],
    ['td', 'right', '785000'],
  ]) {
    assert(html.includes(`<${tag} align="${side}" style="text-align: ${side}">${text}</${tag}>`));
  }
});

test('a row that does not fit the header is an error that names it', () => {
  assert.throws(
    () => display.table(['a', 'b'], [['1', '2'], ['3']]),
    /Row 1 has 1 cells.*2 columns/,
  );
});

test('an output can be replaced in place, and two outputs are two', () => {
  const { ids } = pretendNotebook();
  const first = display.show({ 'text/plain': 'one' });
  display.show({ 'text/plain': 'two' });
  first?.update({ 'text/plain': 'one again' });
  assert.equal(ids[0], ids[2]);
  assert.notEqual(ids[0], ids[1]);
});

test('outside a notebook nothing is shown', () => {
  assert.equal(display.show({ 'text/plain': 'x' }), undefined);
});
