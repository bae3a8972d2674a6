import { resolve } from 'node:path';
import { notebookHost } from '../display/index';
import { cacheFolder } from '../files/cacheFolder';
import type { DatasetDescription, DatasetFile, DatasetFiles, SourceMaker } from './description';
import { offlineFolderVariable } from './localSources';
import { ProgressLine, type ReportProgress } from './progress';
import type { Source, SourceContext } from './source';
import { CacheWriteError, storeInCache } from './store';
import { unpackAndVerify } from './verification';

/**
 * Where a dataset's files come from, and how the progress is reported.
 *
 * @typeParam SourceName the names of the dataset's sources.
 */
export interface ObtainOptions<SourceName extends string = string> {
  /**
   * The cache's folder. Default: `data/cache` of this project, or, for an installed package, the
   * user's own cache (`~/.cache/typescript-neural-network-notebooks`).
   */
  readonly folder?: string;
  /** Only these sources, in this order; by default all sources of the dataset. */
  readonly sources?: readonly SourceName[];
  /** Addresses to use instead of the public mirrors: `<address>/<file name>.gz`. */
  readonly mirrors?: readonly string[];
  /** Seconds that a mirror may be silent before the next one is tried; default 5. */
  readonly silenceSeconds?: number;
  /** Called while files are downloaded, instead of showing a line of progress. */
  readonly onProgress?: ReportProgress;
  /** Ends a download. By default, interrupting the cell does so in a notebook. */
  readonly signal?: AbortSignal;
}

/**
 * Gets a dataset's files from the first sources that have them, each file checked by its SHA-256,
 * and stores in the cache those that do not come from the user's own folder. Needs no TensorFlow.
 *
 * @throws when no source has a file (with what was tried and what to do), or when the cache cannot
 *   be written.
 */
export async function obtainFiles<SourceName extends string>(
  dataset: Omit<DatasetDescription<unknown, SourceName>, 'decode'>,
  options: ObtainOptions<SourceName> = {},
): Promise<DatasetFiles> {
  const progressLine = new ProgressLine();
  const context: SourceContext = {
    title: dataset.title,
    folder: dataset.folder,
    cacheFolder: resolve(options.folder ?? cacheFolder(), dataset.folder),
    mirrors: options.mirrors,
    silenceSeconds: options.silenceSeconds ?? 5,
    signal: options.signal ?? notebookHost()?.signal,
    report: options.onProgress ?? progressLine.report,
  };
  try {
    const files = await trySources(
      chooseSources(dataset, context, options.sources),
      dataset,
      context,
    );
    progressLine.conclude(`${dataset.title}: all files are here and checked`);
    return files;
  } finally {
    progressLine.end();
  }
}

/** The part of a description that is needed to get the files. */
type Wanted = Omit<DatasetDescription<unknown>, 'decode'>;

function chooseSources(
  { title, sources }: Wanted,
  context: SourceContext,
  chosen: readonly string[] = Object.keys(sources),
): Source[] {
  const unknown = chosen.find((name) => !Object.hasOwn(sources, name));
  if (unknown !== undefined) {
    const known = Object.keys(sources).join(', ');
    throw new Error(`${title} has no source "${unknown}"; it has: ${known}.`);
  }
  return chosen.flatMap((name) => (sources[name] as SourceMaker)(context));
}

async function trySources(
  sources: readonly Source[],
  dataset: Wanted,
  context: SourceContext,
): Promise<DatasetFiles> {
  const missing = new Set(dataset.files);
  const files = new Map<string, Uint8Array>();
  const failures: string[] = [];
  for (const source of sources) {
    if (missing.size > 0) {
      failures.push(...(await takeFrom(source, missing, files, context)));
    }
  }
  if (missing.size > 0) {
    throw new Error(failureMessage(dataset, missing, failures));
  }
  return files;
}

/**
 * Moves the files that the source has from `missing` to `files`, and notes why it lacks the rest.
 */
async function takeFrom(
  source: Source,
  missing: Set<DatasetFile>,
  files: Map<string, Uint8Array>,
  { title, cacheFolder, report, signal }: SourceContext,
): Promise<string[]> {
  const failures: string[] = [];
  const fail = (reason: string): void => {
    failures.push(`${source.name}: ${reason}`);
    report({ message: `${title}: ${source.name}: ${reason}` });
  };
  try {
    for await (const { file, bytes } of source.find([...missing])) {
      const verified = await unpackAndVerify(file, bytes).catch((error: Error) =>
        fail(`${file.name}: ${error.message}`),
      );
      if (verified) {
        if (source.store) {
          await storeInCache(cacheFolder, file, verified);
        }
        files.set(file.name, verified);
        missing.delete(file);
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CacheWriteError) {
      throw error;
    }
    fail((error as Error).message);
  }
  if (missing.size > 0 && failures.length === 0) {
    failures.push(`${source.name}: does not have ${namesOf(missing)}`);
  }
  return failures;
}

function failureMessage(
  dataset: Wanted,
  missing: ReadonlySet<DatasetFile>,
  failures: readonly string[],
): string {
  const tried = failures.map((failure) => `\n  - ${failure}`).join('');
  return (
    `${dataset.title} cannot be loaded; missing: ${namesOf(missing)}.\nTried:${tried}\n` +
    'What to do: connect this machine to the network and try again. Or get the files (with or ' +
    `without .gz) elsewhere, for example from ${dataset.website}, put them into a folder ` +
    `called "${dataset.folder}", and set the environment variable ${offlineFolderVariable} to ` +
    'the folder that holds it.'
  );
}

function namesOf(files: Iterable<DatasetFile>): string {
  return [...files].map((file) => file.name).join(', ');
}
