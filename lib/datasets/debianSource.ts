import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { filesInFolder } from './localSources';
import type { Source, SourceContext } from './source';
import { CacheWriteError, diskIsFull, temporaryPrefix } from './store';

const packageName = 'dataset-fashion-mnist';
/** For the progress only. */
const packageBytes = 30_900_652;

const aptOptions: readonly string[] = [
  '-qq',
  // Started by root, apt would download as its user _apt, who may not write into the cache.
  ...['-o', 'APT::Sandbox::User=root'],
  ...['-o', 'Acquire::Retries=0'],
  ...['-o', 'Acquire::http::Timeout=10'],
  ...['-o', 'Acquire::https::Timeout=10'],
  // Prints lines such as "dlstatus:1:20.5:Retrieving file 1 of 1".
  ...['-o', 'APT::Status-Fd=1'],
];

/**
 * The Debian and Ubuntu package dataset-fashion-mnist: where it is installed, its files; else it
 * is downloaded and unpacked into a temporary folder, which needs no administrator's rights.
 */
export function debianSource(context: SourceContext): Source {
  return {
    name: `Debian package ${packageName}`,
    store: true,
    async *find(files) {
      const installed = await installedFolder(context);
      if (installed) {
        yield* filesInFolder(installed, files);
        return;
      }
      await mkdir(context.cacheFolder, { recursive: true });
      const folder = await mkdtemp(join(context.cacheFolder, temporaryPrefix));
      try {
        await downloadPackage(folder, context);
        await unpackPackage(folder, context);
        yield* filesInFolder(join(folder, 'unpacked/usr/share/datasets/fashion-mnist'), files);
      } catch (error) {
        throw shorten(error as Error, context.cacheFolder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function installedFolder({ dataset, signal }: SourceContext): Promise<string | undefined> {
  try {
    const { stdout } = await runProgram('dpkg', ['-L', packageName], { signal });
    const path = stdout
      .split('\n')
      .find((line) => line.endsWith(`/${dataset.trainImages.name}.gz`));
    return path && dirname(path);
  } catch (error) {
    if ((error as Error).message.includes('not installed')) {
      return undefined;
    }
    throw error;
  }
}

async function downloadPackage(folder: string, context: SourceContext): Promise<void> {
  const { dataset, report, signal } = context;
  try {
    await aptGet(['download', packageName], folder, context);
  } catch {
    signal?.throwIfAborted();
    // Many containers come without apt's package lists. Lists of our own need no rights and leave
    // the machine's as they are; if the trouble was another one, it shows again below.
    const lists = ['-o', `Dir::State::lists=${join(folder, 'lists')}`];
    await mkdir(join(folder, 'lists/partial'), { recursive: true });
    report({ message: `${dataset.title}: lists of Debian packages` });
    const options = { cwd: folder, signal };
    const update = await runProgram('apt-get', [...aptOptions, ...lists, 'update'], options);
    await aptGet([...lists, 'download', packageName], folder, context).catch((error: Error) => {
      // A failed update is only a warning to apt-get, but the reason of what follows.
      error.message = `${error.message} ${update.stderr}`.trim();
      throw error;
    });
  }
}

/** Runs apt-get in the folder, and reports how far it is with the package. */
async function aptGet(
  aptArguments: readonly string[],
  folder: string,
  { dataset, report, signal }: SourceContext,
): Promise<void> {
  const reportPercentage = (status: string): void => {
    const percentage = /^dlstatus:\d+:([\d.]+):/m.exec(status)?.[1];
    report({
      message: `${dataset.title}: Debian package ${packageName}`,
      receivedBytes: (Number(percentage ?? 0) / 100) * packageBytes,
      totalBytes: packageBytes,
    });
  };
  const options = { cwd: folder, signal, onOutput: reportPercentage };
  await runProgram('apt-get', [...aptOptions, ...aptArguments], options);
}

async function unpackPackage(folder: string, { signal }: SourceContext): Promise<void> {
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (!archive) {
    throw new Error('apt-get reported success, but there is no .deb file');
  }
  await runProgram('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: folder, signal });
}

interface RunOptions {
  readonly cwd?: string;
  readonly signal: AbortSignal | undefined;
  /** Called with each piece of what the program prints. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program and gives what it printed; what it complained of becomes the error's message. */
async function runProgram(
  program: string,
  programArguments: readonly string[],
  { cwd, signal, onOutput }: RunOptions,
): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, LC_ALL: 'C' };
  const running = promisify(execFile)(program, programArguments, { cwd, signal, env });
  if (onOutput) {
    running.child.stdout?.on('data', onOutput);
  }
  try {
    return await running;
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') {
      throw new Error(`there is no ${program} here; Debian and Ubuntu have it`, { cause: error });
    }
    throw new Error(`${program}: ${stderr?.trim() || message}`, { cause: error });
  }
}

/** apt-get and dpkg-deb tell in words only that the disk is full, and in many. */
function shorten(error: Error, folder: string): Error {
  return /No space left on device|enough free space/.test(error.message)
    ? new CacheWriteError(`The Debian package ${packageName}`, folder, diskIsFull, error)
    : error;
}
