/** `npm run bench`: this project's training against Python's. See `npm run bench -- --help`. */
import path from 'node:path';
import { runProgram } from '../commandLine';
import { batchSize } from '../trainings';
import type { Measurement } from './measurement';
import { help, type Options, parseOptions } from './options';
import { cache, measure, prepare, stopRunning } from './processes';
import { loadWarning, report, thisMachine, writeResults } from './results';
import { pythonEnvironment, title, trains, variantsOf } from './sides';
import { trainWhole } from './wholeTraining';

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(help);
    return;
  }
  if (process.platform === 'win32') {
    throw new Error('The benchmark runs on Linux and macOS; on Windows, run it in WSL.');
  }
  const machine = thisMachine();
  const warning = loadWarning(machine);
  if (warning) {
    console.warn(`Warning: ${warning}`);
  }
  const folder = path.join(cache, 'start');
  console.log('Preparing data, initial weights and Python …');
  const sides = options.whole ? (['keras-tensorflow'] as const) : options.sides;
  const environments = sides.map(pythonEnvironment).filter((one) => one !== undefined);
  await prepare([...new Set(environments)], folder, Boolean(options.whole));

  if (options.whole) {
    await trainWhole(options, machine, { folder, batchSize });
    console.log(`Written to ${options.output}.json and ${options.output}.md`);
    return;
  }
  const measurements: Measurement[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    measurements.push(...(await measureAll(options, round, folder)));
    await writeResults(measurements, options, machine);
  }
  console.log(`\n${report(measurements, options, machine)}`);
  console.log(`Written to ${options.output}.json and ${options.output}.md`);
}

/** One round: every side of every network once. */
async function measureAll(options: Options, round: number, folder: string): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const network of options.models) {
    const sides = options.sides.filter((side) => trains(side, network));
    for (const variant of variantsOf(sides)) {
      const startedAt = Date.now();
      const task = { ...variant, network, steps: options.steps, batchSize, folder, startedAt };
      const result = await measure(task);
      measurements.push({ network, ...variant, round, ...result });
      const speed = Math.round((options.steps * batchSize) / result.secondEpoch);
      console.log(
        `round ${round}/${options.rounds}  ${network.padEnd(12)}  ${title(variant).padEnd(37)}` +
          `${String(speed).padStart(7)} images/s`,
      );
    }
  }
  return measurements;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, async () => {
    await stopRunning();
    console.error(`\nStopped (${signal}). Finished rounds have been written.`);
    process.exit(code);
  });
}
runProgram('bench', main);
