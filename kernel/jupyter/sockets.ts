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
 * Without a time limit zeromq puts off every 512th send, and another one meanwhile fails
 * (https://github.com/zeromq/zeromq.js/issues/427); with the limit 0 it sends at once. Without a
 * high water mark nothing is dropped. Closing waits `linger` milliseconds for what is not sent yet.
 * Who announces a larger message than this is cut off before memory is taken.
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

  /** Binds all sockets, and only then begins to receive: what comes early waits in its queue. */
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

  /** Tells all front ends. The first frame is what they may subscribe to. */
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

  /** A subscriber has come (a first byte of 1): told so, it knows that it misses nothing from now on. */
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

/** Receives until the socket is closed; one message that cannot be received is not the end. */
async function forEachMessage(
  socket: { closed: boolean; receive(): Promise<Buffer[]> },
  handle: (frames: Buffer[]) => void,
): Promise<void> {
  while (!socket.closed) {
    let frames: Buffer[];
    try {
      frames = await socket.receive();
    } catch {
      // Closed meanwhile, or the sender went away in the middle.
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    handle(frames);
  }
}

/** The receiver may have gone: then there is nobody left to tell. */
function ignoreGone(sent: Promise<void>): void {
  sent.catch(() => {});
}
