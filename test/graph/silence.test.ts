/** Graphs of recurrent layers are built without TensorFlow's error lines on stderr. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';

const lib = join(__dirname, '../../lib');

const cases = [
  { layer: 'gru', shape: '[6, 3]', activation: 'tanh', between: '' },
  { layer: 'lstm', shape: '[6, 3]', activation: 'tanh', between: '' },
  { layer: 'simpleRNN', shape: '[6, 3]', activation: 'relu', between: '' },
  {
    layer: 'convLstm2d',
    shape: '[6, 5, 5, 1]',
    activation: 'tanh',
    between: 'tf.layers.flatten(), ',
  },
];

it('GRU, LSTM, SimpleRNN, ConvLSTM2D', () => {
  const trainings = cases.map(
    ({ layer, shape, activation, between }) => `
      {
        const options = { inputShape: ${shape}, units: 4, filters: 2, kernelSize: 3, activation: '${activation}' };
        const model = tf.sequential({
          layers: [tf.layers.${layer}(options), ${between}tf.layers.dense({ units: 1 })],
        });
        model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        const [x, y] = [tf.ones([32, ...${shape}]), tf.ones([32, 1])];
        await training.fit(model, x, y, { verbose: 0, compiled: true });
        console.log('${layer}');
      }`,
  );
  const program = `
      const { training } = require(${JSON.stringify(join(lib, 'index'))});
      const tf = require(${JSON.stringify(join(lib, 'tensorflow'))});
      async function main() {${trainings.join('')}
      }
      main();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '', `after ${stdout || 'nothing'}`);
  assert.equal(status, 0);
  assert.equal(stdout, 'gru\nlstm\nsimpleRNN\nconvLstm2d\n');
});
