import type { DatasetDescription, DatasetFile } from './catalogue';
import type { ReportProgress } from './progress';

/** What a source needs to know to look for files. */
export interface SourceContext {
  readonly dataset: DatasetDescription;
  /** The dataset's own folder in the cache. */
  readonly cacheFolder: string;
  readonly mirrors: readonly string[];
  /** A mirror that sends nothing for so long is left for the next one. */
  readonly silenceSeconds: number;
  readonly signal: AbortSignal | undefined;
  readonly report: ReportProgress;
}

/** A file that a source has, as it is there: compressed or not, and not checked yet. */
export interface FoundFile {
  readonly file: DatasetFile;
  readonly bytes: Uint8Array;
}

/** A place where files may be found. */
export interface Source {
  /** How messages name it. */
  readonly name: string;
  /** Whether what is found here is to be stored in the cache. */
  readonly store: boolean;
  /** Gives those of the files that are there; throws when the place cannot be used at all. */
  find(files: readonly DatasetFile[]): AsyncGenerator<FoundFile>;
}
