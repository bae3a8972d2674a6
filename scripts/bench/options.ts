/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { UsageError, wholeNumber } from '../commandLine';
import { type NetworkName, networkNames, type SideName, sideNames, usualNetworks } from './sides';

export const help = `Usage: npm run bench -- [options]

Trains the articles' five networks and a residual one with this project and with Python Keras, in turns, on this
machine, and compares speed and memory. All start from the same weights and see the same batches.
Runs on Linux and macOS.
The first run makes a Python environment in .cache/bench (2 GB).

Options:
  --models A,B   some of: ${networkNames.join(', ')}
                 default: all but lstm and gru
  --sides A,B    some of: ${sideNames.join(', ')}
                 default: all but pytorch
  --torch        PyTorch too; its Python environment needs several gigabytes
  --rounds N     how often everything is measured; default 2
  --steps N      batches in each of the two epochs, at most 60,000 pictures; default 300 of 32;
                 a third of it for resnet
  --batch N      pictures in a batch of training; default 32
  --busy N       beside N processes that keep a core busy each; default output
                 results/benchmark-busy-N
  --avx2         as on a processor that has no more than AVX2, as far as the libraries of all sides
                 can be limited to it; default output results/benchmark-avx2
  --page         measures nothing: writes the table of docs/benchmark.md, in both languages, from
                 FILE.json
  --output FILE  the results, as FILE.json and FILE.md; default results/benchmark
  --whole        trains the networks of notebooks 01 to 04 as long as these do, with Keras and
                 compiled; once unless --rounds is given; default output results/whole-training
  --epochs N     with --whole: so many epochs instead of the notebooks'
  --help         print this text

With the defaults it takes less than 20 minutes on two cores with nothing else to do. The results are
written after every round, so that stopping it with Ctrl-C loses one round at most.

Exit status: 0, or 1 if a measurement failed, or 2 if the command line is wrong.
`;

export interface Options {
  models: NetworkName[];
  sides: SideName[];
  rounds: number;
  steps: number;
  output: string;
  /** The batch size of the training, if it is not 32. */
  batch?: number;
  /** How many processes keep one core busy each in the meantime. */
  busy?: number;
  /** Whether the libraries of all sides are limited to AVX2. */
  avx2?: true;
  /** Whether only the table of the page is written. */
  page?: true;
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
      steps: { type: 'string' },
      batch: { type: 'string' },
      busy: { type: 'string' },
      avx2: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return undefined;
  }
  if (values.epochs !== undefined && !values.whole) {
    throw new UsageError('--epochs requires --whole.');
  }
  const batch = wholeNumber('--batch', values.batch ?? '32', 1, 10_000);
  const chosen = chooseFrom(sideNames, '--sides', values.sides);
  const withTorch = values.torch || (values.sides !== undefined && chosen.includes('pytorch'));
  return {
    models: chooseFrom(networkNames, '--models', values.models, usualNetworks),
    sides: sideNames.filter((side) => (side === 'pytorch' ? withTorch : chosen.includes(side))),
    rounds: wholeNumber('--rounds', values.rounds ?? (values.whole ? '1' : '2'), 1),
    steps: wholeNumber(
      '--steps',
      values.steps ?? String(Math.ceil(9600 / batch)),
      1,
      Math.floor(60_000 / batch),
    ),
    output: values.output ?? defaultOutput(values),
    ...(values.batch !== undefined && { batch }),
    ...(values.busy !== undefined && { busy: wholeNumber('--busy', values.busy, 1) }),
    ...(values.avx2 && { avx2: true as const }),
    ...(values.page && { page: true as const }),
    ...(values.whole && { whole: true as const }),
    ...(values.epochs !== undefined && { epochs: wholeNumber('--epochs', values.epochs, 1) }),
  };
}

function defaultOutput({
  whole,
  ...values
}: {
  whole?: boolean;
  busy?: string;
  avx2?: boolean;
  batch?: string;
}): string {
  if (whole) {
    return 'results/whole-training';
  }
  const kinds = [
    ...(values.busy === undefined ? [] : [`busy-${values.busy}`]),
    ...(values.avx2 ? ['avx2'] : []),
    ...(values.batch === undefined ? [] : [`batch-${values.batch}`]),
  ];
  return ['results/benchmark', ...kinds].join('-');
}

/** The named ones in the order of `known`; else the usual ones. */
function chooseFrom<Name extends string>(
  known: readonly Name[],
  option: string,
  text: string | undefined,
  usual: readonly Name[] = known,
): Name[] {
  if (text === undefined) {
    return [...usual];
  }
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `${option}: unknown value "${unknown}". Choose from ${known.join(', ')}, separated by commas.`,
    );
  }
  return known.filter((name) => names.includes(name));
}
