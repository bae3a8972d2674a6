// `npm run notebooks`: runs the notebooks on this project's kernel; see run_notebooks.py.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { jupyterEnvironment, project, venvPython } from '../setup/project.mjs';

const env = jupyterEnvironment();
// IPython, which nbclient uses, warns if this folder is missing.
mkdirSync(`${env.IPYTHONDIR}`, { recursive: true });

const program = path.join(project, 'scripts/notebooks/run_notebooks.py');
const runner = spawn(venvPython, [program, ...process.argv.slice(2)], {
  cwd: project,
  env,
  stdio: 'inherit',
});
// Ctrl-C reaches the runner as well; it stops its kernel and then ends this program with it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => runner.kill());
runner.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
