import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether this system lists its processes in /proc, as Linux does. */
export const processesAreKnown = existsSync('/proc/self/stat');

/**
 * A process, by its number and the clock tick at which it was started, because numbers are reused.
 */
interface Process {
  id: number;
  parent: number;
  started: string;
  command: string;
}

function runningProcess(id: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // The command's name, in brackets, may contain anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    return state === 'Z'
      ? undefined
      : { id, parent: Number(parent), started: `${fields[19]}`, command };
  } catch {
    return undefined; // it has ended in the meantime
  }
}

/** The process and all its descendants. */
export function processTree(root: number): Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => runningProcess(Number(name)))
    .filter((one) => one !== undefined);
  const tree = all.filter(({ id }) => id === root);
  for (const member of tree) {
    tree.push(...all.filter(({ parent }) => parent === member.id));
  }
  return tree;
}

/** The processes that have not ended. */
export function stillRunning(processes: readonly Process[]): Process[] {
  return processes.filter(({ id, started }) => runningProcess(id)?.started === started);
}
