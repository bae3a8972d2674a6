/**
 * Jupyter's control channel, served by a thread of its own, because a cell in a long loop keeps
 * the main thread from reading its sockets.
 *
 * An interrupt ends such a loop with SIGINT, the only thing that stops running JavaScript
 * (`breakOnSigint` of Node's vm module). Node ends the whole process on a SIGINT that comes just
 * before or after, so the thread sends it only while the main thread says that it can take it.
 * Otherwise the interrupt is noted, and the main thread takes note when it is free.
 */

'use strict';

const { on, once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');

/** Places in the shared memory, and the values of the first. */
const shared = { state: 0, interruptNoted: 1 };
const state = { notInterruptible: 0, interruptible: 1, signalSent: 2 };

/** The main thread's end of the control channel. Stands in for the zeromq socket in tslab. */
class ControlChannel {
  /** @param connection Jupyter's connection file: address, port and key. */
  constructor(connection) {
    this.memory = new Int32Array(new SharedArrayBuffer(8));
    this.thread = new Worker(path.join(__dirname, 'control-thread.cjs'), {
      workerData: { connection, memory: this.memory },
    });
  }

  /** The messages received, each as an array of frames. */
  async *[Symbol.asyncIterator]() {
    for await (const [frames] of on(this.thread, 'message')) {
      yield frames.map((frame) => Buffer.from(frame));
    }
  }

  send(frames) {
    this.thread.postMessage(frames);
  }

  /** Calls `run`, which SIGINT may end; to be called under vm's `breakOnSigint` only. */
  whileInterruptible(run) {
    Atomics.store(this.memory, shared.state, state.interruptible);
    try {
      return run();
    } finally {
      const { interruptible, notInterruptible } = state;
      const before = Atomics.compareExchange(
        this.memory,
        shared.state,
        interruptible,
        notInterruptible,
      );
      // The signal is on its way: it has to find us here. It ends this wait.
      if (before === state.signalSent) {
        Atomics.wait(this.memory, shared.state, state.signalSent, 1000);
      }
    }
  }

  /** Whether there was an interrupt since the last call that SIGINT has not dealt with. */
  takeInterrupt() {
    return Atomics.exchange(this.memory, shared.interruptNoted, 0) === 1;
  }

  /** Resolves when what was sent is on its way and the thread has ended. */
  async close() {
    const ended = once(this.thread, 'exit');
    this.thread.postMessage('close');
    await ended;
  }
}

module.exports = { ControlChannel, shared, state };
