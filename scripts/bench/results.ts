/** The files with the results. */
import os from 'node:os';
import { machine, today, writeResult } from '../recordedResults';
import { batchSize } from '../trainings';
import { limitSections } from './limitReport';
import type { LimitResult, Measurement } from './measurement';
import type { Options } from './options';
import {
  compare,
  lossTable,
  lossWarnings,
  networksOf,
  quantities,
  quantityTable,
  variantsIn,
} from './report';
import { trains } from './sides';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGigabytes: number;
  system: string;
  /** How many processes were running or waiting, on average over the minute before the start. */
  loadAverage: number;
}

export function thisMachine(): Machine {
  return {
    ...machine(),
    memoryGigabytes: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    loadAverage: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** A sentence if other programs were busy when the benchmark started. */
export function loadWarning({ loadAverage, cores }: Machine): string | undefined {
  return loadAverage > cores / 4
    ? `This machine is not quiet: its load average is ${loadAverage.toFixed(2)} with ${cores} ` +
        'cores. The figures will be too low and will scatter; compare none of them with others.'
    : undefined;
}

/** What a run has measured. */
export interface Measured {
  measurements: Measurement[];
  /** One for each round. */
  limits: LimitResult[];
}

/** All tables, with what they show and warnings. */
export function report(
  { measurements, limits }: Measured,
  options: Options,
  machine: Machine,
): string {
  const { steps } = options;
  const rounds = Math.max(...measurements.map(({ round }) => round));
  const warnings = [loadWarning(machine), ...lossWarnings(measurements)].filter(Boolean);
  return [
    '# Benchmark',
    `${today()}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ` +
      `${machine.system}; load average at the start ${machine.loadAverage.toFixed(2)}.`,
    `${list(versions(measurements))}.`,
    `MNIST, batches of ${options.batch ?? batchSize}, two epochs of ${steps} steps (resnet: a third). The figures are ` +
      `${rounds === 1 ? 'of one round' : `medians of ${rounds} rounds`}` +
      ', ± half the range from the least to the most. × tells how many times as good as ' +
      'Keras on TensorFlow (the best of its settings) a side is, round by round. Evaluation and ' +
      'prediction: here as many rows at a time as `evaluate` and `predict` choose; on the other ' +
      'sides 250, with which they are faster than with 32.',
    'Keras trains every network with `fit`. So do `eager` and `compiled`, but for ' +
      '"from-scratch", which here is trained by explicit steps, compiled with `graph.compile`. ' +
      'The same explicit steps in TensorFlow, a GradientTape in a plain `tf.function`, are the ' +
      'row `tensorflow (tf.function)`; that row has no other network. For "from-scratch" all ' +
      'sides compute the loss alone, for the other networks the accuracy too. One image: the ' +
      'median of 200 calls after ten; Keras may use `predict_on_batch` instead of `predict`, ' +
      'whichever is faster; the quickest way is here `training.predictor`, for "from-scratch" ' +
      '`graph.compile` with `onCallingThread`. "resnet" is a small residual network with batch ' +
      'normalisation, on pictures of 32 × 32 × 3; "lstm" and "gru" are a recurrent layer of 128 units ' +
      'that reads a picture line by line.',
    ...(options.busy ? [`Beside processes that keep a core busy each: ${options.busy}.`] : []),
    ...(options.avx2
      ? [
          'The libraries of all sides are limited to AVX2, as far as that can be done; the processor has more.',
        ]
      : []),
    ...warnings.map((warning) => `**${warning}**`),
    ...quantities.flatMap((quantity) => [
      `## ${quantity.title}`,
      quantityTable(measurements, quantity, steps),
    ]),
    ...limitSections(measurements, limits, options.batch ?? batchSize),
    '## Mean loss of the first and the second epoch',
    'All sides start from the same weights and see the same batches in the same order.',
    lossTable(measurements),
  ].join('\n\n');
}

/** Writes FILE.json, with every single measurement, and FILE.md. */
export async function writeResults(
  measured: Measured,
  options: Options,
  machine: Machine,
): Promise<void> {
  const { output, ...settings } = options;
  const { measurements, limits } = measured;
  const content = {
    date: today(),
    settings,
    machine,
    versions: versions(measurements),
    summary: summary(measurements, options.steps),
    limits,
    measurements: measurements.map(({ versions: _, ...measurement }) => measurement),
  };
  await writeResult(`${output}.json`, content);
  await writeResult(`${output}.md`, `${report(measured, options, machine)}\n`);
}

/** What the tables show, in numbers. */
function summary(measurements: Measurement[], steps: number) {
  return quantities.flatMap((quantity) =>
    networksOf(measurements).flatMap((network) =>
      variantsIn(measurements)
        .filter(({ side }) => trains(side, network))
        .map((variant) => ({
          quantity: quantity.title,
          network,
          ...variant,
          ...compare(measurements, network, variant, quantity, steps),
        })),
    ),
  );
}

/** The versions of everything that was measured. */
export function versions(
  measurements: readonly { versions: Record<string, string> }[],
): Record<string, string> {
  return Object.assign({}, ...measurements.map((measurement) => measurement.versions));
}

export function list(record: Record<string, string>): string {
  return Object.entries(record)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
