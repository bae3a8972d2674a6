// Where things lie in the project, and the environment that keeps Jupyter inside it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const windows = process.platform === 'win32';

export const project = path.resolve(fileURLToPath(import.meta.url), '../../..');
export const cache = path.join(project, '.cache');
export const nodeModules = path.join(project, 'node_modules');
export const venv = path.join(project, '.venv');
export const venvPython = path.join(venv, windows ? 'Scripts/python.exe' : 'bin/python');

/**
 * The environment for JupyterLab, nbclient and every other Jupyter program: this project's kernel
 * is found, and whatever Jupyter writes stays in the project folder.
 */
export function jupyterEnvironment(environment = process.env) {
  const own = path.join(project, '.jupyter');
  const settings = path.join(project, 'scripts/notebooks/jupyter');
  // On Windows the variable may be spelt "Path"; the child must not receive both.
  const { PATH, Path, ...rest } = environment;
  const searchPath = [path.dirname(process.execPath), path.dirname(venvPython), PATH ?? Path];
  return {
    ...rest,
    // The kernel runs on the Node.js that the set-up has tested.
    PATH: searchPath.filter(Boolean).join(path.delimiter),
    // The kernel, and the page that notebooks are exported to.
    JUPYTER_PATH: [path.join(project, 'kernel'), settings].join(path.delimiter),
    JUPYTER_CONFIG_PATH: settings,
    JUPYTER_CONFIG_DIR: path.join(own, 'config'),
    JUPYTER_DATA_DIR: path.join(own, 'data'),
    JUPYTER_RUNTIME_DIR: path.join(own, 'runtime'),
    JUPYTERLAB_SETTINGS_DIR: path.join(own, 'lab/user-settings'),
    JUPYTERLAB_WORKSPACES_DIR: path.join(own, 'lab/workspaces'),
    IPYTHONDIR: path.join(own, 'ipython'),
    TF_CPP_MIN_LOG_LEVEL: environment.TF_CPP_MIN_LOG_LEVEL ?? '2',
  };
}
