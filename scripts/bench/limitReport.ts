/** Compares the training speed of each side with the machine's limits. */
import type { LimitResult, Measurement, Work } from './measurement';
import { markdownTable, networksOf, select } from './report';
import type { NetworkName } from './sides';
import { median } from './statistics';

/** Sections of the report: the work of each network's step, and the share of the limit reached. */
export function limitSections(
  measurements: readonly Measurement[],
  limits: readonly LimitResult[],
  batchSize: number,
): string[] {
  const rates: Work = {
    arithmetic: median(limits.map((limit) => limit.rates.arithmetic)),
    traffic: median(limits.map((limit) => limit.rates.traffic)),
  };
  const workOf = (network: NetworkName) => limits[0]?.work[network] as Work;
  const rows = networksOf(measurements).map((network) => {
    const { arithmetic, traffic } = workOf(network);
    const milliseconds = [
      (arithmetic / rates.arithmetic) * 1000,
      (traffic / rates.traffic) * 1000,
    ].map((time) => time.toFixed(2));
    const sizes = [arithmetic, traffic].map((amount) => (amount / 1e6).toFixed(1));
    return `| ${[network, ...sizes, ...milliseconds].join(' | ')} |`;
  });
  return [
    '## The limit',
    `A product of large matrices reaches ${(rates.arithmetic / 1e9).toFixed(0)} billion ` +
      `multiplications and additions a second here, a large copy ${(rates.traffic / 1e9).toFixed(1)} ` +
      'GB read and written. At these rates the training step that this project compiles, counted ' +
      'operation by operation, would take:',
    [
      '| | million operations | MB read and written | ms for the operations | ms for the MB |',
      '|---|---:|---:|---:|---:|',
      ...rows,
    ].join('\n'),
    'Share of the limit that training reaches in the second epoch: the time for the operations, ' +
      'divided by the time of a step. The traffic sets no such limit here: most of it stays in ' +
      'the caches, which are several times as fast as a large copy.',
    markdownTable(measurements, (network, variant) => {
      const shares = select(measurements, network, variant).map(
        ({ pictures, secondEpoch }) =>
          (workOf(network).arithmetic * ((pictures as number) / batchSize)) /
          (rates.arithmetic * secondEpoch),
      );
      return shares.length === 0 ? '' : `${(median(shares) * 100).toFixed(0)}%`;
    }),
  ];
}
