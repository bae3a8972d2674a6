// Prepares everything the project needs, inside the project folder: Node packages, Python with
// JupyterLab, native TensorFlow, the notebook kernel and the compiled library. `npm start` and
// `npm test` run it first; if nothing is left to do, it ends in well under a second. It uses only
// Node's own modules, because nothing else is installed yet.
import { missingRequirements, outdatedNode } from './requirements.mjs';

// Much older versions could not even load the modules that check the other requirements.
if (Number(process.versions.node.split('.')[0]) < outdatedNode - 2) {
  const detail = `this is ${process.versions.node}`;
  console.error(`Set-up stopped: ${missingRequirements([{ what: 'node', detail }]).message}`);
  process.exit(1);
}

const { setUp } = await import('./steps.mjs');
process.exitCode = await setUp();
