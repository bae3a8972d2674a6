import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { project } from './places';

const isInstalledPackage = basename(dirname(project)) === 'node_modules';

/**
 * Where files that took time to obtain are kept. In the project: `data/cache`. If the library is
 * installed in an application's `node_modules`, which npm may empty: the user's cache,
 * `$XDG_CACHE_HOME` or `~/.cache`.
 *
 * @param name a folder within it.
 */
export function cacheFolder(name = ''): string {
  const cache = isInstalledPackage
    ? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), basename(project))
    : join(project, 'data/cache');
  return join(cache, name);
}
