/**
 * Ends the work of the cells' thread.
 *
 * First the thread is notified, by a message and in the shared memory: cells that wait, and loops
 * that check for interrupts (`fit`), end by themselves. If it does not react, because of an endless
 * loop, V8 terminates the running code (`Runtime.terminateExecution` of Node's inspector). Programs
 * that cells have started get SIGINT, as from Ctrl-C in a terminal.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { promisify } from 'node:util';
import { shared } from '../messages';

/** How long the cells' thread has to react, and then to end the code that V8 has terminated. */
const noticeMs = 500;
/** A loop that checks for interrupts may be in the middle of a training step. */
const patientMs = 3000;
const attempts = 20;

export class Interrupter {
  private busy = false;

  constructor(
    private readonly memory: Int32Array,
    private readonly tell: (isEnded: boolean) => void,
  ) {}

  /** @param isPatient whether the running code checks for interrupts itself. */
  async interrupt(isPatient: boolean): Promise<void> {
    Atomics.add(this.memory, shared.interrupts, 1);
    this.tell(false);
    void interruptChildren();
    if (this.busy) {
      return;
    }
    this.busy = true;
    try {
      let wait = isPatient ? patientMs : noticeMs;
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (await this.isNoticed(wait)) {
          return;
        }
        await terminate();
        this.tell(true);
        wait = noticeMs;
      }
    } finally {
      this.busy = false;
    }
  }

  /** Whether all interrupts, also those that come meanwhile, are noticed within some time. */
  private async isNoticed(milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds;
    const count = (index: number) => Atomics.load(this.memory, index);
    while (count(shared.noticed) < count(shared.interrupts)) {
      if (performance.now() >= end) {
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return true;
  }
}

/** Ends the JavaScript that the main thread is running. */
async function terminate(): Promise<void> {
  // Connected only now: an open session keeps everything that is printed.
  const session = new Session();
  session.connectToMainThread();
  try {
    await Promise.race([
      new Promise<void>((resolve) => {
        session.post('Runtime.terminateExecution', () => resolve());
      }),
      new Promise((resolve) => setTimeout(resolve, noticeMs)),
    ]);
  } finally {
    session.disconnect();
  }
}

interface Process {
  pid: number;
  parent: number;
  group: number;
}

/** Sends SIGINT to the programs that this process has started, unless they left its group. */
async function interruptChildren(): Promise<void> {
  if (process.platform === 'win32') {
    return;
  }
  const processes = await listProcesses();
  const own = processes.find(({ pid }) => pid === process.pid);
  const found = new Set([process.pid]);
  let size = 0;
  while (size < found.size) {
    size = found.size;
    for (const { pid, parent } of processes) {
      if (found.has(parent)) {
        found.add(pid);
      }
    }
  }
  found.delete(process.pid);
  for (const { pid, group } of processes) {
    if (found.has(pid) && group === own?.group) {
      try {
        process.kill(pid, 'SIGINT');
      } catch {
        // It has ended in the meantime.
      }
    }
  }
}

async function listProcesses(): Promise<Process[]> {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          // After the program's name, which may contain anything: state, parent, group.
          const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
          const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
          return [{ pid: Number(name), parent: Number(parent), group: Number(group) }];
        } catch {
          return []; // It has ended in the meantime.
        }
      });
  }
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, group = 0]) => ({ pid, parent, group }));
}
