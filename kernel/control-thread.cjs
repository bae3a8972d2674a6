/** The thread behind `control-channel.cjs`: reads Jupyter's control socket. */

'use strict';

const { createHmac } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const { Router } = require('zeromq');
const { shared, state } = require('./control-channel.cjs');

const { connection, memory } = workerData;

/** The type of a signed Jupyter message: [identities…, delimiter, signature, header, …]. */
function messageType(frames) {
  const delimiter = frames.findIndex((frame) => frame.toString() === '<IDS|MSG>');
  const [signature, ...parts] = frames.slice(delimiter + 1);
  const hmac = createHmac('sha256', connection.key);
  for (const part of parts) {
    hmac.update(part);
  }
  return hmac.digest('hex') === signature.toString() ? JSON.parse(parts[0]).msg_type : undefined;
}

function interrupt() {
  const { interruptible, signalSent } = state;
  // On Windows a signal would end the process: there, only cells that wait are interrupted.
  if (
    process.platform !== 'win32' &&
    Atomics.compareExchange(memory, shared.state, interruptible, signalSent) === interruptible
  ) {
    process.kill(process.pid, 'SIGINT');
  } else {
    Atomics.store(memory, shared.interruptNoted, 1);
  }
}

/** Ends the kernel when the Jupyter server that started it is gone, even if a cell is running. */
function endWithParent() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.kill(process.pid, 'SIGKILL');
    }
  }, 1000).unref();
}

async function serve() {
  const socket = new Router({ sendTimeout: 0, linger: 1000 });
  await socket.bind(`${connection.transport}://${connection.ip}:${connection.control_port}`);
  parentPort.on('message', (message) => {
    if (message === 'close') {
      socket.close();
      parentPort.close();
    } else {
      socket.send(message);
    }
  });
  for await (const frames of socket) {
    if (messageType(frames) === 'interrupt_request') {
      interrupt();
    }
    parentPort.postMessage(frames);
  }
}

if (process.env.JPY_PARENT_PID) {
  endWithParent();
}
serve();
