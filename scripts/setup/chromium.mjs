// Finds the browser for the browser tests and the export to PDF.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { SetUpError } from './requirements.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
/** @type {Partial<Record<NodeJS.Platform, string[]>>} */
const usualPlaces = {
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].map((folder) =>
    path.join(process.env[folder] ?? '', 'Google/Chrome/Application/chrome.exe'),
  ),
};

/**
 * The path of Chromium or Chrome: the one that the variable CHROMIUM names, or the first one on
 * PATH or in the system's program folders; undefined if there is none.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {NodeJS.Platform} platform
 */
export function findChromium(environment = process.env, platform = process.platform) {
  if (environment.CHROMIUM) {
    if (!isProgram(environment.CHROMIUM)) {
      throw new SetUpError(
        `the variable CHROMIUM names ${environment.CHROMIUM}, which is not a program: give it the ` +
          'path of Chromium or Chrome, or remove it.',
      );
    }
    return environment.CHROMIUM;
  }
  const folders = (environment.PATH ?? '').split(path.delimiter).filter(Boolean);
  const candidates = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...candidates, ...(usualPlaces[platform] ?? [])].find(isProgram);
}

/** The path of Chromium or Chrome; installs Debian's package if that needs no password. */
export function needChromium() {
  const found = findChromium();
  if (found) {
    return found;
  }
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    console.log('Installing the package chromium …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
      spawnSync('apt-get', ['--quiet=2', ...args], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 600_000,
      });
    }
  }
  const installed = findChromium();
  if (!installed) {
    throw new SetUpError(
      'Chromium or Chrome is needed and was not found: install it with "sudo apt install chromium" ' +
        '(Debian), "sudo snap install chromium" (Ubuntu), "brew install --cask chromium" (macOS) or ' +
        '"winget install Google.Chrome" (Windows), or give its path in the variable CHROMIUM.',
    );
  }
  return installed;
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // missing, or not executable
  }
}
