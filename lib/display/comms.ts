/** Metadata and bytes of a message of a {@link Comm}. */
export interface CommExtras {
  /** Plain JSON. */
  metadata?: Record<string, unknown>;
  /** Binary data, which is not encoded as JSON. */
  buffers?: Uint8Array[];
}

/** What arrives through a {@link Comm}. */
export interface CommEvent extends Required<CommExtras> {
  /** What was sent, as JSON. */
  data: unknown;
}

/**
 * Receives the messages of a {@link Comm}.
 *
 * @param event the message.
 */
export type CommListener = (event: CommEvent) => void;

/**
 * A connection between code in a cell and its counterpart in the browser
 * (https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages).
 */
export interface Comm {
  /** Its unique identifier. */
  readonly id: string;
  /** The name of the counterpart. */
  readonly target: string;
  /**
   * Sends a message to the browser.
   *
   * @param data as JSON.
   * @param extras metadata and bytes.
   */
  send(data: unknown, extras?: CommExtras): void;
  /**
   * Ends the connection.
   *
   * @param data the last message, as JSON.
   * @param extras metadata and bytes.
   */
  close(data?: unknown, extras?: CommExtras): void;
  /** Called with what the browser sends. */
  onMessage: CommListener | undefined;
  /** Called when the connection ends from the other side, or its cell is run again. */
  onClose: CommListener | undefined;
}

/** What a notebook kernel offers to code that has a counterpart in the browser. */
export interface CommHost {
  /**
   * Opens a connection. It ends when its cell is run again or deleted.
   *
   * @param target the name by which the browser knows the counterpart.
   * @param data the first message, as JSON.
   * @param extras metadata and bytes.
   */
  open(target: string, data?: unknown, extras?: CommExtras): Comm;
  /**
   * Registers a function for connections that the browser opens.
   *
   * @param target the name by which the browser asks.
   * @param opened called with the connection and the first message.
   */
  register(target: string, opened: (comm: Comm, event: CommEvent) => void): void;
}
