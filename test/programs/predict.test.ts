import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import { images, models, saving, training } from '../../lib/index';
import { run, temporaryFolder } from './run';

const digits = path.resolve(__dirname, '../../../data/digits');
const four = path.join(digits, 'dark-on-light-28x28/4.png');
const seven = path.join(digits, 'photo/7.jpg');

const folder = temporaryFolder();
const model = models.cnn({ seed: 1 });
before(() => saving.saveWeights(model, path.join(folder, 'ckpt/cp-0001.ckpt')));

/** The saved network's answer, computed here. */
async function expectedProbabilities(picture: string): Promise<number[]> {
  const input = await images.readDigit(picture);
  const output = await training.predict(model, input);
  return Array.from(await output.data());
}

test('predict answers for each picture with the saved network', async () => {
  const { status, stdout, stderr } = run('predict', folder, four, seven);
  assert.equal(status, 0, stderr);
  const lines = stdout.split('\n');
  for (const [i, picture] of [four, seven].entries()) {
    const probabilities = await expectedProbabilities(picture);
    const highest = Math.max(...probabilities);
    const digit = probabilities.indexOf(highest);
    assert.equal(lines[2 * i], picture);
    const answer = `        -> Predict digit ${digit} (${(100 * highest).toFixed(1)} %)`;
    assert.equal(lines[2 * i + 1], answer);
  }
});

test('predict --json answers for the good pictures and names the bad ones', async () => {
  const readme = path.join(digits, 'README.md');
  const { status, stdout, stderr } = run('predict', folder, '--json', 'no.png', four, readme);
  assert.equal(status, 1);
  const [missing, answer, text] = JSON.parse(stdout);
  assert.deepEqual(missing, { picture: 'no.png', error: 'there is no picture at no.png' });
  assert.match(text.error, /README\.md is not a picture that can be read/);
  assert.equal(stderr, `predict: ${missing.error}\npredict: ${text.error}\n`);

  const probabilities = await expectedProbabilities(four);
  assert.equal(answer.picture, four);
  assert.equal(answer.digit, probabilities.indexOf(Math.max(...probabilities)));
  assert.equal(answer.probabilities.length, 10);
  for (const [i, probability] of probabilities.entries()) {
    assert.ok(Math.abs(answer.probabilities[i] - probability) < 1e-6);
  }
  assert.equal(answer.probability, answer.probabilities[answer.digit]);
});

test('predict without a trained network says how to get one', () => {
  const { status, stdout, stderr } = run('predict', folder, '--checkpoints', 'nowhere', four);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^predict: there is no trained network in the folder nowhere\./);
  assert.match(stderr, /npm run train.*notebook 04 saves to notebooks\/ckpt/);
});

test('predict refuses a wrong command line', () => {
  for (const [options, message] of [
    [[], 'no picture given.'],
    [['--jsn', four], "Unknown option '--jsn'"],
  ] as const) {
    const { status, stderr } = run('predict', folder, ...options);
    assert.equal(status, 2, stderr);
    assert.ok(stderr.startsWith(`predict: ${message}`), stderr);
    assert.ok(stderr.endsWith('See: npm run predict -- --help\n'), stderr);
  }
});
