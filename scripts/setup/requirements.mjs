// What the machine must bring along, and what to say when it does not.

export const oldestNode = 20;
export const oldestPython = [3, 10];

const pythonVersion = oldestPython.join('.');

/** The remedy for each thing that can be missing, for the three systems people use. */
const remedies = {
  python: {
    missing: `Python ${pythonVersion} or newer was not found`,
    debian: 'sudo apt install python3 python3-venv',
    macos: 'brew install python',
    windows: 'winget install Python.Python.3.13',
  },
  venv: {
    missing: 'Python is there without its module for virtual environments',
    debian: 'sudo apt install python3-venv',
    macos: 'brew install python',
    windows: 'winget install Python.Python.3.13',
  },
  compiler: {
    missing: 'a C++ compiler is needed to connect TensorFlow to Node.js, and none was found',
    debian: 'sudo apt install g++',
    macos: 'xcode-select --install',
    windows: 'wsl --install',
  },
};

/** A foreseeable reason why the set-up cannot go on, worded for the person who reads it. */
export class SetUpProblem extends Error {
  name = 'SetUpProblem';
}

/** The one sentence for a missing requirement: what is missing, and the remedy on each system. */
export function missingRequirement(requirement, detail = '') {
  const { missing, debian, macos, windows } = remedies[requirement];
  return new SetUpProblem(
    `${missing}${detail && ` (${detail})`}: install it with "${debian}" (Debian/Ubuntu), ` +
      `"${macos}" (macOS) or "${windows}" (Windows), then run the same command again.`,
  );
}
