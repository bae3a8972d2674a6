import type { Source, SourceContext } from './source';

/** One file of a dataset. */
export interface DatasetFile {
  /** The name it is published under, without `.gz`. */
  readonly name: string;
  /** Length of the uncompressed file. */
  readonly bytes: number;
  /** SHA-256 of the uncompressed file, in hexadecimal. */
  readonly sha256: string;
}

/** A dataset's files, by name: checked, and not compressed. */
export type DatasetFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Describes a dataset: {@link loadDataset} can load any dataset with a description.
 *
 * @typeParam Data what the dataset is loaded as.
 * @typeParam SourceName the names of its sources.
 */
export interface DatasetDescription<Data, SourceName extends string = string> {
  /** Its name in messages. */
  readonly title: string;
  /** The name of its folder in the cache and in the offline folder. */
  readonly folder: string;
  /** Its files, and how to check them. */
  readonly files: readonly DatasetFile[];
  /**
   * Where the files can come from, by the names that the option `sources` takes, in the order in
   * which they are tried.
   */
  readonly sources: Readonly<Record<SourceName, SourceMaker>>;
  /** Where a person finds the files, for the message when no source has them. */
  readonly website: string;
  /** Decodes the files into the data. */
  readonly decode: Decoder<Data>;
}

/**
 * Lists the places of a source.
 *
 * @param context the dataset that is looked for, and the options.
 * @returns the places, in the order in which they are tried.
 */
export type SourceMaker = (context: SourceContext) => readonly Source[];

/**
 * Makes a dataset's files into tensors.
 *
 * @param files all files of the dataset.
 * @param limit how many samples of each part to take at most; may be infinite.
 * @returns the data; tensors in it are the caller's to dispose.
 */
export type Decoder<Data> = (files: DatasetFiles, limit: number) => Data;
