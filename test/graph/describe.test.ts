/** A step's graph as text and as a drawing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { graph, models } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const w = tf.variable(tf.ones([3, 2]), true, 'w');
const optimizer = tf.train.sgd(0.1);
const x = tf.ones([16, 3]) as tf.Tensor2D;
const train = (images: tf.Tensor2D) =>
  optimizer.minimize(() => tf.sum(tf.relu(tf.matMul(images, w as tf.Tensor2D))), true, [w]);
after(() => tf.dispose([w, x]));

describe('graph.describe', () => {
  it('has a line for each operation: name, inputs, type, phase, line of the function', () => {
    const lines = graph.describe(train, x).split('\n');
    assert.equal(lines[0], 'in input0: float32[16,3]');
    const product = lines.find((line) => line.includes('MatMulV2(')) ?? '';
    const parts =
      /^%\d+ = BatchMatMulV2\(input0, %\d+\) +float32\[16,2\] +forward +describe\.test\.js:\d+$/;
    assert.match(product, parts);
    const gradient = lines.find((line) => line.includes('ReluGrad(')) ?? '';
    assert.match(gradient, /float32\[16,2\] +backward +describe\.test\.js:\d+$/);
    assert.ok(lines.some((line) => /GradientDescent\("w", .* update /.test(line)));
    assert.match(lines.at(-2) ?? '', /^update %\d+$/);
    assert.match(lines.at(-1) ?? '', /^out %\d+$/);
  });

  it('shows a compiled step, after any pass, and changes nothing', () => {
    const compiled = graph.compile(train);
    const before = { values: [...w.dataSync()], tensors: tf.memory().numTensors };
    assert.equal(graph.describe(compiled, x), graph.describe(train, x));
    const simplified = graph.describe(compiled, x, { after: 'simplify' });
    assert.ok(simplified.includes('= MatMul(') && !simplified.includes('BatchMatMul'));
    const scheduled = graph.describe(compiled, x, { after: 'schedule' });
    assert.match(scheduled, /GradientDescent\("w", .*\) after /);
    assert.deepEqual({ values: [...w.dataSync()], tensors: tf.memory().numTensors }, before);
    compiled.dispose();
  });

  it('names the layers, also of gradients', () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [3], units: 2, activation: 'tanh', name: 'hidden' })],
    });
    const text = graph.describe(
      (y: tf.Tensor2D) =>
        optimizer.minimize(() => tf.sum(model.apply(y, { training: true }) as tf.Tensor), true),
      x,
    );
    assert.match(text, /= Tanh\(.*forward +layer "hidden" \(Dense\)/);
    assert.match(text, /= TanhGrad\(.*backward +layer "hidden" \(Dense\)/);
    model.dispose();
  });

  it('refuses what cannot be captured, as compiling does', () => {
    assert.throws(() => graph.describe((y: tf.Tensor) => y.mul(y.dataSync()[0] as number), x), {
      name: 'NotCompilableError',
    });
  });
});

it('SHOW_GRAPH_STAGES prints every stage to stderr', () => {
  const library = path.join(__dirname, '../../lib');
  const program = `
    const { graph } = require(${JSON.stringify(library)});
    const tf = require(${JSON.stringify(path.join(library, 'tensorflow'))});
    graph.compile((x) => tf.relu(x))(tf.ones([2, 2]));
  `;
  const env = { ...process.env, SHOW_GRAPH_STAGES: '1' };
  const { stderr, status } = spawnSync(process.execPath, ['-e', program], {
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const stages = [...stderr.matchAll(/^== (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(stages, [
    'capture',
    ...[
      'simplify',
      'deduplicate',
      'foldNormalization',
      'shardVariables',
      'shardBatch',
      'joinSteps',
      'transposeOnce',
      'joinParts',
      'narrowNormalization',
      'crop',
      'pool',
    ],
    ...[
      'multiplyImages',
      'skipZeros',
      'fuse',
      'withoutOneDnn',
      'fuseElementwise',
      'separateBiasGradients',
      'schedule',
    ],
  ]);
  assert.equal(stderr.match(/= Relu\(input0\)/g)?.length, stages.length);
});

describe('graph.draw', () => {
  it('draws a training step of LeNet-5: layers as boxes, three colours, shapes', async () => {
    const model = models.lenet5({ seed: 1 });
    const images = tf.zeros([32, 28, 28, 1]);
    const labels = tf.zeros([32, 10]);
    const adam = tf.train.adam(0.001);
    const svg = await graph.draw(
      (pictures: tf.Tensor, targets: tf.Tensor) =>
        adam.minimize(() =>
          tf.losses.softmaxCrossEntropy(targets, model.apply(pictures) as tf.Tensor),
        ) as tf.Scalar,
      images,
      labels,
    );
    assert.match(svg, /^<\?xml[\s\S]*<svg [\s\S]*<\/svg>\s*$/);
    for (const layer of model.layers.filter((one) => one.countParams() > 0)) {
      assert.ok(svg.includes(`layer &quot;${layer.name}&quot;`), layer.name);
    }
    for (const color of ['#ddf4ff', '#fff1e5', '#dafbe1']) {
      assert.ok(svg.includes(color), color);
    }
    assert.ok(svg.includes('32×28×28×6') && svg.includes('ResourceApplyAdam'));
    model.dispose();
    adam.dispose();
    tf.dispose([images, labels]);
  });
});
