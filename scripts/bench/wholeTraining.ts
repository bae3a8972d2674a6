/** Whole trainings, as the notebooks do them: from the start of a process to the last evaluation. */
import { today, writeResult } from '../recordedResults';
import { lastEpoch, type TrainedNetwork, trainings } from '../trainings';
import type { WholeResult, WholeTraining } from './measurement';
import type { Options } from './options';
import { measureWhole } from './processes';
import { list, loadWarning, type Machine, versions } from './results';
import { type NetworkName, title, type Variant } from './sides';

type Measured = Variant & WholeResult & WholeTraining & { network: NetworkName; round: number };

function isTrained(network: NetworkName): network is TrainedNetwork {
  return network in trainings;
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
  const results: Measured[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const network of options.models) {
      if (!isTrained(network)) {
        console.log(`${network}: no notebook trains it with fit; left out.`);
        continue;
      }
      const { data, validation } = trainings[network];
      const whole = { data, validation, epochs: options.epochs ?? lastEpoch(trainings[network]) };
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
        await writeResult(`${options.output}.json`, content);
        await writeResult(`${options.output}.md`, `${wholeReport(results, machine)}\n`);
      }
    }
  }
}

function wholeReport(results: readonly Measured[], machine: Machine): string {
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
