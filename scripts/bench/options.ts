/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { UsageError, wholeNumber } from '../commandLine';
import { type NetworkName, networkNames, type SideName, sideNames } from './sides';

export const help = `Usage: npm run bench -- [options]

Trains the articles' five networks with this project and with Python Keras, in turns, on this
machine, and compares speed and memory. All start from the same weights and see the same batches.
Runs on Linux and macOS.
The first run makes a Python environment in .cache/bench (2 GB).

Options:
  --models A,B   some of: ${networkNames.join(', ')}
  --sides A,B    some of: ${sideNames.join(', ')}
                 default: all but pytorch
  --torch        PyTorch too; its Python environment needs several gigabytes
  --rounds N     how often everything is measured; default 3
  --steps N      batches of 32 in each of the two epochs, at most 1875; default 300
  --output FILE  the results, as FILE.json and FILE.md; default results/benchmark
  --whole        trains the networks of notebooks 01 to 04 as long as these do, with Keras and
                 compiled; once unless --rounds is given; default output results/whole-training
  --epochs N     with --whole: so many epochs instead of the notebooks'
  --help         print this text

With the defaults it takes about 15 minutes on two cores with nothing else to do. The results are
written after every round, so that stopping it with Ctrl-C loses one round at most.

Exit status: 0, or 1 if a measurement failed, or 2 if the command line is wrong.
`;

export interface Options {
  models: NetworkName[];
  sides: SideName[];
  rounds: number;
  steps: number;
  output: string;
  /** Whole trainings instead of two epochs. */
  whole?: true;
  epochs?: number;
}

/** @returns undefined if the help was asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      models: { type: 'string' },
      sides: { type: 'string' },
      torch: { type: 'boolean', default: false },
      whole: { type: 'boolean', default: false },
      epochs: { type: 'string' },
      rounds: { type: 'string' },
      steps: { type: 'string', default: '300' },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return undefined;
  }
  if (values.epochs !== undefined && !values.whole) {
    throw new UsageError('--epochs goes with --whole only.');
  }
  const chosen = chooseFrom(sideNames, '--sides', values.sides);
  const withTorch = values.torch || (values.sides !== undefined && chosen.includes('pytorch'));
  return {
    models: chooseFrom(networkNames, '--models', values.models),
    sides: sideNames.filter((side) => (side === 'pytorch' ? withTorch : chosen.includes(side))),
    rounds: wholeNumber('--rounds', values.rounds ?? (values.whole ? '1' : '3'), 1),
    steps: wholeNumber('--steps', values.steps, 1, 1875),
    output: values.output ?? (values.whole ? 'results/whole-training' : 'results/benchmark'),
    ...(values.whole && { whole: true as const }),
    ...(values.epochs !== undefined && { epochs: wholeNumber('--epochs', values.epochs, 1) }),
  };
}

/** The named ones in the order of `known`; all of them if none are named. */
function chooseFrom<Name extends string>(
  known: readonly Name[],
  option: string,
  text: string | undefined,
): Name[] {
  if (text === undefined) {
    return [...known];
  }
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `${option} knows no "${unknown}". Choose from ${known.join(', ')}, with commas between them.`,
    );
  }
  return known.filter((name) => names.includes(name));
}
