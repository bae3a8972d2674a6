import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { until } from './until';

const project = path.resolve(__dirname, '../../..');

/** The folder of the copied notebooks and of everything else that the browser tests write. */
export const workplace = path.join(project, 'build/browser');

/**
 * JupyterLab as `npm start` starts it, on a copy of the notebooks: the tests do not change the
 * committed ones.
 */
export class JupyterLab {
  private constructor(
    readonly address: string,
    /** The folder that JupyterLab opens. */
    readonly notebooks: string,
    private readonly program: ChildProcess,
    private readonly output: string[],
  ) {}

  static async start(): Promise<JupyterLab> {
    const notebooks = copyNotebooks();
    const port = await freePort();
    const token = 'browser-tests';
    const program = spawn(
      process.execPath,
      [
        path.join(project, 'scripts/notebooks/start.mjs'),
        '--no-browser',
        `--ServerApp.port=${port}`,
        '--ServerApp.port_retries=0',
        `--IdentityProvider.token=${token}`,
        `--ServerApp.root_dir=${notebooks}`,
        // The user's own settings and open tabs are neither used nor changed.
        `--LabApp.user_settings_dir=${path.join(workplace, 'settings')}`,
        `--LabApp.workspaces_dir=${path.join(workplace, 'workspaces')}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const output: string[] = [];
    for (const stream of [program.stdout, program.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
    }
    const address = `http://127.0.0.1:${port}`;
    const lab = new JupyterLab(`${address}/lab?token=${token}&reset`, notebooks, program, output);
    try {
      await until('JupyterLab answers', 60, async () => {
        if (program.exitCode !== null) {
          throw new Error(`JupyterLab ended at its start:\n${lab.log}`);
        }
        return fetch(`${address}/api/status?token=${token}`).then(
          ({ ok }) => ok,
          () => false, // not listening yet
        );
      });
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  /** What was printed in the terminal. */
  get log(): string {
    return this.output.join('');
  }

  get processId(): number {
    return this.program.pid ?? 0;
  }

  /** Stops it as Ctrl-C does. */
  async stop(): Promise<void> {
    if (this.program.exitCode === null) {
      const ended = once(this.program, 'exit');
      this.program.kill('SIGINT');
      await ended;
    }
  }
}

/**
 * A folder laid out like the project, because notebooks use `../lib`, `../data` and `../results`.
 */
function copyNotebooks(): string {
  rmSync(path.join(workplace, 'project'), { recursive: true, force: true });
  const notebooks = path.join(workplace, 'project/notebooks');
  mkdirSync(notebooks, { recursive: true });
  for (const folder of ['lib', 'build', 'data', 'results']) {
    symlinkSync(path.join(project, folder), path.join(workplace, 'project', folder), 'junction');
  }
  for (const name of readdirSync(path.join(project, 'notebooks'))) {
    if (name.endsWith('.ipynb')) {
      cpSync(path.join(project, 'notebooks', name), path.join(notebooks, name));
    }
  }
  return notebooks;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error(`A port was expected, not the address ${address}.`);
  }
  return address.port;
}
