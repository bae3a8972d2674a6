/** The sessions of a process share TensorFlow's threads, whichever of them comes first. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

const lib = join(__dirname, '../../lib');

/**
 * How much time each thread of a process spends in a piece of work, in hundredths of a second.
 *
 * @param before what the process does before.
 * @param work JavaScript that does it so many times: `work(times)`.
 */
function timesOfThreads(before: string, work: string): number[] {
  const program = `
    const { readFileSync, readdirSync } = require('node:fs');
    const { graph, training } = require(${JSON.stringify(join(lib, 'index'))});
    const tf = require(${JSON.stringify(join(lib, 'tensorflow'))});
    function times() {
      return new Map(readdirSync('/proc/self/task').map((thread) => {
        const fields = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1];
        return [thread, Number(fields.split(' ')[11])];
      }));
    }
    async function main() {
      ${before}
      ${work}
      await work(1);
      const earlier = times();
      await work(20);
      const spent = [...times()].map(([thread, time]) => time - (earlier.get(thread) ?? 0));
      console.log(JSON.stringify(spent));
    }
    main();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const model = `
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 1000, inputShape: [1000], activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });`;
const train = `
  const [x, y] = [tf.ones([3200, 1000]), tf.ones([3200, 10])];
  const work = (epochs) =>
    training.fit(model, x, y, { batchSize: 64, verbose: 0, compiled: true, epochs });`;
const answer = `
  const inputShape = [64, 64, 64];
  const large = tf.sequential({
    layers: [tf.layers.conv2d({ filters: 128, kernelSize: 5, inputShape })],
  });
  const read = training.predictor(large);
  const x = tf.ones([4, ...inputShape]);
  const work = (times) => {
    for (let i = 0; i < times; i++) {
      tf.dispose(read(x));
    }
  };`;

const cases: Record<string, [before: string, work: string]> = {
  'a training after a predictor': [
    `${model} training.predictor(model)(new Float32Array(1000));`,
    train,
  ],
  'a training after a small graph': [
    `${model} await graph.compile((x) => tf.square(x))(tf.ones([3]));`,
    train,
  ],
  'an answer that is much work': ['', answer],
};

for (const [name, [before, work]] of Object.entries(cases)) {
  const skip = process.platform !== 'linux' || availableParallelism() < 2;
  it(`${name} uses several threads`, { skip }, () => {
    const [most = 0, second = 0] = timesOfThreads(before, work).sort((a, b) => b - a);
    // Other tests that run at the same time take their share of the cores.
    assert.ok(second > most / 10, `${second} and ${most} hundredths of a second`);
  });
}
