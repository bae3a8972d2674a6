/**
 * `npm run test:keras [-- LAYER,LAYER…]`: generated models of Keras 3 and Keras 2, around each
 * layer in many configurations or of several layers, are loaded here. Predictions and the losses of
 * three training steps are compared with Keras's, eager and compiled; files saved here are loaded in
 * Keras and compared too. The table goes to results/layers.md. A model is either right or refused by
 * name: anything else fails.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { innerModel } from '../../lib/training/compiledModel';
import { createRunner } from '../../lib/training/runner';
import { callsCustomCode } from '../../lib/training/runners/compileModel';
import { compareExamples } from '../examples/compare';
import { writeTable } from './table';

/** Keras's results for a model. */
interface Made {
  layer: string;
  options: string;
  shape: number[];
  /** The shape of a target. */
  target: number[];
  /** Whether training draws random numbers, which differ from Keras's. */
  random: boolean;
  predictions: number[];
  /** What the regularisers add to the loss. */
  penalty: number;
  losses: number[];
}

/** The problems of one configuration, by version of Keras; empty if there are none. */
export interface Outcome {
  layer: string;
  options: string;
  loads: string;
  saves: string;
  trains: string;
  compiles: string;
}

export const versions = ['3', '2'] as const;

const run = promisify(execFile);
const help = `Usage: npm run test:keras [-- [options] [LAYER,LAYER...]]

Makes models with Keras 3 and Keras 2, around each layer or around those named, and compares what
becomes of them here: loaded, trained, compiled, saved. Without names and options it writes the table
of results/layers.md. It makes a Python environment with TensorFlow first.

Options:
  --keras V     only Keras 3, or only Keras 2
  --sample      every twentieth model
  --random A-B  models of several of the layers, put together at random with the seeds from A to B
  --help        print this text

Exit status: 0, or 1 where a model is neither right nor refused by name.
`;
const { values, positionals } = parseArgs({
  options: {
    keras: { type: 'string' },
    sample: { type: 'boolean', default: false },
    random: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
/** Which models: `random:0-99`, `every:20`, names of layers, or all. */
const only = values.random
  ? `random:${values.random}`
  : values.sample
    ? 'every:20'
    : (positionals[0] ?? '');
const folder = path.resolve('.cache', only === '' ? 'test-layers' : 'test-layers-part');
const outcomesFile = (version: string) => path.join(folder, version, 'outcomes.json');

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const { pythonEnvironment } = await import('../../scripts/setup/pythonEnvironment.mjs');
  const python = await pythonEnvironment(
    'distributed',
    'scripts/keras/requirements-distributed.txt',
  );
  if (values.keras !== undefined) {
    await testVersion(python, values.keras);
    return;
  }
  // Both run at the same time.
  const statuses = await Promise.all(versions.map(testElsewhere));
  const isRight = statuses.every((status) => status === 0);
  if (only === '') {
    const outcomes = versions.map((version) => [version, readJson(outcomesFile(version))]);
    writeFileSync('results/layers.md', writeTable(Object.fromEntries(outcomes), compareExamples()));
    console.log('The table is in results/layers.md.');
  }
  console.log(isRight ? 'All is right, or refused by name.' : 'There are faults.');
  process.exitCode = isRight ? 0 : 1;
}

/** Runs one version of Keras in its own process; returns its exit status. */
async function testElsewhere(version: string): Promise<number> {
  const child = spawn(process.execPath, [...process.argv.slice(1), '--keras', version], {
    stdio: 'inherit',
  });
  const [status] = await once(child, 'exit');
  return status ?? 1;
}

async function testVersion(python: string, version: string): Promise<void> {
  const place = path.join(folder, version);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  await runKeras(python, 'make', version, place);
  const outcomes = await compareAll(python, version, place);
  writeFileSync(outcomesFile(version), JSON.stringify(outcomes));
  for (const { layer, options, ...results } of outcomes) {
    for (const [what, result] of Object.entries(results)) {
      if (result.startsWith('WRONG')) {
        process.exitCode = 1;
        console.error(`Keras ${version}, ${layer}(${options}) ${what}: ${result}`);
      }
    }
  }
  console.log(`Keras ${version}: ${outcomes.length} models compared.`);
}

async function runKeras(python: string, command: string, version: string, place: string) {
  const program = path.resolve('test/keras/keras_side.py');
  const { stdout } = await run(python, [program, command, version, place, only]);
  process.stdout.write(stdout);
}

async function compareAll(python: string, version: string, place: string): Promise<Outcome[]> {
  const made: Record<string, Made> = readJson(path.join(place, 'made.json'));
  const outcomes = new Map<string, Outcome>();
  // Names are numbers, which objects have in an order of their own.
  for (const [name, model] of Object.entries(made).sort(([a], [b]) => (a < b ? -1 : 1))) {
    outcomes.set(name, await compare(path.join(place, name), version, model));
  }
  await runKeras(python, 'check', version, place);
  const checked: Record<string, Record<string, number[] | string>> = readJson(
    path.join(place, 'checked.json'),
  );
  for (const [name, outcome] of outcomes) {
    const { predictions: inKeras = [], penalty = 0 } = made[name] ?? {};
    const expected = [...inKeras, penalty];
    for (const [format, predictions] of Object.entries(checked[name] ?? {})) {
      const isText = typeof predictions === 'string';
      outcome.saves ||= isText
        ? `WRONG: ${format}: ${predictions}`
        : difference(predictions, expected);
    }
  }
  return [...outcomes.values()];
}

function readJson<Contents>(file: string): Contents {
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function compare(file: string, version: string, made: Made): Promise<Outcome> {
  const { layer, options } = made;
  const outcome: Outcome = { layer, options, loads: '', saves: '', trains: '', compiles: '' };
  const source = `${file}.${version === '3' ? 'keras' : 'h5'}`;
  const tensors = tf.memory().numTensors;
  const { x, y } = samples(made);
  try {
    const model = await saving.loadModel(source);
    try {
      outcome.loads = difference(predictionsOf(model, x), made.predictions);
      outcome.saves = await attempt(() =>
        saveAndLoad(model, `${file}.ours.${version === '3' ? 'keras' : 'h5'}`, x, made.predictions),
      );
      if (!made.random) {
        outcome.trains = await attempt(async () => {
          const runner = createRunner(model, false);
          const losses = made.losses.map(() => runner.trainOnBatch([x], [y])[0] as number);
          return difference(losses, made.losses);
        });
      }
    } finally {
      model.dispose();
    }
    outcome.compiles = await attempt(() => compareCompiled(source, made, x, y));
  } catch (error) {
    outcome.loads = refusal(error);
  }
  tf.dispose([x, y]);
  const left = tf.memory().numTensors - tensors;
  outcome.loads ||= left === 0 ? '' : `WRONG: it leaves ${left} tensors behind`;
  return outcome;
}

async function saveAndLoad(model: tf.LayersModel, file: string, x: tf.Tensor, expected: number[]) {
  await saving.saveModel(model, file);
  const loaded = await saving.loadModel(file);
  try {
    return difference(predictionsOf(loaded, x), expected);
  } finally {
    loaded.dispose();
  }
}

function predictionsOf(model: tf.LayersModel, x: tf.Tensor): number[] {
  return tf.tidy(() => Array.from((model.predict(x) as tf.Tensor).dataSync()));
}

async function compareCompiled(source: string, made: Made, x: tf.Tensor, y: tf.Tensor) {
  const model = await saving.loadModel(source);
  try {
    if (callsCustomCode(innerModel(model))) {
      return 'WRONG: it is taken for code of the user, which is seldom worth a graph';
    }
    const runner = createRunner(model, true);
    const steps = made.random ? [1] : made.losses;
    const losses = steps.map(() => runner.trainOnBatch([x], [y])[0] as number);
    return made.random ? '' : difference(losses, made.losses);
  } finally {
    model.dispose();
  }
}

async function attempt(compute: () => Promise<string>): Promise<string> {
  try {
    return await compute();
  } catch (error) {
    return refusal(error);
  }
}

/** A clear sentence is a refusal; an internal error is a fault. */
function refusal(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/^.*loaded: /, '');
  const isClear = /not supported|cannot be (loaded|saved|compiled)|cannot be run as a graph/.test(
    text,
  );
  return isClear ? text : `WRONG: ${text}`;
}

function difference(actual: number[], expected: number[]): string {
  const tolerance = 2e-4;
  const differs = (value: number, i: number) =>
    !(Math.abs(value - (expected[i] ?? Number.NaN)) <= tolerance * (1 + Math.abs(value)));
  return actual.length !== expected.length || actual.some(differs)
    ? `WRONG: ${actual.slice(0, 4)} instead of ${expected.slice(0, 4)}`
    : '';
}

/** The inputs and targets of keras_side.py. */
function samples({ layer, shape, target }: Made): { x: tf.Tensor; y: tf.Tensor } {
  const eight = (of: number[], value: (i: number) => number) => {
    const size = tf.util.sizeFromShape([8, ...of]);
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => value(i)),
      [8, ...of],
    );
  };
  const word = (i: number) => (i * 7) % 6;
  return { x: eight(shape, layer === 'Embedding' ? word : Math.sin), y: eight(target, Math.cos) };
}

void main();
