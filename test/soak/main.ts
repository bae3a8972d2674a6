// `npm run test:soak`: repeated work, and damaged files.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runProgram, UsageError } from '../../scripts/commandLine';
import { writeResult } from '../../scripts/recordedResults';
import { type Limits, runChild } from './children';
import type { FileFuzzing } from './files';
import { formats } from './formats';
import { loads } from './loads';
import type { PictureFuzzing } from './pictures';
import { growthOf, type LoadResult, pageOf } from './report';

const resultFile = path.resolve(__dirname, '../../../results/reliability.md');

const figures = 'figures';
const pictures = 'pictures';
const parts = [...Object.keys(loads), figures, ...Object.keys(formats), pictures];

const help = `Usage: npm run test:soak -- [options]

Trains, predicts and shows figures over and over again, and sees whether anything grows; loads
damaged files of every format, and sees whether any is loaded as something else, crashes, hangs or
leaves something behind. About 20 minutes on a quiet machine; then writes results/reliability.md.

Options:
  --share S          does the share S of all that, for example 0.05; writes no file
  --only PART,PART   does only these parts, of ${parts.slice(0, 5).join(', ')},
                     ${parts.slice(5).join(', ')};
                     writes no file
  --help             print this text

Exit status: 0, or 1 if anything was found, or 2 if the command line is wrong.
`;

const inputsOfFormat = 300;
const figuresOfKernel = 500;
const limits: Limits = { silentSeconds: 120, megabytes: 3000 };
/** These processes print nothing until they are done. */
const loadLimits: Limits = { silentSeconds: 1800, megabytes: 6000 };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      share: { type: 'string', default: '1' },
      only: { type: 'string', default: parts.join() },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const share = Number(values.share);
  if (!(share > 0 && share <= 1)) {
    throw new UsageError(`--share takes a number above 0, up to 1, not "${values.share}".`);
  }
  const wanted = values.only.split(',');
  const unknown = wanted.find((part) => !parts.includes(part));
  if (unknown !== undefined) {
    throw new UsageError(`--only knows no part "${unknown}"; there are ${parts.join(', ')}.`);
  }
  await soak(wanted, share);
}

async function soak(wanted: readonly string[], share: number): Promise<void> {
  const start = performance.now();
  const found: { loads: LoadResult[]; files: FileFuzzing[]; pictures: PictureFuzzing[] } = {
    loads: [],
    files: [],
    pictures: [],
  };
  const problems: string[] = [];
  for (const part of wanted) {
    const before = performance.now();
    try {
      if (part in loads || part === figures) {
        const result = await repeat(part, share);
        found.loads.push(result);
        problems.push(...growthOf(result));
      } else if (part === pictures) {
        found.pictures.push(...((await fuzz(part, share)) as PictureFuzzing[]));
      } else {
        found.files.push(...((await fuzz(part, share)) as FileFuzzing[]));
      }
    } catch (error) {
      problems.push((error as Error).message);
    }
    console.log(`${part}: ${((performance.now() - before) / 1000).toFixed(0)} s`);
  }
  const page = pageOf({ ...found, minutes: (performance.now() - start) / 60_000 });
  console.log(`\n${page}`);
  if (problems.length > 0) {
    throw new Error(`${problems.length} found:\n${problems.join('\n')}`);
  }
  if (share === 1 && wanted.length === parts.length) {
    await writeResult(resultFile, page);
  }
}

async function repeat(part: string, share: number): Promise<LoadResult> {
  const load = loads[part] ?? { title: 'figures shown in one kernel', times: figuresOfKernel };
  const times = Math.max(3, Math.round(load.times * share));
  const program = part === figures ? ['figures.py'] : ['loadProcess.js', part];
  // As many to warm up: V8 compiles and arranges its memory until several hundred figures are shown.
  const counts = [`${times}`, `${times}`];
  const held = await runChild([...program, ...counts] as [string, ...string[]], loadLimits);
  return { title: load.title, times, ...(held as Pick<LoadResult, 'before' | 'after'>) };
}

function fuzz(part: string, share: number): Promise<unknown> {
  const inputs = Math.max(3, Math.round(inputsOfFormat * share));
  return runChild(['fuzzProcess.js', part, `${inputs}`], limits);
}

runProgram('test:soak', main);
