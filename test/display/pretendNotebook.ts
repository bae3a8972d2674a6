import type { Comm, CommEvent, MimeBundle, NotebookHost } from '../../lib/display/index';

const hostKey = Symbol.for('notebook.host');
const displaySymbol = Symbol.for('Jupyter.display');
const globals = globalThis as { [hostKey]?: NotebookHost };

/** One comm of a {@link PretendedNotebook}, seen from the browser's side. */
export interface PretendedComm {
  target: string;
  opened: unknown;
  sent: unknown[];
  closed: boolean;
  comm: Comm;
  /** Sends a message to the kernel. */
  receive(data: unknown): void;
}

/** Records what is shown and sent. */
export interface PretendedNotebook {
  bundles: MimeBundle[];
  ids: (string | undefined)[];
  comms: PretendedComm[];
  /** The comms whose browser side is open. */
  openComms(): PretendedComm[];
}

/** Makes `lib` believe that it runs in a notebook, until {@link leaveNotebook} is called. */
export function pretendNotebook(): PretendedNotebook {
  const notebook: PretendedNotebook = {
    bundles: [],
    ids: [],
    comms: [],
    openComms: () => notebook.comms.filter(({ closed }) => !closed),
  };
  const event = (data: unknown): CommEvent => ({ data, metadata: {}, buffers: [] });
  globals[hostKey] = {
    display(bundle, id) {
      notebook.bundles.push(bundle);
      notebook.ids.push(id);
    },
    signal: new AbortController().signal,
    comms: {
      open(target, opened) {
        const pretended: PretendedComm = {
          target,
          opened,
          sent: [],
          closed: false,
          comm: {
            id: `comm-${notebook.comms.length}`,
            target,
            send: (data) => pretended.sent.push(data),
            close: () => {
              pretended.closed = true;
            },
            onMessage: undefined,
            onClose: undefined,
          },
          receive: (data) => pretended.comm.onMessage?.(event(data)),
        };
        notebook.comms.push(pretended);
        return pretended.comm;
      },
      register() {},
    },
    wait: (value) => value,
    async render(value) {
      const own = (Object(value) as { [displaySymbol]?: () => MimeBundle })[displaySymbol];
      return own?.call(value) ?? (value === undefined ? {} : { 'text/plain': String(value) });
    },
  };
  return notebook;
}

export function leaveNotebook(): void {
  delete globals[hostKey];
}
