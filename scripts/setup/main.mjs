// Prepares everything the project needs, inside the project folder: Node packages, Python with
// JupyterLab, native TensorFlow, the notebook kernel and the compiled library. `npm start` and
// `npm test` run it first; when nothing is left to do it ends in well under a second.
// Only Node's own modules are used here: nothing else is installed yet when this starts.
import { oldestNode } from './requirements.mjs';

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestNode) {
  console.error(
    `Set-up stopped: this is Node.js ${process.versions.node}, but ${oldestNode} or newer is needed: ` +
      'install the current LTS version from https://nodejs.org (any system), with "nvm install --lts" ' +
      '(Debian/Ubuntu, macOS) or "winget install OpenJS.NodeJS.LTS" (Windows).',
  );
  process.exit(1);
}

// Imported only now: an older Node.js could not even load these.
const { setUp } = await import('./steps.mjs');
process.exitCode = await setUp();
