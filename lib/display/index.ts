/**
 * Output in a notebook or a terminal: tables, and lines that are replaced in place.
 *
 * @module
 */
export type { Comm, CommEvent, CommExtras, CommHost, CommListener } from './comms';
export { alignedCell, escapeHtml } from './html';
export type { DisplayHandle, MimeBundle, NotebookHost } from './output';
export { notebookHost, show } from './output';
export type { TableCell } from './table';
export { table } from './table';
export { TerminalLine, UpdatingOutput } from './updating';
