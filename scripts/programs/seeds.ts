/** `npm run seeds -- lenet`: the scores of a notebook's network with several seeds. */
import '../compileCache';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '../../lib/tensorflow';
import { runProgram, UsageError } from '../commandLine';
import { type TrainedNetwork, trainings } from '../trainings';
import { trainWithSeed, usualSeeds } from './seeds/experiments';
import { type Run, readEntries, store } from './seeds/results';

const names = Object.keys(trainings).join(', ');

const help = `Usage: npm run seeds -- [options] NETWORK

Trains a notebook's network once with each of several seeds and adds what it scores on the test set
to results/seeds.json. NETWORK is one of: ${names}.

Options:
  --seeds A,B     the seeds; default 0,1,2, for lenet 0,1,2,3,4
  --results FILE  where the scores are written; default results/seeds.json
  --help          print this text

Exit status: 0, or 1 if a training failed, or 2 if the command line is wrong. What was trained
before that has been written.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string' },
      results: { type: 'string', default: 'results/seeds.json' },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const name = chooseNetwork(positionals);
  const seeds = values.seeds === undefined ? usualSeeds[name] : parseSeeds(values.seeds);
  const file = path.resolve(values.results);
  // Before minutes of training, not after them.
  readEntries(file);
  for (const seed of seeds) {
    console.log(`\n${name}, seed ${seed}`);
    const runs = await train(name, seed);
    await store(file, name, trainings[name].description, runs);
  }
}

function chooseNetwork(positionals: readonly string[]): TrainedNetwork {
  const [name = ''] = positionals;
  if (!Object.hasOwn(trainings, name) || positionals.length > 1) {
    throw new UsageError(`name one network: ${names}, not "${positionals.join(' ')}".`);
  }
  return name as TrainedNetwork;
}

function parseSeeds(text: string): number[] {
  const seeds = text.split(',').map(Number);
  if (text === '' || !seeds.every(Number.isSafeInteger)) {
    throw new UsageError(`--seeds takes whole numbers separated by commas, not "${text}".`);
  }
  return seeds;
}

async function train(name: TrainedNetwork, seed: number): Promise<Run[]> {
  const started = performance.now();
  const runs: Run[] = [];
  // Frees the tensors of this seed: unlike tf.tidy, a scope can stay open across awaits.
  tf.engine().startScope();
  for await (const score of trainWithSeed(name, seed)) {
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    runs.push({ seed, ...score, seconds });
  }
  tf.engine().endScope();
  return runs;
}

runProgram('seeds', main);
