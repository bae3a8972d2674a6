import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

for (const options of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
  test(`batch normalisation trains with ${JSON.stringify(options)}, compiled too`, async () => {
    const model = () =>
      tf.sequential({
        layers: [
          tf.layers.dense({
            units: 3,
            inputShape: [4],
            kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
          }),
          tf.layers.batchNormalization(options),
        ],
      });
    const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.ones([8, 3])];
    const models = [model(), model()] as const;
    for (const one of models) {
      one.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    }
    const { numTensors } = tf.memory();
    const eager: number[] = [];
    for (let step = 0; step < 3; step++) {
      eager.push((await models[0].trainOnBatch(x, y)) as number);
    }
    assert.equal(tf.memory().numTensors, numTensors);
    // Normalised, the mean square of the difference from 1 is 1 + 1 at the start.
    assert.ok(Math.abs((eager[0] as number) - 2) < 0.05, String(eager[0]));
    const runner = graph.compileModel(models[1], { immediately: true });
    const compiled = [1, 2, 3].map(() => runner.trainOnBatch([x], [y])[0] as number);
    for (const [i, loss] of compiled.entries()) {
      assert.ok(Math.abs(loss - (eager[i] as number)) < 1e-5, `${compiled} instead of ${eager}`);
    }
    tf.dispose([x, y]);
  });
}
