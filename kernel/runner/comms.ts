/**
 * Jupyter's comms: messages between code in a cell and its counterpart in the browser, for controls
 * such as sliders (https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages).
 */
import { randomUUID } from 'node:crypto';
import type { CommMessage } from '../messages';

/** What goes along with a message. */
export interface CommExtras {
  metadata?: Record<string, unknown>;
  /** Bytes, which travel as they are and not as JSON. */
  buffers?: Uint8Array[];
}

/** What arrives. */
export interface CommEvent extends Required<CommExtras> {
  data: unknown;
}

/** One connection with the browser. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  /** Sends `data`, which has to be JSON. */
  send(data: unknown, extras?: CommExtras): void;
  /** Ends the connection. */
  close(data?: unknown, extras?: CommExtras): void;
  /** Called with what the browser sends. */
  onMessage: ((event: CommEvent) => void) | undefined;
  /** Called when the browser ends the connection. */
  onClose: ((event: CommEvent) => void) | undefined;
}

/** What `notebook.host` offers to libraries of controls. */
export interface CommHost {
  /** Opens a connection with what the browser has under the name `target`. */
  open(target: string, data?: unknown, extras?: CommExtras): Comm;
  /** Says what to do when the browser opens a connection to `target`. */
  register(target: string, opened: (comm: Comm, event: CommEvent) => void): void;
}

function toEvent({ content, metadata = {}, buffers = [] }: CommMessage): CommEvent {
  return { data: content.data ?? {}, metadata, buffers };
}

export class Comms implements CommHost {
  private readonly opened = new Map<string, Comm>();
  private readonly targets = new Map<string, (comm: Comm, event: CommEvent) => void>();

  /**
   * @param send sends a message to the front ends.
   * @param changed is told which comms there are: the target of each by its number.
   */
  constructor(
    private readonly send: (message: CommMessage) => void,
    private readonly changed: (targets: Record<string, string>) => void,
  ) {}

  open(target: string, data: unknown = {}, extras: CommExtras = {}): Comm {
    const comm = this.add(randomUUID(), target);
    const content = { comm_id: comm.id, target_name: target, data };
    this.send({ kind: 'comm_open', content, ...extras });
    return comm;
  }

  register(target: string, opened: (comm: Comm, event: CommEvent) => void): void {
    this.targets.set(target, opened);
  }

  /** Passes a message of the browser on. */
  receive(message: CommMessage): void {
    const { comm_id: id, target_name: target = '' } = message.content;
    const event = toEvent(message);
    if (message.kind === 'comm_open') {
      const opened = this.targets.get(target);
      if (opened) {
        opened(this.add(id, target), event);
      } else {
        // As the protocol has it: nobody here knows this target.
        this.send({ kind: 'comm_close', content: { comm_id: id, data: {} } });
      }
      return;
    }
    const comm = this.opened.get(id);
    if (message.kind === 'comm_msg') {
      comm?.onMessage?.(event);
    } else if (comm) {
      this.remove(id);
      comm.onClose?.(event);
    }
  }

  private add(id: string, target: string): Comm {
    const comm: Comm = {
      id,
      target,
      onMessage: undefined,
      onClose: undefined,
      send: (data, extras = {}) => {
        this.send({ kind: 'comm_msg', content: { comm_id: id, data }, ...extras });
      },
      close: (data = {}, extras = {}) => {
        if (this.remove(id)) {
          this.send({ kind: 'comm_close', content: { comm_id: id, data }, ...extras });
        }
      },
    };
    this.opened.set(id, comm);
    this.tell();
    return comm;
  }

  private remove(id: string): boolean {
    const wasThere = this.opened.delete(id);
    this.tell();
    return wasThere;
  }

  private tell(): void {
    this.changed(Object.fromEntries([...this.opened].map(([id, { target }]) => [id, target])));
  }
}
