/**
 * Jupyter's messages as frames of ZeroMQ, signed with the connection's key
 * (https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol).
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Header } from '../messages';

const delimiter = Buffer.from('<IDS|MSG>');

/** A message from a sender that has the key. */
export interface Message {
  /** Where the answer goes. */
  identities: Buffer[];
  header: Header;
  content: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Buffer[];
}

/** The content of a message to send. */
export interface Reply {
  type: string;
  content: object;
  /** The header of the message that it belongs to. */
  parent?: Header;
  metadata?: object;
  buffers?: Uint8Array[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** With half of a surrogate pair in it, a notebook could not be saved. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === 'string' ? (part as string & { toWellFormed(): string }).toWellFormed() : part,
  );
}

export class Wire {
  private readonly session = randomUUID();

  /** @param key the connection's; messages are not signed when it is empty, as in Jupyter. */
  constructor(private readonly key: string) {}

  /**
   * The message in `frames`, or `undefined` if they are not a message or the signature is wrong.
   * Nothing is said about the right signature: senders without the key must not learn it.
   */
  read(frames: Buffer[]): Message | undefined {
    const start = frames.findIndex((frame) => frame.equals(delimiter));
    const [signature, ...parts] = start < 0 ? [] : frames.slice(start + 1);
    const signed = parts.slice(0, 4);
    if (!signature || signed.length < 4 || !this.isSigned(signature, signed)) {
      return undefined;
    }
    try {
      const [header, , metadata, content] = signed.map((part) => JSON.parse(part.toString()));
      const isMessage =
        isObject(header) &&
        isObject(content) &&
        typeof header.msg_type === 'string' &&
        typeof header.msg_id === 'string';
      return isMessage
        ? {
            identities: frames.slice(0, start),
            header: header as unknown as Header,
            content,
            metadata: isObject(metadata) ? metadata : {},
            buffers: parts.slice(4),
          }
        : undefined;
    } catch {
      return undefined; // Not JSON.
    }
  }

  /** The frames of a message. */
  write(identities: (Buffer | string)[], { type, content, parent, metadata, buffers }: Reply) {
    const header: Header = {
      msg_id: randomUUID(),
      msg_type: type,
      session: this.session,
      username: 'kernel',
      version: '5.4',
      date: new Date().toISOString(),
    };
    const parts = [header, parent ?? {}, metadata ?? {}, content].map(toJson);
    return [...identities, delimiter, this.sign(parts), ...parts, ...(buffers ?? [])];
  }

  private sign(parts: (Buffer | string)[]): string {
    if (this.key === '') {
      return '';
    }
    const hmac = createHmac('sha256', this.key);
    for (const part of parts) {
      hmac.update(part);
    }
    return hmac.digest('hex');
  }

  private isSigned(signature: Buffer, parts: Buffer[]): boolean {
    const wanted = Buffer.from(this.sign(parts));
    return signature.length === wanted.length && timingSafeEqual(signature, wanted);
  }
}
