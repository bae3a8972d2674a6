// `npm start`: JupyterLab on notebooks/, and the compiler, which updates the library's build while
// somebody edits lib/. Arguments are passed to JupyterLab: `npm start -- --no-browser --port 9000`.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { compiler } from '../setup/library.mjs';
import { takeLock } from '../setup/lock.mjs';
import { cache, jupyterEnvironment, project, venvPython } from '../setup/project.mjs';

const windows = process.platform === 'win32';
const secondsToStop = 15;

const notebooks = path.join(project, 'notebooks');
mkdirSync(notebooks, { recursive: true });

const wanted = process.argv.slice(2);
// Show only the address and errors, unless the user asks for more (the option is accepted only
// once): readers cannot do anything about its warnings.
const quiet = wanted.some((argument) => /log[-_]level|debug/.test(argument))
  ? []
  : ['--log-level=ERROR'];
// JupyterLab refuses to run as root by default. In a container root is the usual user, and the
// server listens on loopback only and asks for its token.
const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : [];

// Both get their own process groups, so that Ctrl-C reaches only this program, which then stops
// them in order. JupyterLab opens the folder in which it is started; its settings are in ./jupyter.
const env = jupyterEnvironment();
const runtime = `${env.JUPYTER_RUNTIME_DIR}`;
// JupyterLab chooses a free port long before it listens on it: two that start at once would choose
// the same one. So the next one starts when this one has its port.
const starting = await takeLock(path.join(cache, 'start.lock'), {
  onWait: () => console.log('Another JupyterLab is starting here; this one follows …'),
});
// JupyterLab looks for its style sheet only here.
const styles = path.join(`${env.JUPYTER_CONFIG_DIR}`, 'custom');
cpSync(path.join(project, 'scripts/notebooks/jupyter/custom'), styles, { recursive: true });
const before = new Set(runningServers());
const lab = spawn(venvPython, ['-m', 'jupyterlab', ...quiet, ...asRoot, ...wanted], {
  cwd: notebooks,
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: !windows,
});
const build = spawn(
  process.execPath,
  [compiler, '--watch', '--preserveWatchOutput', '--pretty', 'false'],
  {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: !windows,
  },
);
// Show only errors, not that another build has begun.
createInterface({ input: build.stdout }).on('line', (line) => {
  if (line.includes('error TS')) {
    console.error(line);
  }
});

const watch = setInterval(() => {
  if (runningServers().some((server) => !before.has(server))) {
    started();
  }
}, 100);

function started() {
  clearInterval(watch);
  starting.release();
}

/** The files in which running servers record their addresses. */
function runningServers() {
  return existsSync(runtime)
    ? readdirSync(runtime).filter((name) => /^jpserver-.*json$/.test(name))
    : [];
}

let stopping = false;

function stop() {
  if (stopping) {
    return;
  }
  stopping = true;
  build.kill();
  // On SIGTERM JupyterLab shuts its kernels down and ends without a question.
  lab.kill('SIGTERM');
  setTimeout(() => {
    console.error(`JupyterLab did not stop within ${secondsToStop} seconds; ending it.`);
    lab.kill('SIGKILL');
  }, secondsToStop * 1000).unref();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, stop);
}
// npm passes SIGTERM only to the shell between npm and this program. So if npm started this
// program, the end of the shell is a signal too.
if (process.env.npm_lifecycle_event) {
  const shell = process.ppid;
  setInterval(() => {
    if (process.ppid !== shell) {
      stop();
    }
  }, 500).unref();
}

lab.on('error', (error) => {
  started();
  console.error(`JupyterLab could not be started: ${error.message}`);
  process.exitCode = 1;
  build.kill();
});
lab.on('exit', (code) => {
  started();
  build.kill();
  // A stop by the user is a success; otherwise JupyterLab's own exit code counts.
  process.exitCode = stopping ? 0 : (code ?? 1);
});
