/** The thread behind `control-channel.cjs`: reads Jupyter's control socket. */

'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const { Router } = require('zeromq');
const { shared, state } = require('./control-channel.cjs');

const { connection, memory } = workerData;

const delimiter = Buffer.from('<IDS|MSG>');

/**
 * The type of a Jupyter message: [identities…, delimiter, signature, header, parent, metadata,
 * content, buffers…]. `undefined` when nobody with the key has sent it.
 */
function messageType(frames) {
  const start = frames.findIndex((frame) => frame.equals(delimiter));
  const [signature, ...parts] = frames.slice(start + 1);
  if (start < 0 || parts.length < 4) {
    return undefined;
  }
  const hmac = createHmac('sha256', connection.key);
  for (const part of parts.slice(0, 4)) {
    hmac.update(part);
  }
  const wanted = Buffer.from(hmac.digest('hex'));
  const isSigned = signature.length === wanted.length && timingSafeEqual(signature, wanted);
  try {
    return isSigned ? JSON.parse(parts[0])?.msg_type : undefined;
  } catch {
    return undefined;
  }
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
    const type = messageType(frames);
    if (type === 'interrupt_request') {
      interrupt();
    }
    if (type !== undefined) {
      parentPort.postMessage(frames);
    }
  }
}

if (process.env.JPY_PARENT_PID) {
  endWithParent();
}
serve();
