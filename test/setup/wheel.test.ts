// TensorFlow's wheel: checked before it is unpacked, and no file is written outside its folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(path.join(tmpdir(), 'wheel-'));
after(() => rmSync(folder, { recursive: true }));

const python = path.resolve(
  process.platform === 'win32' ? '.venv/Scripts/python' : '.venv/bin/python',
);

/** Writes a wheel that holds these files, each with its own name in it. */
function wheel(name: string, files: string[]): string {
  const file = path.join(folder, `${name}.whl`);
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for name in sys.argv[2:]:
        archive.writestr(name, name)
`;
  execFileSync(python, ['-c', program, file, ...files]);
  return file;
}

const setUp = async () => ({
  ...(await import('../../scripts/setup/tensorflow/wheel.mjs')),
  ...(await import('../../scripts/setup/files.mjs')),
});

const library = 'tensorflow/libtensorflow_cc.so.2';

describe('the wheel', () => {
  it('gives its libraries and its C headers, and nothing else', async () => {
    const { fileChecksum, unpackWheel } = await setUp();
    const file = wheel('good', [
      library,
      'tensorflow/libtensorflow_framework.so.2',
      'tensorflow/libother.so',
      'tensorflow/python/__init__.py',
      'tensorflow/include/tensorflow/c/eager/c_api.h',
      'tensorflow/include/tsl/platform/status.h',
      'tensorflow/include/unwanted/x.h',
      'tensorflow_cpu_aws.libs/libgomp.so.1',
    ]);
    const target = path.join(folder, 'good');
    await unpackWheel(file, await fileChecksum(file), target);
    const files = readdirSync(target, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(target, path.join(entry.parentPath, entry.name)));
    assert.deepEqual(files.sort(), [
      'include/tensorflow/c/eager/c_api.h',
      'include/tsl/platform/status.h',
      'lib/libtensorflow_cc.so.2',
      'lib/libtensorflow_framework.so.2',
      'tensorflow_cpu_aws.libs/libgomp.so.1',
    ]);
    assert.equal(readFileSync(path.join(target, 'lib/libtensorflow_cc.so.2'), 'utf8'), library);
  });

  for (const name of [
    'tensorflow/include/tsl/../../../../../outside.h',
    'tensorflow/include/tsl/..\\..\\outside.h',
    '/tensorflow/include/tsl/outside.h',
    'C:/tensorflow/include/tsl/outside.h',
    '../outside.txt',
  ]) {
    it(`is refused as a whole with the name ${name}`, async () => {
      const { fileChecksum, unpackWheel } = await setUp();
      const file = wheel('slip', [library, name]);
      const target = path.join(folder, 'deep/down/below/slip');
      await assert.rejects(
        unpackWheel(file, await fileChecksum(file), target),
        ({ output }: { output: string }) => /the archive has the name .*outside/.test(output),
      );
      assert.equal(existsSync(target), false);
      const escaped = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(
        escaped.filter((entry) => entry.includes('outside')),
        [],
      );
    });
  }

  it('is not even opened when its checksum is wrong', async () => {
    const { unpackWheel } = await setUp();
    const target = path.join(folder, 'changed');
    const file = wheel('changed', [library]);
    await assert.rejects(unpackWheel(file, '0'.repeat(64), target), {
      name: 'SetUpError',
      message: /changed\.whl is not the expected file \(SHA-256 [0-9a-f]{64} instead of 0{64}\)/,
    });
    assert.equal(existsSync(target), false);
  });
});

describe('Python packages', () => {
  it('are listed with a checksum each, everywhere', () => {
    const lists = ['scripts', 'test'].flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: 'utf8' })
        .filter((name) => /requirements[\w-]*\.txt$/.test(name))
        .map((name) => path.join(room, name)),
    );
    assert.ok(lists.length >= 7, lists.join());
    for (const list of lists) {
      const requirements = readFileSync(list, 'utf8')
        .replace(/^\s*#.*$/gm, '')
        .split(/\n(?=\S)/)
        .filter((requirement) => requirement.trim() !== '');
      for (const requirement of requirements) {
        assert.match(requirement, /^[\w.[\]-]+==[^\s]+.*--hash=sha256:[0-9a-f]{64}/s, list);
      }
    }
  });

  it('are installed with their checksums only', () => {
    const sources = ['scripts', 'test'].flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs|py)$/.test(name) && !name.endsWith('wheel.test.ts'))
        .map((name) => path.join(room, name)),
    );
    for (const file of sources) {
      const text = readFileSync(file, 'utf8');
      const installs = /['"](install|download)['"]/.test(text) && /['"](pip|uv)['"]/.test(text);
      assert.ok(!installs || text.includes('--require-hashes'), file);
    }
  });
});
