// The package that `npm pack` makes, installed into another application's folder: its files, its
// types and all its parts, with tfjs-node as published and as patched by the project.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { codeBlocks } from '../documents/markdown';

const project = path.resolve(__dirname, '../../..');
const name = 'typescript-neural-network-notebooks';

const parent = mkdtempSync(path.join(tmpdir(), 'package-'));
const application = path.join(parent, 'application');
const tfjsNode = path.join(application, 'node_modules/@tensorflow/tfjs-node');
after(() => rmSync(parent, { recursive: true }));

const environment = {
  ...process.env,
  XDG_CACHE_HOME: path.join(parent, 'cache'),
  TF_CPP_MIN_LOG_LEVEL: '2',
  // Earlier downloads are reused.
  npm_config_cache: path.join(project, '.cache/npm'),
  npm_config_prefer_offline: 'true',
};

/** Runs a command in the application's folder, unless another is named. */
function run(command: string, options: string[], folder = application) {
  const { status, stdout, stderr } = spawnSync(command, options, {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${command} ${options.join(' ')}\n${stdout}\n${stderr}`);
  return { stdout, stderr };
}

const node = (...options: string[]) => run(process.execPath, options);

function compile(...options: string[]): string {
  const compiler = path.join(project, 'node_modules/typescript/bin/tsc');
  const settings = ['--strict', '--module', 'node16', '--target', 'es2022', '--types', 'node'];
  const { stdout, status } = spawnSync(
    process.execPath,
    [compiler, 'application.ts', ...settings, ...options],
    { cwd: application, encoding: 'utf8' },
  );
  assert.equal(status !== 0, stdout !== '');
  return stdout;
}

function runApplication(): string {
  rmSync(path.join(application, 'result.json'), { force: true });
  const { stderr } = node('application.js');
  const text = readFileSync(path.join(application, 'result.json'), 'utf8');
  const { difference, ...others } = JSON.parse(text);
  assert.ok(difference < 1e-6, `${difference}`);
  assert.deepEqual(others, {
    sum: 14,
    picture: [20, 30],
    pad: [200, 200],
    occlusion: [22, 22],
    cache: ['mnist'],
    hasFigure: true,
  });
  return stderr;
}

/** The README's example, importing the package instead of the folder. */
function runExample(): void {
  const [example = ''] = codeBlocks(readFileSync(path.join(project, 'README.md'), 'utf8'), 'js');
  const changed = example.replace("require('./lib')", `require('${name}')`);
  assert.notEqual(changed, example);
  writeFileSync(path.join(application, 'first.js'), changed);
  const { stdout } = node('first.js');
  assert.ok(Number(/acc: (0\.\d+) \}/.exec(stdout)?.[1]) > 0.95, stdout);
}

/** tfjs-node's original addon, compiled from the package's sources. */
async function compileAddonOfMakers(): Promise<void> {
  const { compileAddon, findCompiler } = await import('../../scripts/setup/tensorflow/addon.mjs');
  const addon = path.join(tfjsNode, 'lib/napi-v8/tfjs_binding.node');
  mkdirSync(path.dirname(addon), { recursive: true });
  const build = path.join(project, 'node_modules/@tensorflow/tfjs-node');
  await compileAddon(
    (await findCompiler()) as string,
    build,
    [path.join(tfjsNode, 'binding')],
    addon,
  );
  symlinkSync(path.join(build, 'deps'), path.join(tfjsNode, 'deps'), 'junction');
}

describe('the package in the folder of an application', () => {
  before(() => {
    run('npm', ['pack', '--silent', '--pack-destination', parent], project);
    mkdirSync(application);
    writeFileSync(path.join(application, 'package.json'), '{ "private": true }');
    run('npm', ['install', '--ignore-scripts', `../${name}-0.1.0.tgz`]);
    copyFileSync(
      path.join(project, 'test/package/application.ts'),
      path.join(application, 'application.ts'),
    );
  });

  it('holds the library and nothing else', () => {
    const { files } = JSON.parse(
      run('npm', ['pack', '--dry-run', '--json'], project).stdout,
    )[0] as { files: { path: string }[] };
    const folders = new Set(files.map((file) => file.path.split('/').slice(0, 2).join('/')));
    assert.deepEqual([...folders].filter((folder) => !folder.startsWith('docs/')).sort(), [
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'build/lib',
      'package.json',
    ]);
    const installed = path.join(application, 'node_modules', name);
    const { scripts } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8'));
    const automatic = ['preinstall', 'install', 'postinstall', 'prepare'];
    assert.deepEqual(
      Object.keys(scripts).filter((script) => automatic.includes(script)),
      [],
    );
  });

  it('brings one tfjs-node, and nothing that only this project needs', () => {
    const { packages } = JSON.parse(
      readFileSync(path.join(application, 'package-lock.json'), 'utf8'),
    ) as { packages: object };
    const named = (one: string) =>
      Object.keys(packages).filter((folder) => folder.endsWith(`node_modules/${one}`));
    assert.equal(named('@tensorflow/tfjs-node').length, 1);
    assert.equal(named('@tensorflow/tfjs-core').length, 1);
    assert.deepEqual(['tslab', 'typescript', 'esbuild', 'zeromq'].flatMap(named), []);
  });

  it('has types', () => {
    assert.equal(compile('--skipLibCheck'), '');
    // tfjs's own declarations have errors; those of the package have none.
    const errors = compile('--noEmit').match(/^\S+\(\d+,\d+\): error/gm) ?? [];
    assert.deepEqual(
      errors.filter((error) => !error.includes('node_modules/@tensorflow/')),
      [],
    );
    const source = readFileSync(path.join(application, 'application.ts'), 'utf8');
    writeFileSync(
      path.join(application, 'application.ts'),
      source.replace('verbose: 0', "verbose: 'no'"),
    );
    assert.match(compile('--skipLibCheck', '--noEmit'), /^application\.ts.*Type 'string'/);
    writeFileSync(path.join(application, 'application.ts'), source);
  });

  it('works with tfjs-node as its makers publish it', {
    skip: process.platform === 'win32',
  }, async () => {
    await compileAddonOfMakers();
    assert.match(runApplication(), /The figure is not shown: this nodeplotlib is not patched/);
    runExample();
    const modern = `
      const util = require('node:util');
      delete util.isNullOrUndefined; // as in Node.js 23 and later
      delete util.isArray;
      const { models } = require('${name}');
      const tf = require('@tensorflow/tfjs-node');
      tf.topk(models.mlp({ seed: 0 }).predict(tf.zeros([1, 28, 28])), 2);`;
    node('-e', modern);
    node('--input-type=module', '-e', `import { models } from '${name}'; models.mlp({ seed: 0 });`);
  });

  it('works with the patched packages, copied as the page says', {
    skip: process.platform === 'win32',
  }, () => {
    const page = readFileSync(path.join(project, 'docs/application.md'), 'utf8');
    const commands = (codeBlocks(page, 'sh').at(-1) ?? '')
      .replaceAll('../this-folder/node_modules', path.join(project, 'node_modules'))
      .replaceAll('../this-folder', '..');
    rmSync(tfjsNode, { recursive: true });
    run('sh', ['-ec', commands]);
    assert.ok(existsSync(path.join(tfjsNode, 'deps/lib')));
    assert.doesNotMatch(runApplication(), /not patched/);
  });
});
