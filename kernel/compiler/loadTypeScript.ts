/**
 * Loads TypeScript from V8's code cache, which takes a third of the time: to be imported before
 * anything that imports `typescript`. The cache lies beside what the kernel is compiled to; V8
 * refuses one of another version, and then it is made anew.
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

const cachedData = readCache();
const script = new vm.Script(Module.wrap(readFileSync(fileName, 'utf8')), {
  filename: fileName,
  cachedData,
});
const loaded = new Module(fileName);
loaded.filename = fileName;
loaded.loaded = true;
require.cache[fileName] = loaded;
script.runInThisContext()(loaded.exports, require, loaded, fileName, path.dirname(fileName));

/** Stores the code that has been compiled until now, where there is no cache that fits. */
export function storeCache(): void {
  if (cachedData && !script.cachedDataRejected) {
    return;
  }
  const temporary = `${cacheFile}.${process.pid}`;
  try {
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, cacheFile);
  } catch {
    // A folder that cannot be written to: the next start is only slower.
  }
}
