/**
 * Starts the TypeScript notebook kernel: `node main.js <connection file>`.
 *
 * Three threads: this one runs the cells, one compiles them, one talks with Jupyter. See README.md.
 */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { redirectDescriptors } from './descriptors';
import { shared } from './messages';
import { Runner } from './runner/runner';
import { WaitingCaller } from './threads';

// TensorFlow's start-up messages would be printed where JupyterLab was started.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
// As the library asks for before it loads TensorFlow, which the kernel may do first.
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';

// What cells import starts faster the next time. Not in Node.js before 22.8.
enableCompileCache?.(path.join(__dirname, '../.compiled'));

function start(connectionFile: string): void {
  const connection = JSON.parse(readFileSync(connectionFile, 'utf8'));
  // Before other threads start: they could get the numbers that become free.
  const pipes = redirectDescriptors();
  const memory = new Int32Array(
    new SharedArrayBuffer(shared.length * Int32Array.BYTES_PER_ELEMENT),
  );
  const questions = new MessageChannel();
  const input = new MessageChannel();
  const files = new MessageChannel();
  const filesMemory = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  new Worker(path.join(__dirname, 'compiler/thread.js'), {
    // V8's space for new objects. The compiler keeps most of what it makes, so a larger space saves
    // no time and would stay occupied: tens of megabytes.
    resourceLimits: { maxYoungGenerationSizeMb: 12 },
    workerData: {
      folder: process.cwd(),
      port: questions.port1,
      files: { port: files.port1, memory: filesMemory },
    },
    transferList: [questions.port1, files.port1],
  });
  const jupyter = new Worker(path.join(__dirname, 'jupyter/thread.js'), {
    workerData: { connection, compiler: questions.port2, input: input.port1, memory, pipes },
    transferList: [questions.port2, input.port1],
  });
  const compiler = new WaitingCaller(files.port2, filesMemory);
  input.port2.unref();
  const runner = new Runner({
    jupyter,
    input: input.port2,
    memory,
    transpile: (fileName, text) => compiler.call({ fileName, text }),
  });
  runner.start();
}

start(process.argv[2] as string);
