'use strict';

const jupyter = require('tslab/dist/jupyter.js');

/** Jupyter messages are JSON: pictures and other bytes travel as base64. */
function encodeBytes(bundle) {
  return Object.fromEntries(
    Object.entries(bundle).map(([mimeType, content]) => [
      mimeType,
      content instanceof Uint8Array ? Buffer.from(content).toString('base64') : content,
    ]),
  );
}

/** What this kernel offers to `lib/display`: see `NotebookHost` there. */
function createNotebookHost(executor, control) {
  const shownIds = new Set();
  return {
    display(bundle, id) {
      const transient = id === undefined ? {} : { display_id: id };
      const update = shownIds.has(id);
      if (id !== undefined) {
        shownIds.add(id);
      }
      jupyter.lastWriteDisplayData({ data: encodeBytes(bundle), metadata: {}, transient }, update);
    },
    get signal() {
      // A loop that never lets the event loop run would not receive the interrupt's message.
      if (control.takeInterrupt()) {
        executor.interrupt();
      }
      return executor.signal;
    },
  };
}

module.exports = { createNotebookHost };
