import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

// This file is build/lib/files/cacheFolder.js when it runs.
const root = resolve(__dirname, '../../..');

const isInstalledPackage = basename(dirname(root)) === 'node_modules';

/**
 * Where files are kept that took time to obtain. In the project: `data/cache`. Of a package within
 * another application's `node_modules`, which any installation may empty: the user's own cache,
 * `$XDG_CACHE_HOME` or `~/.cache`.
 *
 * @param name a folder within it.
 */
export function cacheFolder(name = ''): string {
  const cache = isInstalledPackage
    ? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), basename(root))
    : join(root, 'data/cache');
  return join(cache, name);
}
