/**
 * Jupyter's comms: messages between code in a cell and its counterpart in the browser, for controls
 * such as sliders (https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages).
 */
import { randomUUID } from 'node:crypto';
import type { Comm, CommEvent, CommExtras, CommHost } from '../../lib/display/comms';
import type { CommMessage, Header } from '../messages';

function toEvent({ content, metadata = {}, buffers = [] }: CommMessage): CommEvent {
  return { data: content.data ?? {}, metadata, buffers };
}

/** A connection, and the cell that has opened it, if any: its later output belongs there. */
interface OpenComm {
  comm: Comm;
  cell: Header | undefined;
}

/** What the comms need from the kernel. */
export interface CommSurroundings {
  /** Sends a message to the front ends. */
  send(message: CommMessage): void;
  /** Receives the open comms: the target of each by its identifier. */
  changed(targets: Record<string, string>): void;
  /** The cell that runs now. */
  currentCell(): Header;
  /** Continues code of a cell. */
  enter(cell: Header): void;
}

export class Comms implements CommHost {
  private readonly opened = new Map<string, OpenComm>();
  private readonly targets = new Map<string, (comm: Comm, event: CommEvent) => void>();

  constructor(private readonly kernel: CommSurroundings) {}

  open(target: string, data: unknown = {}, extras: CommExtras = {}): Comm {
    const comm = this.add(randomUUID(), target, this.kernel.currentCell());
    const content = { comm_id: comm.id, target_name: target, data };
    this.kernel.send({ kind: 'comm_open', content, ...extras });
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
        // The protocol's answer for an unknown target.
        this.kernel.send({ kind: 'comm_close', content: { comm_id: id, data: {} } });
      }
      return;
    }
    const open = this.opened.get(id);
    if (!open) {
      return;
    }
    if (open.cell) {
      this.kernel.enter(open.cell);
    }
    if (message.kind === 'comm_msg') {
      open.comm.onMessage?.(event);
    } else {
      this.remove(id);
      open.comm.onClose?.(event);
    }
  }

  /** Closes the comms that these cells have opened: they are run again, or were deleted. */
  closeThoseOf(isMeant: (cell: Header) => boolean): void {
    for (const { comm, cell } of this.opened.values()) {
      if (cell && isMeant(cell)) {
        comm.close();
        comm.onClose?.({ data: {}, metadata: {}, buffers: [] });
      }
    }
  }

  private add(id: string, target: string, cell?: Header): Comm {
    const comm: Comm = {
      id,
      target,
      onMessage: undefined,
      onClose: undefined,
      send: (data, extras = {}) => {
        this.kernel.send({ kind: 'comm_msg', content: { comm_id: id, data }, ...extras });
      },
      close: (data = {}, extras = {}) => {
        if (this.remove(id)) {
          this.kernel.send({ kind: 'comm_close', content: { comm_id: id, data }, ...extras });
        }
      },
    };
    this.opened.set(id, { comm, cell });
    this.tell();
    return comm;
  }

  private remove(id: string): boolean {
    const wasThere = this.opened.delete(id);
    this.tell();
    return wasThere;
  }

  private tell(): void {
    this.kernel.changed(
      Object.fromEntries([...this.opened].map(([id, { comm }]) => [id, comm.target])),
    );
  }
}
