// The requirements of the machine, and the messages when they are not met. All are checked before
// anything is done, so that one message names everything that is missing.

/** The oldest major version of Node.js that everything is tested with. */
export const oldestNode = 22;
/** An older version, without security fixes since April 2026, but it still works. */
export const outdatedNode = 20;
/** @type {readonly [major: number, minor: number]} */
export const oldestPython = [3, 10];

/** A foreseeable reason why the set-up cannot go on, worded for the person who reads it. */
export class SetUpError extends Error {
  /** @override */
  name = 'SetUpError';
}

/**
 * Something that is missing.
 *
 * @typedef {object} Missing
 * @property {keyof typeof remedies | 'space'} what
 * @property {string} [detail] what was found instead
 */

/** For each thing that can be missing, how to say so, and the packages that have it. */
const remedies = {
  node: {
    missing: `Node.js ${oldestNode} or newer`,
    debian: '',
    fedora: 'nodejs',
    macos: 'node',
    windows: 'OpenJS.NodeJS.LTS',
  },
  python: {
    missing: `Python ${oldestPython.join('.')} or newer`,
    debian: 'python3 python3-venv',
    fedora: 'python3',
    macos: 'python',
    windows: 'Python.Python.3.13',
  },
  venv: {
    missing: "Python's modules for virtual environments, venv and ensurepip",
    debian: 'python3-venv',
    fedora: 'python3',
    macos: 'python',
    windows: 'Python.Python.3.13',
  },
  compiler: {
    missing: 'a C++ compiler, which connects TensorFlow to Node.js',
    debian: 'g++',
    fedora: 'gcc-c++',
    macos: '', // not Homebrew's
    windows: '', // nothing is compiled there
  },
};

/**
 * One message for all that is missing, with the commands that install it on this system.
 *
 * @param {readonly Missing[]} missing
 * @param {NodeJS.Platform} [platform]
 */
export function missingRequirements(missing, platform = process.platform) {
  const items = missing.map(({ what, detail }) => {
    const text = what === 'space' ? 'free disk space' : remedies[what].missing;
    return `  - ${text}${detail ? ` (${detail})` : ''}`;
  });
  const commands = installCommands(missing, platform).map((command) => `  ${command}`);
  return new SetUpError(
    [
      'this machine lacks',
      ...items,
      ...(commands.length > 0 ? ['Install it:', ...commands] : []),
      'Then run the same command again.',
    ].join('\n'),
  );
}

/**
 * @param {readonly Missing[]} missing
 * @param {NodeJS.Platform} platform
 * @returns {string[]}
 */
function installCommands(missing, platform) {
  const things = missing.flatMap(({ what }) => (what === 'space' ? [] : [what]));
  /** @param {'debian' | 'fedora' | 'macos' | 'windows'} system */
  const packages = (system) => {
    const names = things.flatMap((what) => remedies[what][system].split(' '));
    return [...new Set(names)].filter((name) => name !== '');
  };
  /**
   * @param {string} install
   * @param {string[]} names
   * @param {string} [note]
   */
  const command = (install, names, note) =>
    names.length > 0 ? [`${install} ${names.join(' ')}${note ? `   (${note})` : ''}`] : [];
  if (platform === 'darwin') {
    const compiler = things.includes('compiler') ? ['xcode-select --install'] : [];
    return [...command('brew install', packages('macos')), ...compiler];
  }
  if (platform === 'win32') {
    return packages('windows').flatMap((name) => command('winget install', [name]));
  }
  // Debian's own Node.js is usually too old.
  const node = things.includes('node')
    ? [`nvm install --lts   (see https://github.com/nvm-sh/nvm), or https://nodejs.org`]
    : [];
  return [
    ...node,
    ...command('sudo apt install', packages('debian'), 'Debian, Ubuntu'),
    ...command('sudo dnf install', packages('fedora'), 'Fedora'),
  ];
}
