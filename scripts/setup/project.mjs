// The project's folders, and environments that keep other programs' files inside the project.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const windows = process.platform === 'win32';

/** The project's folder, from this file or from its compiled copy in build/. */
export const project = folderWith('package.json', path.dirname(fileURLToPath(import.meta.url)));
export const cache = path.join(project, '.cache');
export const nodeModules = path.join(project, 'node_modules');
export const venv = path.join(project, '.venv');
export const venvPython = pythonIn(venv);

/**
 * The folder of this process's temporary files: inside the project, as the system's may be small.
 */
export const temporaryFiles = path.join(cache, 'tmp', `${process.pid}`);

/**
 * The nearest folder, this one or one above it, that has a file of this name.
 *
 * @param {string} name
 * @param {string} folder
 * @returns {string}
 */
function folderWith(name, folder) {
  return existsSync(path.join(folder, name)) ? folder : folderWith(name, path.dirname(folder));
}

/**
 * The Python of a virtual environment.
 *
 * @param {string} environment its folder
 */
export function pythonIn(environment) {
  return path.join(environment, windows ? 'Scripts/python.exe' : 'bin/python');
}

/**
 * Variables that make other programs keep their caches and temporary files in the project's folder
 * instead of the user's home.
 *
 * @returns {Record<string, string>}
 */
export function cachesInProject() {
  return {
    PIP_CACHE_DIR: path.join(cache, 'pip'),
    UV_CACHE_DIR: path.join(cache, 'uv'),
    KERAS_HOME: path.join(cache, 'keras'),
    // Biome, and other programs that follow the XDG convention.
    XDG_CACHE_HOME: cache,
    TMPDIR: temporaryFiles,
    TEMP: temporaryFiles,
    TMP: temporaryFiles,
  };
}

/**
 * The environment for JupyterLab, nbclient and every other Jupyter program: they find this
 * project's kernel, and all their files stay in the project's folder.
 *
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv}
 */
export function jupyterEnvironment(environment = process.env) {
  const own = path.join(project, '.jupyter');
  const settings = path.join(project, 'scripts/notebooks/jupyter');
  // On Windows the variable may be spelt "Path"; the child must not get both.
  const { PATH, Path, ...rest } = environment;
  const searchPath = [path.dirname(process.execPath), path.dirname(venvPython), PATH ?? Path];
  return {
    ...rest,
    // The kernel runs on the Node.js that the set-up has tested.
    PATH: searchPath.filter(Boolean).join(path.delimiter),
    // The paths of the kernel and of the template for exported notebooks.
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
