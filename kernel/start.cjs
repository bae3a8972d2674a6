/**
 * Starts the TypeScript notebook kernel: `node start.cjs <connection file>`.
 *
 * The kernel is tslab (with `patches/tslab+1.0.22.patch`). Added here are interrupts that also
 * reach a busy cell, error messages that point at the cell's own lines, and the notebook host
 * that `lib/display` looks for.
 */

'use strict';

// TensorFlow's start-up messages would be printed where JupyterLab was started.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
// Output goes to a notebook, even if JupyterLab was started in a terminal: no colour codes in it.
process.stdout.isTTY = false;
process.stderr.isTTY = false;

const fs = require('node:fs');
const { createConverter } = require('tslab/dist/converter.js');
const { CompileError, createExecutor } = require('tslab/dist/executor.js');
const { JupyterHandlerImpl, ZmqServer } = require('tslab/dist/jupyter.js');
const { describeError, mapStackTraces, rememberCell } = require('./cell-errors.cjs');
const { ControlChannel } = require('./control-channel.cjs');
const { createNotebookHost } = require('./notebook-host.cjs');

/** The compilers for a notebook's cells. The one for browser code is made when a cell asks for it. */
function createConverters() {
  const node = createConverter({ isJS: false, isBrowser: false });
  let browser;
  return {
    node,
    get browser() {
      browser ??= createConverter({ isJS: false, isBrowser: true });
      return browser;
    },
    close() {
      node.close();
      browser?.close();
    },
  };
}

class Handler extends JupyterHandlerImpl {
  constructor(executor, control) {
    super(executor, false);
    this.control = control;
  }

  describeError(error) {
    return describeError(error);
  }

  handleInterrupt() {
    if (this.control.takeInterrupt()) {
      this.executor.interrupt();
    }
    return { status: 'ok' };
  }
}

/** Prints errors that no cell catches into the output of the cell that ran last. */
function reportUncaught(kind, error) {
  console.error(`${kind}: ${describeError(error).traceback.join('\n')}`);
}

function main(connectionFile) {
  if (!CompileError) {
    throw new Error('tslab lacks the mends in patches/. Run "npx patch-package" in the project.');
  }
  const connection = JSON.parse(fs.readFileSync(connectionFile, 'utf8'));
  const control = new ControlChannel(connection);
  const executor = createExecutor(process.cwd(), createConverters(), console, {
    run: (cell) => control.whileInterruptible(cell),
    onCell: rememberCell,
  });
  mapStackTraces();
  globalThis[Symbol.for('notebook.host')] = createNotebookHost(executor, control);

  process.on('SIGINT', () => executor.interrupt());
  process.on('uncaughtException', (error) => reportUncaught('Uncaught exception', error));
  process.on('unhandledRejection', (error) => reportUncaught('Unhandled rejection', error));

  const server = new ZmqServer(new Handler(executor, control), connectionFile);
  server.control = control;
  server.init();
}

main(process.argv[2]);
