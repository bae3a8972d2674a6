// `npm run notebooks:diff`: what changed in the notebooks, cell by cell, by Jupyter's own nbdime.
import { spawnSync } from 'node:child_process';
import { jupyterEnvironment, project } from '../setup/project.mjs';
import { pythonEnvironment } from '../setup/pythonEnvironment.mjs';

const help = `Usage: npm run notebooks:diff -- [options] [COMMIT [COMMIT]] [NOTEBOOK...]

Shows what changed in the notebooks, cell by cell: since the last commit, since a COMMIT, or from
one to the other. The first time it installs nbdime, Jupyter's program for that, into .cache.

Options:
  --help            print this text
  --ignore-outputs  only the text and the code
  ...               whatever else nbdiff takes: https://nbdime.readthedocs.io/en/latest/cli.html

Exit status: 0, or that of nbdiff if it failed.
`;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(help);
  process.exit();
}
try {
  const python = await pythonEnvironment(
    'notebooks-diff',
    'scripts/notebooks/requirements-diff.txt',
  );
  const nbdiff = ['-m', 'nbdime.nbdiffapp', ...args];
  const { status } = spawnSync(python, nbdiff, {
    cwd: project,
    stdio: 'inherit',
    // nbdime reads settings from the user's Jupyter folder.
    env: jupyterEnvironment(),
  });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(`notebooks:diff: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
