/** Whole trainings, as the notebooks do them: from the start of a process to the last evaluation. */
import { today, writeWhole } from '../recordedResults';
import type { Options } from './options';
import { measureWhole } from './processes';
import { list, loadWarning, type Machine, versions } from './results';
import { type NetworkName, title, type Variant } from './sides';

/** What a notebook gives to `fit`, but for the network itself. */
export interface Training {
  data: 'mnist' | 'fashion-mnist';
  epochs: number;
  /** The test set after each epoch, the last tenth of the training set, or nothing. */
  validation: 'test' | 'split' | 'none';
}

/** Notebook 06 counts steps, not epochs, and has no `fit`: it is not among them. */
export const trainings: Partial<Record<NetworkName, Training>> = {
  mlp: { data: 'mnist', epochs: 10, validation: 'test' },
  lenet5: { data: 'mnist', epochs: 20, validation: 'test' },
  lenet: { data: 'fashion-mnist', epochs: 5, validation: 'split' },
  cnn: { data: 'mnist', epochs: 5, validation: 'none' },
};

export interface WholeTask extends Variant {
  network: NetworkName;
  batchSize: number;
  folder: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  whole: Training;
}

export interface WholeResult {
  /** From the start of the process to the end of the evaluation. */
  seconds: number;
  /** On the test set. */
  accuracy: number;
  versions: Record<string, string>;
}

const variants: Variant[] = [
  { side: 'keras-tensorflow', setting: 'jit_compile=auto' },
  { side: 'compiled' },
];

/** Trains each network on each side, in turns, and writes FILE.json and FILE.md each time. */
export async function trainWhole(
  options: Options,
  machine: Machine,
  common: { folder: string; batchSize: number },
): Promise<void> {
  const results: (Variant & WholeResult & { network: NetworkName; round: number } & Training)[] =
    [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const network of options.models) {
      const training = trainings[network];
      if (!training) {
        console.log(`${network}: its notebook trains without fit; left out.`);
        continue;
      }
      const whole = { ...training, epochs: options.epochs ?? training.epochs };
      for (const variant of variants) {
        const task = { ...variant, network, ...common, startedAt: Date.now(), whole };
        const result = await measureWhole(task);
        results.push({ network, round, ...variant, ...whole, ...result });
        console.log(
          `round ${round}  ${network.padEnd(8)}  ${title(variant).padEnd(37)}` +
            `${result.seconds.toFixed(1).padStart(7)} s  accuracy ${result.accuracy.toFixed(4)}`,
        );
        const content = {
          date: today(),
          machine,
          versions: versions(results),
          results: results.map(({ versions: _, ...measured }) => measured),
        };
        writeWhole(`${options.output}.json`, `${JSON.stringify(content, null, 2)}\n`);
        writeWhole(`${options.output}.md`, `${wholeReport(results, machine)}\n`);
      }
    }
  }
}

function wholeReport(
  results: readonly (Variant & WholeResult & { network: NetworkName } & Training)[],
  machine: Machine,
): string {
  const warning = loadWarning(machine);
  return [
    '# Whole trainings',
    `${today()}; ${machine.cpu}, ${machine.cores} cores.`,
    `${list(versions(results))}.`,
    'Seconds from the start of the process to the end of training and evaluation, batches of 32, ' +
      'with the epochs and the validation of the notebooks.',
    ...(warning ? [`**${warning}**`] : []),
    [
      '| network | epochs | side | seconds | test accuracy |',
      '| --- | --- | --- | --- | --- |',
      ...results.map(
        (one) =>
          `| ${one.network} | ${one.epochs} | ${title(one)} | ${one.seconds.toFixed(1)} | ` +
          `${one.accuracy.toFixed(4)} |`,
      ),
    ].join('\n'),
  ].join('\n\n');
}
