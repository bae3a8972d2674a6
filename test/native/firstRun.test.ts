/** What TensorFlow does once in a process is not waited for, or not done. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type } from '../../lib/native/attributes';
import { DT_FLOAT, nativeBackend } from '../../lib/native/backend';
import { type GraphValue, graphValue, placeholder } from '../../lib/native/graphNode';
import { writeSavedModel } from '../../lib/native/savedModel';
import { Session } from '../../lib/native/session';

const { binding } = nativeBackend();
const tensorflow = JSON.stringify(join(__dirname, '../../lib/tensorflow'));

function run(program: string) {
  return spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', ONEDNN_VERBOSE: '1' },
  });
}

/** Some kinds of operations that take one tensor of any shape. */
const kinds =
  `Neg Abs Square Sqrt Exp Log Sin Cos Tan Tanh Sigmoid Relu Relu6 Elu Selu Softplus Softsign Floor Ceil
  Rint Round Sign Reciprocal Rsqrt Log1p Expm1 Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Erfc
  Lgamma Digamma`.split(/\s+/);

describe('the first run', () => {
  let skip: string | false;

  before(async () => {
    const { isCompiledHere } = await import('../../scripts/setup/tensorflow/addon.mjs');
    skip =
      (process.platform !== 'linux' || !isCompiledHere()) &&
      "tfjs-node's own prebuilt addon, or a TensorFlow without oneDNN";
  });

  it('finds the code for matrix products made by another thread', (t) => {
    if (skip) {
      return t.skip(skip);
    }
    const { status, stdout, stderr } = run(`require(${tensorflow});`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /exec.*16x16:16x16/);
  });

  it('may be that other thread’s while the process ends', () => {
    for (const end of ['process.exit(3)', 'process.exitCode = 3']) {
      const { status, signal, stderr } = run(
        `require('@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node'); ${end}`,
      );
      assert.deepEqual({ status, signal }, { status: 3, signal: null }, stderr);
    }
  });

  it('does not look through all kernels for each kind of operation', (t) => {
    if (skip) {
      return t.skip(skip);
    }
    const ofOneKind = () => timeOfFirstRun(kinds.map(() => 'Neg'));
    const [, known] = [ofOneKind(), ofOneKind()];
    const unknown = timeOfFirstRun(kinds);
    assert.ok(unknown < 5 * known, `${unknown} and ${known} ms`);
  });
});

/** Milliseconds of the processor's time for such operations, one after the other. */
function timeOfFirstRun(operations: string[]): number {
  const input = placeholder('input', DT_FLOAT, [1]);
  let value: GraphValue = input;
  for (const operation of operations) {
    value = graphValue(operation, [value], { T: type(DT_FLOAT) }, [
      { shape: [1], dtype: DT_FLOAT },
    ]);
  }
  const { bytes, nameOf } = writeSavedModel([value.node]);
  const session = new Session(bytes);
  const id = binding.createTensor([1], DT_FLOAT, Float32Array.of(1));
  const earlier = process.cpuUsage();
  session.runOnly('input:0', [id], `${nameOf.get(value.node)}:0`);
  const { user, system } = process.cpuUsage(earlier);
  binding.deleteTensor(id);
  session.dispose();
  return (user + system) / 1000;
}
