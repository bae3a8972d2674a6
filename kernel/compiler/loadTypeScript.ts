/**
 * Loads TypeScript from V8's code cache, which takes a third of the time. Must be imported before
 * anything that imports `typescript`. The cache is beside the compiled kernel; if V8 rejects it
 * because of another version, it is made anew.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

const fileName = require.resolve('typescript');
const cacheFile = path.join(__dirname, 'typescript.cache');

function readCache(): Buffer | undefined {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined; // The first start.
  }
}

const script = new vm.Script(Module.wrap(readFileSync(fileName, 'utf8')), {
  filename: fileName,
  cachedData: readCache(),
});
const loaded = new Module(fileName);
loaded.filename = fileName;
loaded.loaded = true;
require.cache[fileName] = loaded;
script.runInThisContext()(loaded.exports, require, loaded, fileName, path.dirname(fileName));

/** Stores the code that has been compiled so far, unless there is a valid cache. */
export function storeCache(): void {
  // `undefined` where there was no cache.
  if (script.cachedDataRejected === false) {
    return;
  }
  const temporary = `${cacheFile}.${process.pid}`;
  try {
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, cacheFile);
  } catch {
    // If the folder cannot be written, the next start is only slower.
  }
}
