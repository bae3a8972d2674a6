/**
 * The destination of output: the notebook kernel that the code runs in, or a terminal.
 *
 * The kernel (`kernel/runner/host.ts`) announces itself by setting
 * `globalThis[Symbol.for('notebook.host')]`; nothing here depends on a particular kernel.
 */

import type { CommHost } from './comms';

/**
 * One output in several forms; the front end shows the richest it knows. Keys are MIME types. The
 * `text/plain` of a picture is also its alternative text, for whoever does not see the picture.
 */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** What a notebook kernel offers to code that runs in its cells. */
export interface NotebookHost {
  /**
   * Shows an output. With an `id` that was shown before, that output is replaced in place,
   * also from a later cell.
   *
   * @param bundle the content, in one or several forms.
   * @param id tells outputs apart; without it the output is never replaced.
   */
  display(bundle: MimeBundle, id?: string): void;
  /** Aborted when the user interrupts the cell that runs now; a new signal for each cell. */
  readonly signal: AbortSignal;
  /** Connections with the browser, for controls. */
  readonly comms: CommHost;
  /**
   * Waits for a promise; rejects when the user interrupts.
   *
   * @param value the promise, or a plain value.
   */
  wait<T>(value: Promise<T>): Promise<T>;
  /**
   * The output that the kernel shows for a value that is a cell's last expression.
   *
   * @param value anything.
   */
  render(value: unknown): Promise<MimeBundle>;
}

const hostKey = Symbol.for('notebook.host');

/** The notebook kernel of this process, or `undefined` in a plain program. */
export function notebookHost(): NotebookHost | undefined {
  return (globalThis as { [hostKey]?: NotebookHost })[hostKey];
}

/** An output that can be replaced in place. */
export interface DisplayHandle {
  /**
   * Replaces the output's content.
   *
   * @param bundle the content, in one or several forms.
   */
  update(bundle: MimeBundle): void;
}

let nextId = 0;

/**
 * Shows one output in the notebook.
 *
 * @param bundle the content, in one or several forms.
 * @returns a handle that replaces the output later, or `undefined` outside a notebook.
 */
export function show(bundle: MimeBundle): DisplayHandle | undefined {
  const host = notebookHost();
  if (!host) {
    return undefined;
  }
  const id = `output-${process.pid}-${nextId++}`;
  host.display(bundle, id);
  return { update: (next) => host.display(next, id) };
}
