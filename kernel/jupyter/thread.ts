/**
 * The thread that talks to Jupyter, so that it responds while a cell keeps the main thread busy. It
 * also ends the kernel when the Jupyter server that started it is gone.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { DescriptorReader, type Pipes } from '../descriptors';
import type { CompilerAnswers } from '../messages';
import { Caller } from '../threads';
import { Kernel } from './kernel';
import { type Connection, Sockets } from './sockets';

interface Start {
  connection: Connection;
  compiler: MessagePort;
  input: MessagePort;
  memory: Int32Array;
  pipes: Pipes | undefined;
}

function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.kill(process.pid, 'SIGKILL');
    }
  }, 1000).unref();
}

const { connection, compiler, input, memory, pipes } = workerData as Start;
const sockets = new Sockets(connection);
const kernel = new Kernel(sockets, {
  compiler: new Caller<CompilerAnswers>(compiler),
  runner: parentPort as MessagePort,
  input,
  memory,
  descriptors: pipes && new DescriptorReader(pipes),
});
if (process.env.JPY_PARENT_PID) {
  endWithParent();
}
void sockets.open((channel, message) => void kernel.receive(channel, message));
