/** `npm run bench`: this project's training against Python's. See `npm run bench -- --help`. */
import path from 'node:path';
import { runProgram } from '../commandLine';
import { batchSize as usualBatchSize } from '../trainings';
import type { LimitResult, Measurement } from './measurement';
import { help, type Options, parseOptions } from './options';
import { writePages } from './page';
import { besideNeighbours, cache, measure, measureLimit, prepare, stopRunning } from './processes';
import { loadWarning, report, thisMachine, writeResults } from './results';
import { type NetworkName, pythonEnvironment, title, trains, variantsOf } from './sides';
import { trainWhole } from './wholeTraining';

/** What limits oneDNN (in TensorFlow and PyTorch), PyTorch's own kernels, its MKL, and XLA. */
const avx2 = {
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  ATEN_CPU_CAPABILITY: 'avx2',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
  XLA_FLAGS: '--xla_cpu_max_isa=AVX2',
};

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(help);
    return;
  }
  if (options.page) {
    await writePages(`${options.output}.json`, ['docs/benchmark.md', 'docs/benchmark.zh-CN.md']);
    return;
  }
  if (process.platform === 'win32') {
    throw new Error('The benchmark runs on Linux and macOS; on Windows, run it in WSL.');
  }
  if (options.avx2) {
    Object.assign(process.env, avx2);
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
    await trainWhole(options, machine, { folder, batchSize: usualBatchSize });
    console.log(`Written to ${options.output}.json and ${options.output}.md`);
    return;
  }
  const measurements: Measurement[] = [];
  const limits: LimitResult[] = [];
  const batchSize = options.batch ?? usualBatchSize;
  await besideNeighbours(options.busy ?? 0, async () => {
    for (let round = 1; round <= options.rounds; round++) {
      limits.push(await measureLimit({ networks: options.models, batchSize }));
      measurements.push(...(await measureAll(options, round, folder)));
      await writeResults({ measurements, limits }, options, machine);
    }
  });
  console.log(`\n${report({ measurements, limits }, options, machine)}`);
  console.log(`Written to ${options.output}.json and ${options.output}.md`);
}

/** A step of the residual network takes as long as several steps of the others. */
function stepsOf(network: NetworkName, steps: number): number {
  return network === 'resnet' ? Math.ceil(steps / 3) : steps;
}

/** One round: every side of every network once. */
async function measureAll(options: Options, round: number, folder: string): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const batchSize = options.batch ?? usualBatchSize;
  for (const network of options.models) {
    const sides = options.sides.filter((side) => trains(side, network));
    for (const variant of variantsOf(sides)) {
      const startedAt = Date.now();
      const steps = stepsOf(network, options.steps);
      const task = { ...variant, network, steps, batchSize, folder, startedAt };
      const result = await measure(task);
      const pictures = steps * batchSize;
      measurements.push({ network, ...variant, round, pictures, ...result });
      const speed = Math.round(pictures / result.secondEpoch);
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
