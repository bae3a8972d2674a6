// The addon that the set-up compiles. The project's patch gives its `loadSavedModel` a third
// argument, the configuration of the session that is to run the graph.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type } from '../../lib/native/attributes';
import { DT_FLOAT, type NativeBinding, nativeBackend } from '../../lib/native/backend';
import { graphValue, placeholder } from '../../lib/native/graphNode';
import { GRAPH_TAG, writeSavedModel } from '../../lib/native/savedModel';
import * as tf from '../../lib/tensorflow';

const binding = nativeBackend().binding as NativeBinding & {
  readonly TF_Version: string;
  loadSavedModel(folder: string, tags: string, configuration: unknown): number;
};

const folder = mkdtempSync(path.join(tmpdir(), 'configured-session-'));
after(() => rmSync(folder, { recursive: true }));

const x = placeholder('x', DT_FLOAT, [3]);
const square = graphValue('Square', [x], { T: type(DT_FLOAT) });
const graph = writeSavedModel([square.node]);
writeFileSync(path.join(folder, 'saved_model.pb'), graph.bytes);

/** The squares that the loaded graph computes. */
function squares(session: number): number[] {
  const numbers = binding.createTensor([3], DT_FLOAT, Float32Array.of(1, 2, 3));
  const output = `${graph.nameOf.get(square.node)}:0`;
  const result = binding.runSavedModel(session, [numbers], 'x', output)[0];
  assert.ok(result);
  const values = Array.from(binding.tensorDataSync(result.id));
  binding.deleteTensor(result.id);
  binding.deleteTensor(numbers);
  binding.deleteSavedModel(session);
  return values;
}

describe("a session's configuration", () => {
  // One field of a ConfigProto: intra_op_parallelism_threads (2) is 1.
  const oneThread = Uint8Array.of((2 << 3) | 0, 1);
  let prebuilt: string | false;

  before(async () => {
    const { wheels } = await import('../../scripts/setup/tensorflow/places.mjs');
    const wheel = wheels[`${process.platform}-${process.arch}`];
    prebuilt =
      !wheel?.requirement.endsWith(`==${binding.TF_Version}`) &&
      `tfjs-node's own prebuilt TensorFlow ${binding.TF_Version} takes no configuration`;
  });

  it('may be left out', () => {
    assert.deepEqual(squares(binding.loadSavedModel(folder, GRAPH_TAG)), [1, 4, 9]);
    assert.deepEqual(squares(binding.loadSavedModel(folder, GRAPH_TAG, undefined)), [1, 4, 9]);
  });

  it('does no harm where it is ignored, and is taken where the addon is compiled here', () => {
    for (const configuration of [oneThread, new Uint8Array(0), Buffer.from(oneThread)]) {
      const session = binding.loadSavedModel(folder, GRAPH_TAG, configuration);
      assert.deepEqual(squares(session), [1, 4, 9]);
    }
  });

  it('can say how many threads the session has, as these are its own', (t) => {
    if (prebuilt) {
      return t.skip(prebuilt);
    }
    // The addon has set this, whatever the order in which packages are loaded.
    assert.equal(process.env.TF_OVERRIDE_GLOBAL_THREADPOOL, '1');
  });

  it('is refused when TensorFlow cannot read it', (t) => {
    if (prebuilt) {
      return t.skip(prebuilt);
    }
    const sessions = tf.node.getNumOfSavedModels();
    // A text of fifty bytes is announced, but missing.
    const cutOff = Uint8Array.of((1 << 3) | 2, 50);
    assert.throws(() => binding.loadSavedModel(folder, GRAPH_TAG, cutOff), {
      message: 'Invalid session configuration: Unparseable ConfigProto',
    });
    assert.equal(tf.node.getNumOfSavedModels(), sessions);
  });

  it('is refused when it is anything but bytes', (t) => {
    if (prebuilt) {
      return t.skip(prebuilt);
    }
    for (const configuration of [null, '{}', [16, 1], new Float32Array(1), {}]) {
      assert.throws(() => binding.loadSavedModel(folder, GRAPH_TAG, configuration), {
        message: /^Invalid session configuration: pass a Uint8Array/,
      });
    }
  });
});
