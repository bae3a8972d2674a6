import type { DatasetFile } from './description';
import type { ReportProgress } from './progress';

/** What a source needs to look for files. */
export interface SourceContext {
  /** The dataset's name in messages. */
  readonly title: string;
  /** The name of the dataset's folder in the cache and in the offline folder. */
  readonly folder: string;
  /** The dataset's own folder in the cache. */
  readonly cacheFolder: string;
  /** Addresses to use instead of a source's own mirrors, if the caller has named some. */
  readonly mirrors: readonly string[] | undefined;
  /** After this long without data from a mirror, the next one is tried. */
  readonly silenceSeconds: number;
  /** Ends the search. */
  readonly signal: AbortSignal | undefined;
  /** To be called whenever there is something to report. */
  readonly report: ReportProgress;
}

/** A file as a source has it: compressed or not, and not checked yet. */
export interface FoundFile {
  /** The file's description. */
  readonly file: DatasetFile;
  /** Its contents. */
  readonly bytes: Uint8Array;
}

/** A place where files may be found. */
export interface Source {
  /** Its name in messages. */
  readonly name: string;
  /** Whether files that are found here are stored in the cache. */
  readonly store: boolean;
  /**
   * Yields the files that it has; throws when the place cannot be used at all.
   *
   * @param files the files to look for.
   */
  find(files: readonly DatasetFile[]): AsyncGenerator<FoundFile>;
}
