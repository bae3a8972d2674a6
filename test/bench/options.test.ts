import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '../../scripts/bench/options';
import { UsageError } from '../../scripts/commandLine';

test('without options everything but PyTorch is measured', () => {
  assert.deepEqual(parseOptions([]), {
    models: ['mlp', 'lenet5', 'lenet', 'cnn', 'from-scratch', 'resnet'],
    sides: ['keras-tensorflow', 'tensorflow', 'keras-jax', 'eager', 'compiled'],
    rounds: 2,
    steps: 300,
    output: 'results/benchmark',
  });
});

test('models and sides can be chosen, and keep their order', () => {
  const options = parseOptions([
    ...['--models', 'cnn, mlp', '--sides', 'compiled,keras-tensorflow'],
    ...['--rounds', '5', '--steps', '1875', '--output', 'results/short'],
  ]);
  assert.deepEqual(options, {
    models: ['mlp', 'cnn'],
    sides: ['keras-tensorflow', 'compiled'],
    rounds: 5,
    steps: 1875,
    output: 'results/short',
  });
});

test('PyTorch is measured if asked for, by either option', () => {
  assert.deepEqual(parseOptions(['--torch', '--sides', 'compiled'])?.sides, [
    'pytorch',
    'compiled',
  ]);
  assert.deepEqual(parseOptions(['--sides', 'pytorch'])?.sides, ['pytorch']);
  assert.equal(parseOptions(['--torch'])?.sides.length, 6);
});

test('whole trainings run once, and have a file of their own', () => {
  const { rounds, output, whole, epochs } = parseOptions(['--whole']) ?? {};
  assert.deepEqual([rounds, output, whole, epochs], [1, 'results/whole-training', true, undefined]);
  assert.equal(parseOptions(['--whole', '--epochs', '2'])?.epochs, 2);
  assert.throws(() => parseOptions(['--epochs', '2']), UsageError);
});

test('--help asks for nothing to be measured', () => {
  assert.equal(parseOptions(['--help', '--rounds', '2']), undefined);
});

test('what the command line does not take is named', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  refused(['--models', 'mlp,vgg'], /--models: unknown value "vgg".*lenet5/);
  refused(['--sides', ''], /--sides: unknown value "".*keras-jax/);
  refused(['--rounds', '0'], /--rounds takes a whole number from 1 up, not "0"/);
  refused(['--steps', '1876'], /--steps takes a whole number from 1 to 1875, not "1876"/);
  assert.throws(() => parseOptions(['--round', '2']), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
});

test('other batches and busy neighbours have files of their own, and as many pictures', () => {
  const { steps, output, batch, busy } = parseOptions(['--batch', '128', '--busy', '2']) ?? {};
  assert.deepEqual(
    [steps, output, batch, busy],
    [75, 'results/benchmark-busy-2-batch-128', 128, 2],
  );
  assert.equal(parseOptions(['--avx2'])?.output, 'results/benchmark-avx2');
  assert.throws(() => parseOptions(['--batch', '1000', '--steps', '61']), UsageError);
  assert.equal(parseOptions(['--page'])?.page, true);
});
