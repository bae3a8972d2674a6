/**
 * `npm run seeds -- lenet`: trains a notebook's network once with each of several seeds and adds
 * what they score on the test set to results/seeds.json. `--seeds 0,1,2` chooses the seeds.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '../../lib/tensorflow';
import { type Experiment, experiments } from './seeds/experiments';
import { type Run, store } from './seeds/results';

const file = path.resolve('results/seeds.json');

function parseSeeds(text: string): number[] {
  const seeds = text.split(',').map(Number);
  if (text === '' || !seeds.every(Number.isSafeInteger)) {
    throw new Error(`--seeds takes whole numbers with commas between them, not "${text}".`);
  }
  return seeds;
}

function parseArguments(): { name: string; experiment: Experiment; seeds: readonly number[] } {
  const { values, positionals } = parseArgs({
    options: { seeds: { type: 'string' } },
    allowPositionals: true,
  });
  const [name = ''] = positionals;
  const experiment = experiments[name];
  if (!experiment || positionals.length > 1) {
    const known = Object.keys(experiments).join(' | ');
    throw new Error(`Usage: npm run seeds -- ${known} [--seeds 0,1,2]`);
  }
  const seeds = values.seeds === undefined ? experiment.seeds : parseSeeds(values.seeds);
  return { name, experiment, seeds };
}

async function main(): Promise<void> {
  const { name, experiment, seeds } = parseArguments();
  for (const seed of seeds) {
    console.log(`\n${name}, seed ${seed}`);
    const started = performance.now();
    const runs: Run[] = [];
    // A scope that is open across awaits, as tf.tidy cannot be: frees the tensors of this seed.
    tf.engine().startScope();
    for await (const score of experiment.run(seed)) {
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      runs.push({ seed, ...score, seconds });
    }
    tf.engine().endScope();
    store(file, name, experiment.description, runs);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
