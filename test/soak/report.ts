/** The results of a soak test, and the page that shows them. */
import { machine, today, versions } from '../../scripts/recordedResults';
import type { FileFuzzing } from './files';
import type { Measures } from './measures';
import type { PictureFuzzing } from './pictures';

/** The allowed growth of the resident memory after the warm-up: allocators keep freed memory. */
export const mostMegabytes = 64;

/** The results of one kind of work. */
export interface LoadResult {
  readonly title: string;
  readonly times: number;
  readonly before: Measures;
  readonly after: Measures;
}

/** All results. */
export interface Findings {
  readonly minutes: number;
  readonly loads: readonly LoadResult[];
  readonly files: readonly FileFuzzing[];
  readonly pictures: readonly PictureFuzzing[];
}

const counted = {
  tensors: 'tensors',
  sessions: 'graphs',
  descriptors: 'file descriptors',
  threads: 'threads',
  temporaryFiles: 'temporary files',
} as const;

/** The forbidden growth, as sentences. */
export function growthOf({ title, times, before, after }: LoadResult): string[] {
  const names = Object.keys(counted) as (keyof typeof counted)[];
  const growths = names
    .filter((name) => after[name] > before[name])
    .map((name) => `${counted[name]}: ${before[name]} before, ${after[name]} after`);
  const megabytes = after.megabytes - before.megabytes;
  if (megabytes > mostMegabytes) {
    growths.push(`memory: ${Math.round(megabytes)} MB more`);
  }
  return growths.map((growth) => `${times} ${title}: ${growth}`);
}

/** The page `results/reliability.md`. */
export function pageOf({ minutes, loads, files, pictures }: Findings): string {
  const { cpu, cores } = machine();
  const software = Object.entries(versions()).map(([name, version]) => `${name} ${version}`);
  return `# Reliability

${today()}; ${cpu}, ${cores} cores; ${software.join(', ')}. Written by \`npm run test:soak\` (${minutes.toFixed(0)} minutes).

## Held under load

Each line is one process: what it holds after a warm-up of as many, and afterwards. Nothing may grow; resident memory by at most ${mostMegabytes} MB, as the allocators keep some of what was freed.

${table(
  ['', ...Object.values(counted), 'resident memory, MB'],
  loads.map(({ title, times, before, after }) => [
    `${times.toLocaleString('en')} ${title}`,
    ...(Object.keys(counted) as (keyof typeof counted)[]).map((name) =>
      fromTo(before[name], after[name]),
    ),
    fromTo(Math.round(before.megabytes), Math.round(after.megabytes)),
  ]),
)}

## Damaged files

One bit changed, or up to four pieces overwritten, cut out or doubled; always the same damage. Each file is loaded as if nothing had happened, or refused with a sentence that names it. None is loaded as something else, crashes, takes longer than the limits, or leaves a tensor, a graph or a temporary file. Where a format has no checksums, other numbers cannot be told from the right ones: those are counted apart.

${table(
  ['', 'files', 'unaffected', 'refused', 'other numbers, no checksum', 'longest, s'],
  files.map((row) => [
    row.format,
    ...[row.inputs, row.unaffected, row.refused, row.others].map(String),
    seconds(row.longestMilliseconds),
  ]),
)}

Pictures are decoded in a process with 900 MB at most, 9 seconds each; several formats have no checksums, so that those that are read may be other pictures.

${table(
  ['', 'files', 'read', 'refused', 'longest, s', 'most memory, MB'],
  pictures.map((row) => [
    `\`${row.format}\``,
    ...[row.inputs, row.read, row.refused].map(String),
    seconds(row.longestMilliseconds),
    `${Math.round(row.peakMegabytes)}`,
  ]),
)}
`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

function fromTo(before: number, after: number): string {
  return before === after ? `${after}` : `${before} → ${after}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rules = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
