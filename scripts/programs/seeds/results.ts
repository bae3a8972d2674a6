/** results/seeds.json: each seed's scores, with the machine and the versions. */
import { existsSync, readFileSync } from 'node:fs';
import { machine, today, versions, writeResult } from '../../recordedResults';
import type { Score } from './experiments';

/** One score of one seed; `seconds` is the time from the start of the run, loading included. */
export interface Run extends Score {
  seed: number;
  seconds: number;
}

/** The entry of an experiment. */
interface Entry {
  description: string;
  /** The date of the last run, as YYYY-MM-DD. */
  date: string;
  machine: { cpu: string; cores: number };
  versions: Record<string, string>;
  /** In the order of seeds, and of epochs within a seed. */
  runs: Run[];
}

/**
 * What a file holds, by the experiments' names.
 *
 * @throws {Error} if there is a file, but not one of this program.
 */
export function readEntries(file: string): Record<string, Entry> {
  if (!existsSync(file)) {
    return {};
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`${file} does not hold scores: ${reason}. Name another file or remove it.`);
  }
}

/**
 * Replaces older scores of the same seed and keeps the rest of the file. The file is read and
 * replaced synchronously, so that several programs can add to it.
 */
export async function store(
  file: string,
  experiment: string,
  description: string,
  runs: Run[],
): Promise<void> {
  const entries = readEntries(file);
  const others = (entries[experiment]?.runs ?? []).filter(
    ({ seed }) => !runs.some((run) => run.seed === seed),
  );
  entries[experiment] = {
    description,
    date: today(),
    machine: machine(),
    versions: versions(),
    runs: [...others, ...runs].sort((a, b) => a.seed - b.seed || a.epochs - b.epochs),
  };
  await writeResult(file, entries);
}
