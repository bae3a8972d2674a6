import type { DatasetDescription } from './description';
import { type ObtainOptions, obtainFiles } from './obtain';

/**
 * Options of {@link loadDataset}, {@link mnist} and {@link fashionMnist}.
 *
 * @typeParam SourceName the names of the dataset's sources.
 */
export interface DatasetOptions<SourceName extends string = string>
  extends ObtainOptions<SourceName> {
  /** The largest number of samples to take from each part, to try something out quickly. */
  readonly limit?: number;
}

/**
 * Loads a dataset that has a description, for example one of your own: gets its files from the
 * first sources that have them, checks each by its SHA-256, stores in the cache (`data/cache`)
 * those that do not come from your own folder, and decodes them.
 *
 * @param description the dataset's files, sources and decoder. `data/README.md` shows one.
 * @param options how many samples, and where the files may come from.
 * @returns what the description's decoder returns.
 * @throws when no source has a file (with what was tried and what to do), when the cache cannot be
 *   written, or when `limit` is not a whole number of at least 1.
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
