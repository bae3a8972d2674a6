import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiledLibrary } from '../files/places';
import type { Answer, Question } from './decoder';
import type { GreyPixels } from './grey';

const limits = { seconds: 9, megabytes: 900, heapMegabytes: 300 };
const idleSeconds = 30;

let decoder: ChildProcess | undefined;
let idle: NodeJS.Timeout | undefined;
let previous: Promise<unknown> = Promise.resolve();

/**
 * Decodes a picture in a process of its own, which is kept for the next ones and ends with this
 * one. A file that makes a decoder crash, take memory without end or go on for ever ends that
 * process and nothing else.
 *
 * @throws Error with the rest of a sentence that begins with the picture's name.
 */
export function decodeApart(question: Question): Promise<GreyPixels> {
  const answer = previous.then(() => ask(question));
  previous = answer.catch(() => undefined);
  return answer;
}

async function ask(question: Question): Promise<GreyPixels> {
  clearTimeout(idle);
  decoder ??= await start();
  const asked = decoder;
  keepAlive(asked, true);
  try {
    const answer = await answerOf(asked, question);
    if ('problem' in answer) {
      throw new Error(answer.problem);
    }
    return answer;
  } finally {
    keepAlive(asked, false);
    idle = setTimeout(end, idleSeconds * 1000, asked).unref();
  }
}

function answerOf(asked: ChildProcess, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(`takes more than ${limits.seconds} seconds to decode`),
      limits.seconds * 1000,
    );
    const answered = (answer: Answer) => {
      stopListening();
      resolve(answer);
    };
    const fail = (problem: string) => {
      stopListening();
      end(asked);
      reject(new Error(problem));
    };
    const exited = (code: number | null, signal: string | null) =>
      fail(
        `cannot be decoded; it may be damaged, or need more than ${limits.megabytes} MB of memory ` +
          `(its decoder ended with ${signal ?? `exit code ${code}`})`,
      );
    const unreachable = (error: Error) =>
      fail(`cannot be decoded: the process for it cannot be reached (${error.message})`);
    const stopListening = () => {
      clearTimeout(timer);
      asked.off('message', answered).off('exit', exited).off('error', unreachable);
    };
    asked.on('message', answered).on('exit', exited).on('error', unreachable);
    asked.send(question, (error) => error && unreachable(error));
  });
}

async function start(): Promise<ChildProcess> {
  const program = [
    `--max-old-space-size=${limits.heapMegabytes}`,
    join(compiledLibrary, 'images/decoder.js'),
  ];
  const options: SpawnOptions = {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // Bytes travel as bytes and not as JSON.
    serialization: 'advanced',
  };
  // The limit holds on Linux. Elsewhere only what the headers say is limited.
  const started =
    process.platform === 'linux'
      ? spawn('/bin/sh', ['-c', await limited(), process.execPath, ...program], options)
      : spawn(process.execPath, program, options);
  return started.once('exit', () => {
    decoder = decoder === started ? undefined : decoder;
  });
}

let reserved: number | undefined;

/** The command that runs a program within the limit of memory. */
async function limited(): Promise<string> {
  try {
    reserved ??= await reservedByNode();
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`cannot be decoded: the process for it cannot be started (${reason})`);
  }
  return `ulimit -d ${limits.megabytes * 1000 + reserved}; exec "$0" "$@"`;
}

/**
 * Kilobytes that the system's limit counts though Node.js does not use them: it reserves 90 MB of
 * addresses when it starts, and 620 MB from version 24 on.
 */
async function reservedByNode(): Promise<number> {
  const program = "require('node:fs').readFileSync('/proc/self/status', 'latin1')";
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', program]);
  return Number(/^VmData:\s+(\d+) kB$/m.exec(stdout)?.[1] ?? 0);
}

function end(ended: ChildProcess): void {
  decoder = decoder === ended ? undefined : decoder;
  ended.kill('SIGKILL');
}

/** Whether this process is to go on as long as that one has not answered. */
function keepAlive(child: ChildProcess, isNeeded: boolean): void {
  const [handle, channel] = [child, child.channel];
  if (isNeeded) {
    handle.ref();
    channel?.ref();
  } else {
    handle.unref();
    channel?.unref();
  }
}
