import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const project = path.resolve(__dirname, '../../..');

/** The limits of a child process. */
export interface Limits {
  /** How long it may be silent. */
  readonly silentSeconds: number;
  /** Of its own memory, if the system can limit that (Linux). */
  readonly megabytes: number;
}

/**
 * Runs a program of this folder in its own process and temporary folder.
 *
 * @param command the program and its arguments; `node` or Python, by the program's ending.
 * @param onLine is called with each printed line but the last.
 * @returns the last line that it prints, which is JSON, and its parsed value.
 * @throws Error if it fails, crashes or is silent for too long; with what it printed on stderr.
 */
export async function runChild(
  command: readonly [program: string, ...options: string[]],
  { silentSeconds, megabytes }: Limits,
  onLine: (line: string) => void = () => {},
): Promise<unknown> {
  const temporary = temporaryFolder();
  const [program, ...options] = command;
  const limited =
    process.platform === 'linux'
      ? `ulimit -d ${megabytes * 1000}; exec "$0" "$@"`
      : 'exec "$0" "$@"';
  const child = spawn('/bin/sh', ['-c', limited, ...interpreterOf(program), ...options], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, JUPYTER_PATH: path.join(project, 'kernel') },
  });
  let [last, complaint, isSilent] = ['', '', false];
  const silence = setTimeout(() => {
    isSilent = true;
    child.kill('SIGKILL');
  }, silentSeconds * 1000);
  createInterface(child.stdout).on('line', (line) => {
    silence.refresh();
    onLine(last);
    last = line;
  });
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...end) => resolve(end));
  });
  clearTimeout(silence);
  if (code !== 0) {
    const end = isSilent ? `silent for ${silentSeconds} s` : (signal ?? `exit code ${code}`);
    throw new Error(`${command.join(' ')}: ${end}; last "${last}"\n${complaint}\nSee ${temporary}`);
  }
  rmSync(temporary, { recursive: true, force: true });
  return JSON.parse(last);
}

/** Empty, and in the project's cache; it stays if the program fails. */
function temporaryFolder(): string {
  const parent = path.join(project, '.cache/soak');
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(path.join(parent, 'run-'));
}

function interpreterOf(program: string): string[] {
  return program.endsWith('.py')
    ? [path.join(project, '.venv/bin/python'), path.join(project, 'test/soak', program)]
    : [process.execPath, '--expose-gc', path.join(__dirname, program)];
}
