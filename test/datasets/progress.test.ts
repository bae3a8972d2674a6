import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { afterEach, describe, it } from 'node:test';
import { ProgressLine } from '../../lib/datasets/progress';

const hostKey = Symbol.for('notebook.host');
const globals = globalThis as { [hostKey]?: unknown };

/** Stands in for a notebook, and returns the list of displayed outputs. */
function startNotebook(): { id: string | undefined; text: unknown }[] {
  const shown: { id: string | undefined; text: unknown }[] = [];
  globals[hostKey] = {
    display: (bundle: Record<string, unknown>, id?: string) =>
      shown.push({ id, text: bundle['text/plain'] }),
    signal: new AbortController().signal,
  };
  return shown;
}

function reportDownload(line: ProgressLine): void {
  for (let receivedBytes = 1; receivedBytes <= 5_000; receivedBytes++) {
    line.report({ message: 'images', receivedBytes: receivedBytes * 1000, totalBytes: 5_000_000 });
  }
}

describe('ProgressLine', () => {
  afterEach(() => {
    delete globals[hostKey];
  });

  it('is one output in a notebook, with few updates, the last of them complete', () => {
    const shown = startNotebook();
    const line = new ProgressLine();
    reportDownload(line);
    line.conclude('all here');
    line.end();
    assert.equal(new Set(shown.map(({ id }) => id)).size, 1);
    assert.ok(shown.length <= 5, `${shown.length} updates`);
    assert.equal(shown[0]?.text, 'images: 0.0 of 5.0 MB');
    assert.equal(shown.at(-2)?.text, 'images: 5.0 of 5.0 MB');
    assert.equal(shown.at(-1)?.text, 'all here');
  });

  it('shows nothing when nothing was reported', () => {
    const shown = startNotebook();
    const line = new ProgressLine();
    line.conclude('all here');
    line.end();
    assert.deepEqual(shown, []);
  });

  it('is one plain line for each message where the output is no terminal', () => {
    const script = `
      const { ProgressLine } = require(${JSON.stringify(require.resolve('../../lib/datasets/progress'))});
      const line = new ProgressLine();
      for (const receivedBytes of [0, 1e6, 2e6]) line.report({ message: 'images', receivedBytes });
      line.conclude('all here');
      line.end();`;
    const printed = execFileSync('sh', ['-c', '"$0" -e "$1" 2>&1', process.execPath, script], {
      encoding: 'utf8',
    });
    assert.equal(printed, 'images\nall here\n');
  });
});
