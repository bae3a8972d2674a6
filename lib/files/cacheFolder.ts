import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { project } from './places';

const isInstalledPackage = basename(dirname(project)) === 'node_modules';

/**
 * Where files are kept that took time to obtain. In the project: `data/cache`. Of a package within
 * another application's `node_modules`, which any installation may empty: the user's own cache,
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
