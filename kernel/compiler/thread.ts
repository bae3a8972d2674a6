/** The thread that compiles, so that completion and documentation work while a cell runs. */
import './loadTypeScript';
import { type MessagePort, workerData } from 'node:worker_threads';
import type { CompilerAnswers } from '../messages';
import { answer, answerWaiting } from '../threads';
import { complete, completeness, inspect } from './assistance';
import { CellCompiler } from './cellCompiler';
import { storeCache } from './loadTypeScript';
import { transpile } from './localFiles';

interface Start {
  folder: string;
  port: MessagePort;
  /** For local files, which the cells' thread waits for. */
  files: { port: MessagePort; memory: Int32Array };
}

/** By then the first cells have been compiled, and V8 has compiled the code needed for that. */
const storeMs = 10_000;

const { folder, port, files } = workerData as Start;
const compiler = new CellCompiler(folder);
const answers: CompilerAnswers = {
  compile: ({ source, name }) => compiler.compile(source, name),
  ended: () => compiler.notebook.continueFlow(),
  inspect: ({ source, cursor }) => inspect(compiler, source, cursor),
  complete: ({ source, cursor }) => complete(compiler, source, cursor),
  completeness: ({ source }) => completeness(source),
};
compiler.warmUp();
answer(port, answers);
answerWaiting(files.port, files.memory, transpile);
setTimeout(storeCache, storeMs).unref();
