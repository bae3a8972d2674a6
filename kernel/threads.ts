/** Questions to another thread, and their answers. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

// biome-ignore lint/suspicious/noExplicitAny: the functions may take and return anything
type Answers = Record<string, (request: any) => unknown>;

/** Answers the questions that come through a port. */
export function answer(port: MessagePort, answers: Answers): void {
  port.on('message', ({ id, kind, request }: { id: number; kind: string; request: unknown }) => {
    try {
      port.postMessage({ id, value: answers[kind]?.(request) });
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
}

/** Asks another thread, which answers with {@link answer}. */
export class Caller<T extends { [kind in keyof T]: (request: never) => unknown }> {
  private nextId = 0;
  private readonly waiting = new Map<
    number,
    { resolve: (value: never) => void; reject: (error: Error) => void }
  >();

  constructor(private readonly port: MessagePort) {
    port.on('message', ({ id, value, error }) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) {
        waiting?.resolve(value as never);
      } else {
        waiting?.reject(new Error(error));
      }
    });
  }

  call<K extends keyof T>(kind: K, request: Parameters<T[K]>[0]): Promise<ReturnType<T[K]>> {
    const id = this.nextId++;
    this.port.postMessage({ id, kind, request });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }
}

/** Asks another thread and waits for the answer; the other thread answers with {@link answerWaiting}. */
export class WaitingCaller {
  private nextId = 0;

  /** @param memory its first element counts the answers. */
  constructor(
    private readonly port: MessagePort,
    private readonly memory: Int32Array,
  ) {}

  call<T>(request: unknown): T {
    const id = this.nextId++;
    this.port.postMessage({ id, request });
    const { value, error } = this.receive(id);
    if (error !== undefined) {
      throw new Error(error);
    }
    return value as T;
  }

  /** Waits for the answer to one question; those to questions that an interrupt ended are dropped. */
  private receive(id: number): { value?: unknown; error?: string } {
    for (;;) {
      const answers = Atomics.load(this.memory, 0);
      const reply = receiveMessageOnPort(this.port)?.message;
      if (reply?.id === id) {
        return reply;
      }
      if (reply === undefined) {
        Atomics.wait(this.memory, 0, answers);
      }
    }
  }
}

/** Answers the questions of a {@link WaitingCaller}. */
export function answerWaiting(
  port: MessagePort,
  memory: Int32Array,
  // biome-ignore lint/suspicious/noExplicitAny: the other thread asks what the function takes
  reply: (request: any) => unknown,
): void {
  port.on('message', ({ id, request }) => {
    try {
      port.postMessage({ id, value: reply(request) });
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
    Atomics.add(memory, 0, 1);
    Atomics.notify(memory, 0);
  });
}
