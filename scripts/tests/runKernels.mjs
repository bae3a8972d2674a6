// `npm run test:kernel`: one checklist on this project's kernel and on others; see
// test/kernel/checklist.py.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { jupyterEnvironment, project, venvPython } from '../setup/project.mjs';

const checklist = path.join(project, 'test/kernel/checklist.py');
const { status } = spawnSync(venvPython, [checklist, ...process.argv.slice(2)], {
  cwd: project,
  env: jupyterEnvironment(),
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
