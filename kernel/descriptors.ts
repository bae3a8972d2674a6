/**
 * Output that native code and programs started by cells write to file descriptors 1 and 2 belongs
 * in the notebook too. Both are replaced by named pipes, which another thread reads.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TextDecoder } from 'node:util';

export interface Pipes {
  folder: string;
  stdout: string;
  stderr: string;
}

type StreamName = 'stdout' | 'stderr';

const bufferSize = 65_536;
/** How many buffers are read before other work gets its turn. */
const buffersAtOnce = 64;

/** Redirects the descriptors; `undefined` where the system has no named pipes. */
export function redirectDescriptors(): Pipes | undefined {
  if (process.platform === 'win32') {
    return undefined;
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'notebook-kernel-'));
  const pipes = { folder, stdout: path.join(folder, '1'), stderr: path.join(folder, '2') };
  if (spawnSync('mkfifo', ['-m', '600', pipes.stdout, pipes.stderr]).status !== 0) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  for (const [fd, file] of [
    [1, pipes.stdout],
    [2, pipes.stderr],
  ] as const) {
    closeSync(fd);
    // The number that has become free is the lowest, so the next file opened gets it. A pipe that
    // is open for reading too does not wait for its reader.
    openSync(file, constants.O_RDWR);
  }
  return pipes;
}

/** Reads what was written to the descriptors. */
export class DescriptorReader {
  private readonly buffer = Buffer.alloc(bufferSize);
  private readonly sources: { name: StreamName; fd: number; decoder: TextDecoder }[];

  constructor({ folder, stdout, stderr }: Pipes) {
    const open = (name: StreamName, file: string) => ({
      name,
      fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK),
      // The end of a buffer may split a character.
      decoder: new TextDecoder(),
    });
    this.sources = [open('stdout', stdout), open('stderr', stderr)];
    rmSync(folder, { recursive: true });
  }

  /** Passes on what has been written. */
  read(handle: (name: StreamName, text: string) => void): void {
    for (const { name, fd, decoder } of this.sources) {
      for (let count = 0; count < buffersAtOnce; count++) {
        const size = this.fill(fd);
        if (size === 0) {
          break;
        }
        handle(name, decoder.decode(this.buffer.subarray(0, size), { stream: true }));
      }
    }
  }

  private fill(fd: number): number {
    try {
      return readSync(fd, this.buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
        return 0; // Nothing has been written.
      }
      throw error;
    }
  }
}
