import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';

const project = path.resolve(__dirname, '../../..');
const python = path.join(
  project,
  '.venv',
  process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
);

/** Runs one of the Python test files; its own report is the message when it fails. */
async function runPythonTests(file: string): Promise<void> {
  const folder = fs.mkdtempSync(path.join(project, 'build/kernel-test-'));
  const tests = spawn(python, [path.join(project, 'test/kernel', file), '--verbose'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      JUPYTER_PATH: path.join(project, 'kernel'),
      JUPYTER_RUNTIME_DIR: folder,
      JUPYTER_CONFIG_DIR: folder,
      JUPYTER_DATA_DIR: folder,
      IPYTHONDIR: folder,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const [[exitCode], report] = await Promise.all([once(tests, 'exit'), text(tests.stderr)]);
  fs.rmSync(folder, { recursive: true });
  assert.equal(exitCode, 0, report);
}

describe('the kernel', { concurrency: 2 }, () => {
  it('passes the Jupyter conformance suite', () => runPythonTests('conformance.py'));
  it('runs whole notebooks', () => runPythonTests('notebooks.py'));
  it('runs, fails and interrupts single cells', () => runPythonTests('cells.py'));
  it('takes today’s TypeScript', () => runPythonTests('language.py'));
  it('is interrupted whatever it does', () => runPythonTests('interrupts.py'));
  it('answers what front ends ask', () => runPythonTests('frontends.py'));
  it('survives what strangers send', () => runPythonTests('security.py'));
  it('shows widgets', () => runPythonTests('widgets.py'));
});
