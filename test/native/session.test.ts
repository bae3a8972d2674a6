/** The sessions of a process share TensorFlow's threads, whichever of them comes first. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

const lib = join(__dirname, '../../lib');

/** How much time each thread of a process spends in a training, in hundredths of a second. */
function timesOfThreads(before: string): number[] {
  const program = `
    const { readFileSync, readdirSync } = require('node:fs');
    const { graph, training } = require(${JSON.stringify(join(lib, 'index'))});
    const tf = require(${JSON.stringify(join(lib, 'tensorflow'))});
    const layers = [
      tf.layers.dense({ units: 1000, inputShape: [1000], activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ];
    const model = tf.sequential({ layers });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    function times() {
      return new Map(readdirSync('/proc/self/task').map((thread) => {
        const fields = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1];
        return [thread, Number(fields.split(' ')[11])];
      }));
    }
    async function main() {
      ${before}
      const [x, y] = [tf.ones([3200, 1000]), tf.ones([3200, 10])];
      const options = { batchSize: 64, verbose: 0, compiled: true };
      await training.fit(model, x, y, options);
      const earlier = times();
      await training.fit(model, x, y, { ...options, epochs: 10 });
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

const cases = {
  'a predictor': 'training.predictor(model)(new Float32Array(1000));',
  'a small graph': 'await graph.compile((x) => tf.square(x))(tf.ones([3]));',
};

for (const [name, before] of Object.entries(cases)) {
  const skip = process.platform !== 'linux' || availableParallelism() < 2;
  it(`training uses several threads after ${name}`, { skip }, () => {
    const [most = 0, second = 0] = timesOfThreads(before).sort((one, other) => other - one);
    assert.ok(second > most / 4, `${second} and ${most} hundredths of a second`);
  });
}
