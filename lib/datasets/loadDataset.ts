import type { DatasetDescription } from './description';
import { type ObtainOptions, obtainFiles } from './obtain';

/**
 * Options of {@link loadDataset}, {@link mnist} and {@link fashionMnist}.
 *
 * @typeParam SourceName the names of the dataset's sources.
 */
export interface DatasetOptions<SourceName extends string = string>
  extends ObtainOptions<SourceName> {
  /** Takes at most the first so many samples of each part, to try something out quickly. */
  readonly limit?: number;
}

/**
 * Loads a dataset of your own, or any other that has a description: gets its files from the first
 * sources that have them, each checked by its SHA-256, stores in the cache (`data/cache`) what does
 * not come from your own folder, and decodes them.
 *
 * @param description the dataset's files, sources and decoder. `data/README.md` shows one.
 * @param options how many samples, and where the files may come from.
 * @returns what the description's decoder makes of the files.
 * @throws when no source has a file (with what was tried and what to do), when the cache cannot be
 *   written, or when `limit` is no whole number of at least 1.
 *
 * @example
 * const { train, test } = await datasets.loadDataset(cifar10, { limit: 1_000 });
 */
export async function loadDataset<Data, SourceName extends string>(
  description: DatasetDescription<Data, SourceName>,
  options: DatasetOptions<SourceName> = {},
): Promise<Data> {
  const { limit = Number.POSITIVE_INFINITY, ...obtainOptions } = options;
  if (!(limit >= 1) || (Number.isFinite(limit) && !Number.isInteger(limit))) {
    throw new Error(`limit is ${limit}, expected a whole number of at least 1.`);
  }
  return description.decode(await obtainFiles(description, obtainOptions), limit);
}
