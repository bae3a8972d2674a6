// The library and the addon that tfjs-node's makers publish, downloaded by its own install script.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runNpm } from '../nodePackages.mjs';
import { stallWatch } from '../progress.mjs';
import { CommandError, run } from '../run.mjs';
import {
  nodeApiVersion,
  readPackage,
  system,
  systemsWithPrebuiltAddon,
  tfjsNode,
} from './places.mjs';
import { passesSelfTest } from './selfTest.mjs';

/**
 * Downloads library and addon, if they are available and work here. Any failure counts as
 * unavailable.
 *
 * @param {import('../progress.mjs').StepLine} progress
 * @returns {Promise<boolean>} whether they are installed now
 */
export async function tryPrebuilt(progress) {
  if (!systemsWithPrebuiltAddon.includes(system)) {
    return false;
  }
  progress.update('looking for the prebuilt download');
  if (!(await answers(await prebuiltAddonUrl()))) {
    return false;
  }
  const packageFile = path.join(tfjsNode, 'package.json');
  const original = readFileSync(packageFile);
  removeNative();
  try {
    // .npmrc switches install scripts off; without the second argument nothing would run.
    await runNpm(['rebuild', '--ignore-scripts=false', '@tensorflow/tfjs-node'], {
      timeLimit: 600,
      stalled: stallWatch(tfjsNode, 30, (bytes) => {
        progress.update(`downloading the prebuilt library, ${Math.round(bytes / 1e6)} MB`);
      }),
    });
    if (await passesSelfTest()) {
      return true;
    }
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
  }
  // The package's install script edits its package.json and does not restore it when it fails.
  writeFileSync(packageFile, original);
  removeNative();
  return false;
}

/** Where the package would download its addon from. Its host can be set as the package allows. */
export async function prebuiltAddonUrl() {
  const { binary, version } = readPackage();
  const mirror = process.env.npm_config_tfjs_binding_binary_host_mirror;
  const script = path.join(tfjsNode, 'scripts/get-addon-name.js');
  const name = (await run(process.execPath, [script])).trim();
  return `${mirror ?? binary.host}/napi-v${nodeApiVersion}/${version}/${name}`;
}

/**
 * Whether a server has the file. Waits only a few seconds: a blocked host may never answer.
 *
 * @param {string} url
 * @param {number} [seconds]
 */
export async function answers(url, seconds = 4) {
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.timeout(seconds * 1000),
    });
    return response.ok;
  } catch {
    return false; // refused, unknown host, too slow, …: all count as no
  }
}

/** Removes library and addon from the package. */
export function removeNative() {
  for (const folder of ['deps', 'lib']) {
    rmSync(path.join(tfjsNode, folder), { recursive: true, force: true });
  }
}
