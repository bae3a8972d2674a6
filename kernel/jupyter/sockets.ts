/** The five sockets on which Jupyter talks to a kernel. */
import { Reply as Heartbeat, Router, XPublisher } from 'zeromq';
import type { Header } from '../messages';
import { type Message, type Reply, Wire } from './wire';

/** Jupyter's connection file. */
export interface Connection {
  transport: string;
  ip: string;
  key: string;
  signature_scheme?: string;
  shell_port: number;
  control_port: number;
  stdin_port: number;
  iopub_port: number;
  hb_port: number;
}

export type Channel = 'shell' | 'control' | 'stdin';

/**
 * Without a time limit zeromq delays every 512th send, and another send in the meantime fails
 * (https://github.com/zeromq/zeromq.js/issues/427); with the limit 0 it sends at once. Without a
 * high water mark nothing is dropped. Closing waits `linger` milliseconds for what is not sent yet.
 * A peer that announces a larger message is disconnected before memory is allocated.
 */
const options = {
  sendTimeout: 0,
  sendHighWaterMark: 0,
  linger: 1000,
  maxMessageSize: 512 * 1024 * 1024,
};

export class Sockets {
  private readonly wire: Wire;
  private readonly routers = {
    shell: new Router(options),
    control: new Router(options),
    stdin: new Router(options),
  };
  private readonly iopub = new XPublisher({ ...options, verbosity: 'allSubs' });
  private readonly heartbeat = new Heartbeat({ maxMessageSize: options.maxMessageSize });

  constructor(private readonly connection: Connection) {
    this.wire = new Wire(connection.key);
  }

  /** Binds all sockets, and only then begins to receive: early messages wait in the queue. */
  async open(receive: (channel: Channel, message: Message) => void): Promise<void> {
    const { connection, routers } = this;
    const bound = { ...routers, iopub: this.iopub, hb: this.heartbeat };
    const separator = connection.transport === 'ipc' ? '-' : ':';
    await Promise.all(
      Object.entries(bound).map(([name, socket]) => {
        const port = connection[`${name}_port` as keyof Connection];
        return socket.bind(`${connection.transport}://${connection.ip}${separator}${port}`);
      }),
    );
    for (const channel of Object.keys(routers) as Channel[]) {
      void forEachMessage(routers[channel], (frames) => {
        const message = this.wire.read(frames);
        if (message) {
          receive(channel, message);
        }
      });
    }
    void forEachMessage(this.iopub, (frames) => this.welcome(frames));
    void forEachMessage(this.heartbeat, (frames) => ignoreGone(this.heartbeat.send(frames)));
  }

  /** Answers a message on the channel on which it came. */
  reply(channel: Channel, to: Pick<Message, 'identities' | 'header'>, reply: Reply): void {
    const frames = this.wire.write(to.identities, { parent: to.header, ...reply });
    ignoreGone(this.routers[channel].send(frames));
  }

  /** Sends a message to all front ends. The first frame is the topic to subscribe to. */
  publish(reply: Reply): void {
    ignoreGone(this.iopub.send(this.wire.write([`kernel.${reply.type}`], reply)));
  }

  publishStatus(state: 'starting' | 'busy' | 'idle', parent?: Header): void {
    this.publish({ type: 'status', content: { execution_state: state }, parent });
  }

  close(): void {
    for (const socket of [...Object.values(this.routers), this.iopub, this.heartbeat]) {
      socket.close();
    }
  }

  /**
   * A new subscriber (a first byte of 1) is welcomed, so it knows that it misses nothing from now
   * on.
   */
  private welcome([frame]: Buffer[]): void {
    if (frame?.[0] === 1) {
      const subscription = frame.subarray(1);
      const content = { subscription: subscription.toString() };
      ignoreGone(
        this.iopub.send(this.wire.write([subscription], { type: 'iopub_welcome', content })),
      );
    }
  }
}

/** Receives until the socket is closed; one message that cannot be received does not end it. */
async function forEachMessage(
  socket: { closed: boolean; receive(): Promise<Buffer[]> },
  handle: (frames: Buffer[]) => void,
): Promise<void> {
  while (!socket.closed) {
    let frames: Buffer[];
    try {
      frames = await socket.receive();
    } catch {
      // Closed in the meantime, or the sender disconnected during a message.
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    handle(frames);
  }
}

/** The receiver may have disconnected: then nobody needs the message. */
function ignoreGone(sent: Promise<void>): void {
  sent.catch(() => {});
}
