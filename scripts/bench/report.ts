/** The measurements as tables: one for each quantity, the networks side by side. */
import { batchSize } from '../trainings';
import { type Measurement, testPictures } from './measurement';
import {
  type NetworkName,
  reference,
  sideNames,
  title,
  trains,
  type Variant,
  variantsOf,
} from './sides';
import { median, type Summary, summarize } from './statistics';

/** A quantity that is compared. */
export interface Quantity {
  title: string;
  /** Whether more is better (speed), or less (time, memory). */
  better: 'more' | 'less';
  digits: number;
  of(measurement: Measurement, steps: number): number;
}

export const quantities: readonly Quantity[] = [
  {
    title: 'Training, images per second, second epoch',
    better: 'more',
    digits: 0,
    of: ({ secondEpoch, pictures }, steps) => (pictures ?? steps * batchSize) / secondEpoch,
  },
  {
    title: 'Training, images per second, first epoch with all preparation',
    better: 'more',
    digits: 0,
    of: ({ firstEpoch, pictures }, steps) => (pictures ?? steps * batchSize) / firstEpoch,
  },
  {
    title: 'Seconds from the start of the process to the end of the first epoch',
    better: 'less',
    digits: 1,
    of: ({ startToFirstEpoch }) => startToFirstEpoch,
  },
  {
    title: 'Peak resident memory of the whole process, MB',
    better: 'less',
    digits: 0,
    of: ({ peakMemory }) => peakMemory / 1e6,
  },
  {
    title: 'Evaluating 10,000 images, images per second, second call',
    better: 'more',
    digits: 0,
    of: ({ evaluate }) => testPictures / (evaluate[1] as number),
  },
  {
    title: 'Evaluating 10,000 images, seconds, first call',
    better: 'less',
    digits: 2,
    of: ({ evaluate }) => evaluate[0] as number,
  },
  {
    title: 'Predicting 10,000 images, images per second, second call',
    better: 'more',
    digits: 0,
    of: ({ predict }) => testPictures / (predict[1] as number),
  },
  {
    title: 'Predicting 10,000 images, seconds, first call',
    better: 'less',
    digits: 2,
    of: ({ predict }) => predict[0] as number,
  },
  {
    title: 'Predicting 10,000 images in batches as for training, images per second, second call',
    better: 'more',
    digits: 0,
    of: ({ predictBatches }) => testPictures / predictBatches,
  },
  {
    title: 'Predicting one image, milliseconds',
    better: 'less',
    digits: 2,
    of: ({ predictOne }) => predictOne * 1000,
  },
  {
    title: 'One image by the quickest way, milliseconds',
    better: 'less',
    digits: 3,
    of: ({ predictOne, answerOne = predictOne }) => Math.min(predictOne, answerOne) * 1000,
  },
];

/** A quantity of one network on one side, over all rounds. */
export interface Comparison extends Summary {
  /** The ratios to the reference, round by round; none without the reference. */
  ratio?: Summary;
}

/**
 * Compares with the better of the reference's variants (by their medians): each value with the one
 * of the same round, because the machine may have been busier in some rounds.
 */
export function compare(
  measurements: readonly Measurement[],
  network: NetworkName,
  variant: Variant,
  quantity: Quantity,
  steps: number,
): Comparison {
  const valuesOf = (one: Variant) =>
    select(measurements, network, one).map((measurement) => quantity.of(measurement, steps));
  const values = valuesOf(variant);
  const [best] = variantsOf([reference])
    .map(valuesOf)
    .filter((found) => found.length > 0)
    .sort((a, b) => (quantity.better === 'more' ? median(b) - median(a) : median(a) - median(b)));
  const ratios = best?.map((other, round) => {
    const ratio = (values[round] as number) / other;
    return quantity.better === 'more' ? ratio : 1 / ratio;
  });
  return { ...summarize(values), ...(ratios && { ratio: summarize(ratios) }) };
}

/** One line per side, one column per network. */
export function quantityTable(
  measurements: readonly Measurement[],
  quantity: Quantity,
  steps: number,
): string {
  return markdownTable(measurements, (network, variant) =>
    trains(variant.side, network)
      ? cell(compare(measurements, network, variant, quantity, steps), quantity.digits)
      : '',
  );
}

/** The mean losses of both epochs: equal if all sides do the same work. */
export function lossTable(measurements: readonly Measurement[]): string {
  return markdownTable(measurements, (network, variant) => {
    const losses = select(measurements, network, variant)[0]?.losses ?? [];
    return losses.map((loss) => loss.toFixed(4)).join(' → ');
  });
}

/** The allowed relative difference of the first epoch's loss from the other sides'. */
const lossTolerance = 0.02;

/** One sentence for each side whose first epoch's loss differs from the others'. */
export function lossWarnings(measurements: readonly Measurement[]): string[] {
  return measurements.flatMap((measurement) => {
    const { network, losses, round } = measurement;
    const others = measurements.filter((other) => other.network === network);
    const usual = median(others.map((other) => other.losses[0] as number));
    const loss = losses[0] as number;
    return Math.abs(loss - usual) <= lossTolerance * usual
      ? []
      : [
          `${network}, round ${round}: the first epoch's loss is ${loss.toFixed(4)} with ` +
            `${title(measurement)}, but ${usual.toFixed(4)} with the others.`,
        ];
  });
}

/** The measurements of one network on one side, in the order of the rounds. */
export function select(
  measurements: readonly Measurement[],
  network: NetworkName,
  variant: Variant,
) {
  return measurements.filter(
    (measurement) => measurement.network === network && title(measurement) === title(variant),
  );
}

export function networksOf(measurements: readonly Measurement[]): NetworkName[] {
  return [...new Set(measurements.map(({ network }) => network))];
}

export function variantsIn(measurements: readonly Measurement[]): Variant[] {
  const titles = new Set(measurements.map(title));
  return variantsOf(sideNames).filter((variant) => titles.has(title(variant)));
}

/** `16,342 ±4% ×4.99 ±6%` */
function cell({ ratio, ...value }: Comparison, digits: number): string {
  const number = value.median.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  const times = ratio ? ` ×${ratio.median.toFixed(2)} ${spread(ratio)}` : '';
  return `${number} ${spread(value)}${times}`;
}

/** Half the range, relative to the median. */
function spread({ median: middle, least, most }: Summary): string {
  return `±${Math.round(((most - least) / 2 / middle) * 100)}%`;
}

export function markdownTable(
  measurements: readonly Measurement[],
  content: (network: NetworkName, variant: Variant) => string,
): string {
  const networks = networksOf(measurements);
  const lines = [
    ['', ...networks],
    ...variantsIn(measurements).map((variant) => [
      title(variant),
      ...networks.map((network) => content(network, variant)),
    ]),
  ];
  const widths = ['', ...networks].map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const format = (line: string[]) =>
    `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [lines[0] as string[], rule, ...lines.slice(1)].map(format).join('\n');
}
