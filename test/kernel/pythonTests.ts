import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const project = path.resolve(__dirname, '../../..');
const python = path.join(
  project,
  '.venv',
  process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
);

/** Runs one of the Python test files; its own report is the message when it fails. */
export async function runPythonTests(file: string): Promise<void> {
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
