import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { DatasetFile, SourceMaker } from './description';
import { filesInFolder } from './localSources';
import type { Source, SourceContext } from './source';
import { CacheWriteError, diskIsFull, temporaryPrefix } from './store';

/** A package of Debian and Ubuntu that contains a dataset. */
export interface DebianPackage {
  /** The package's name. */
  readonly name: string;
  /** Where in the package the files are, without a slash at the start. */
  readonly folder: string;
  /** The package's size, for the progress only. */
  readonly bytes: number;
}

const aptOptions: readonly string[] = [
  '-qq',
  // When root starts it, apt downloads as its user _apt, who may not write into the cache.
  ...['-o', 'APT::Sandbox::User=root'],
  ...['-o', 'Acquire::Retries=0'],
  ...['-o', 'Acquire::http::Timeout=10'],
  ...['-o', 'Acquire::https::Timeout=10'],
  // Prints lines such as "dlstatus:1:20.5:Retrieving file 1 of 1".
  ...['-o', 'APT::Status-Fd=1'],
];

/**
 * Source of a dataset: a package of Debian and Ubuntu. If it is installed, its files are used;
 * otherwise it is downloaded and unpacked into a temporary folder, which needs no administrator's
 * rights.
 *
 * @param description the package.
 * @returns the source.
 */
export function debianPackage(description: DebianPackage): SourceMaker {
  return (context) => [debianSource(description, context)];
}

function debianSource(debian: DebianPackage, context: SourceContext): Source {
  return {
    name: `Debian package ${debian.name}`,
    store: true,
    async *find(files) {
      const installed = await installedFolder(debian, files, context);
      if (installed) {
        yield* filesInFolder(installed, files);
        return;
      }
      await mkdir(context.cacheFolder, { recursive: true });
      const folder = await mkdtemp(join(context.cacheFolder, temporaryPrefix));
      try {
        await downloadPackage(debian, folder, context);
        await unpackPackage(folder, context);
        yield* filesInFolder(join(folder, 'unpacked', debian.folder), files);
      } catch (error) {
        throw shorten(error as Error, debian, context.cacheFolder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function installedFolder(
  { name }: DebianPackage,
  files: readonly DatasetFile[],
  { signal }: SourceContext,
): Promise<string | undefined> {
  try {
    const { stdout } = await runProgram('dpkg', ['-L', name], { signal });
    const names = files.flatMap((file) => [`/${file.name}`, `/${file.name}.gz`]);
    const path = stdout.split('\n').find((line) => names.some((end) => line.endsWith(end)));
    return path && dirname(path);
  } catch (error) {
    if ((error as Error).message.includes('not installed')) {
      return undefined;
    }
    throw error;
  }
}

async function downloadPackage(
  debian: DebianPackage,
  folder: string,
  context: SourceContext,
): Promise<void> {
  const { title, report, signal } = context;
  try {
    await aptGet(['download', debian.name], debian, folder, context);
  } catch {
    signal?.throwIfAborted();
    // Many containers come without apt's package lists. Separate lists need no rights and leave the
    // machine's own unchanged. If they were not the problem, it occurs again below.
    const lists = ['-o', `Dir::State::lists=${join(folder, 'lists')}`];
    await mkdir(join(folder, 'lists/partial'), { recursive: true });
    report({ message: `${title}: lists of Debian packages` });
    const options = { cwd: folder, signal };
    const update = await runProgram('apt-get', [...aptOptions, ...lists, 'update'], options);
    await aptGet([...lists, 'download', debian.name], debian, folder, context).catch(
      (error: Error) => {
        // To apt-get a failed update is only a warning, but it explains the failure that follows.
        error.message = `${error.message} ${update.stderr}`.trim();
        throw error;
      },
    );
  }
}

/** Runs apt-get in the folder, and reports how far it is with the package. */
async function aptGet(
  aptArguments: readonly string[],
  debian: DebianPackage,
  folder: string,
  { title, report, signal }: SourceContext,
): Promise<void> {
  const reportPercentage = (status: string): void => {
    const percentage = /^dlstatus:\d+:([\d.]+):/m.exec(status)?.[1];
    report({
      message: `${title}: Debian package ${debian.name}`,
      receivedBytes: (Number(percentage ?? 0) / 100) * debian.bytes,
      totalBytes: debian.bytes,
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
  /** Called with each piece of the program's output. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program and returns its output; what it printed to stderr becomes the error's message. */
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

/** apt-get and dpkg-deb report a full disk only in their output, in various words. */
function shorten(error: Error, { name }: DebianPackage, folder: string): Error {
  return /No space left on device|enough free space/.test(error.message)
    ? new CacheWriteError(`The Debian package ${name}`, folder, diskIsFull, error)
    : error;
}
