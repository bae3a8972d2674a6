// TensorFlow uses oneDNN on every processor, whichever module a program imports first, and no signal
// disturbs it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';

const library = JSON.stringify(path.resolve(__dirname, '../lib'));

const doors = {
  'tfjs-node, required': "require('@tensorflow/tfjs-node')",
  'tfjs-node, imported': "await import('@tensorflow/tfjs-node')",
  'the library': `require(${library} + '/index.js')`,
  'the library after tfjs-node': `require('@tensorflow/tfjs-node'), require(${library} + '/index.js')`,
};

/** TensorFlow's messages about oneDNN in a program that computes something. */
function oneDnnLine(open: string, setting: string | undefined): string {
  const program = `
    (async () => {
      ${open};
      require('@tensorflow/tfjs-node').matMul([[1]], [[2]]).dataSync();
    })();
  `;
  const { TF_ENABLE_ONEDNN_OPTS: _, ...environment } = process.env;
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: {
      ...environment,
      TF_CPP_MIN_LOG_LEVEL: '0',
      ...(setting !== undefined && { TF_ENABLE_ONEDNN_OPTS: setting }),
    },
  });
  assert.equal(status, 0, stderr);
  return /oneDNN custom operations are \w+/.exec(stderr)?.[0] ?? '';
}

// TensorFlow for macOS is built without oneDNN.
const onLinux = { skip: process.platform !== 'linux' };

describe('oneDNN', onLinux, () => {
  for (const [door, open] of Object.entries(doors)) {
    it(`is on through ${door}`, () => {
      assert.equal(oneDnnLine(open, undefined), 'oneDNN custom operations are on');
    });
    it(`is off through ${door} where the user says so`, () => {
      assert.equal(oneDnnLine(open, '0'), '');
    });
  }

  it('is asked for by the library before it loads a tfjs-node without our patch', () => {
    const program = `
      const file = require.resolve('@tensorflow/tfjs-node');
      require.extensions['.js'] = ((load) => (module, name) => {
        if (name !== file) return load(module, name);
        console.log(process.env.TF_ENABLE_ONEDNN_OPTS);
        process.exit();
      })(require.extensions['.js']);
      require(${library} + '/index.js');
    `;
    for (const [setting, expected] of [
      [undefined, '1'],
      ['0', '0'],
    ]) {
      const { TF_ENABLE_ONEDNN_OPTS: _, ...environment } = process.env;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
        encoding: 'utf8',
        env: { ...environment, ...(setting && { TF_ENABLE_ONEDNN_OPTS: setting }) },
      });
      assert.equal(stdout, `${expected}\n`, stderr);
    }
  });
});

/** A convolution of one picture whose matrix product moves the stack pointer. */
const convolution = `
  const tf = require('@tensorflow/tfjs-node');
  const filter = tf.variable(tf.ones([3, 3, 32, 64]));
  const picture = tf.ones([1, 13, 13, 32]);
  const convolve = (images) => tf.conv2d(images, filter, 1, 'valid');
`;

const convolutions = {
  'of a graph': `
    const { graph } = require(${library} + '/index.js');
    ${convolution}
    const compiled = graph.compile(convolve, { onCallingThread: true });
    for (let call = 0; call < 300; call++) compiled(picture).dispose();
  `,
  'by itself': `
    ${convolution}
    for (let call = 0; call < 600; call++) convolve(picture).dispose();
  `,
};

describe('a signal, as a profiler sends them', onLinux, () => {
  for (const [which, program] of Object.entries(convolutions)) {
    it(`does not write into the memory of a convolution ${which}`, () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'profile-'));
      const { status, signal, stderr } = spawnSync(
        process.execPath,
        ['--cpu-prof', '--cpu-prof-interval', '100', '--cpu-prof-dir', folder, '-e', program],
        {
          encoding: 'utf8',
          env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: which === 'by itself' ? '0' : '1' },
        },
      );
      rmSync(folder, { recursive: true });
      assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
    });
  }
});
