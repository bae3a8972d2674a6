import type { DatasetFile } from './description';
import type { ReportProgress } from './progress';

/** What a source needs to know to look for files. */
export interface SourceContext {
  /** What messages call the dataset. */
  readonly title: string;
  /** The name of the dataset's folder in the cache and in the offline folder. */
  readonly folder: string;
  /** The dataset's own folder in the cache. */
  readonly cacheFolder: string;
  /** Addresses to use instead of a source's own mirrors, if the caller has named some. */
  readonly mirrors: readonly string[] | undefined;
  /** A mirror that sends nothing for so long is left for the next one. */
  readonly silenceSeconds: number;
  /** Ends the search. */
  readonly signal: AbortSignal | undefined;
  /** To be called whenever there is something to report. */
  readonly report: ReportProgress;
}

/** A file that a source has, as it is there: compressed or not, and not checked yet. */
export interface FoundFile {
  /** Which of the files it is. */
  readonly file: DatasetFile;
  /** Its contents. */
  readonly bytes: Uint8Array;
}

/** A place where files may be found. */
export interface Source {
  /** How messages name it. */
  readonly name: string;
  /** Whether what is found here is to be stored in the cache. */
  readonly store: boolean;
  /**
   * Gives those of the files that are there; throws when the place cannot be used at all.
   *
   * @param files what is looked for.
   */
  find(files: readonly DatasetFile[]): AsyncGenerator<FoundFile>;
}
