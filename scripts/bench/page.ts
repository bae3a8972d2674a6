/** The table of docs/benchmark.md and docs/benchmark.zh-CN.md, from the results of a run. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeResult } from '../recordedResults';
import type { Measurement } from './measurement';
import { compare, networksOf, type Quantity, quantities, variantsIn } from './report';
import { trains, type Variant } from './sides';

const begin = '<!-- table of the benchmark: begin -->';
const end = '<!-- table of the benchmark: end -->';

/** The quantities of the page, and their names in both languages. */
const rows: Record<string, [english: string, chinese: string]> = {
  'Training, images per second, second epoch': ['training, images/s', '训练，图片/秒'],
  'Training, images per second, first epoch with all preparation': [
    'first epoch with all preparation, images/s',
    '第一轮（含全部准备），图片/秒',
  ],
  'Seconds from the start of the process to the end of the first epoch': [
    'start of the process to the end of the first epoch, s',
    '从进程启动到第一轮结束，秒',
  ],
  'Predicting 10,000 images, images per second, second call': [
    'prediction, images/s',
    '预测，图片/秒',
  ],
  'Evaluating 10,000 images, images per second, second call': [
    'evaluation, images/s',
    '评估，图片/秒',
  ],
  'One image by the quickest way, milliseconds': ['one image, ms', '单张图片，毫秒'],
  'Peak resident memory of the whole process, MB': ['peak memory, MB', '内存峰值，MB'],
};

/** Replaces the table in both pages. */
export async function writePages(
  resultsFile: string,
  pages: readonly [string, string],
): Promise<void> {
  const { measurements, settings } = JSON.parse(readFileSync(resultsFile, 'utf8')) as {
    measurements: Measurement[];
    settings: { steps: number };
  };
  for (const [language, page] of pages.entries()) {
    const table = pageTable(measurements, settings.steps, language as 0 | 1);
    await writeResult(page, withTable(readFileSync(page, 'utf8'), table, path.basename(page)));
  }
}

/** @throws Error if the page has no place for the table. */
export function withTable(text: string, table: string, name: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) {
    throw new Error(
      `${name} has no lines "${begin}" and "${end}", between which the table belongs.`,
    );
  }
  return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}

/** One line per quantity: this project's value, and its ratio to the best other side. */
export function pageTable(
  measurements: readonly Measurement[],
  steps: number,
  language: 0 | 1,
): string {
  const networks = networksOf(measurements);
  const lines = Object.entries(rows).map(([title, names]) => {
    const quantity = quantities.find((one) => one.title === title) as Quantity;
    const cells = networks.map((network) => {
      const medianOf = (variant: Variant) =>
        compare(measurements, network, variant, quantity, steps).median;
      const own = medianOf({ side: 'compiled' });
      const others = variantsIn(measurements)
        .filter(({ side }) => side !== 'compiled' && side !== 'eager' && trains(side, network))
        .map((variant) => medianOf(variant));
      const ratio =
        quantity.better === 'more' ? own / Math.max(...others) : Math.min(...others) / own;
      const digits = {
        minimumFractionDigits: quantity.digits,
        maximumFractionDigits: quantity.digits,
      };
      return `${own.toLocaleString('en-US', digits)} ×${ratio.toFixed(2)}`;
    });
    return [names[language], ...cells];
  });
  const table = [['', ...networks], ['---', ...networks.map(() => '---:')], ...lines];
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
