/** The waits of cells. `await x` in a cell is compiled to a wait that an interrupt ends. */

type Reject = (error: Error) => void;

export class Waits {
  private readonly pending = new Set<Reject>();

  /**
   * @param check throws when there is a new interrupt.
   * @param remember called when a wait begins; what it returns is called when it ends.
   */
  constructor(
    private readonly check: () => void,
    private readonly remember: () => () => void,
  ) {}

  /** Waits for `value`, or rejects when the cells are interrupted. */
  wait(value: unknown): unknown {
    this.check();
    if (!(value instanceof Promise)) {
      return value;
    }
    const goOn = this.remember();
    return new Promise((resolve, reject) => {
      this.pending.add(reject);
      value.then(
        (result) => {
          this.pending.delete(reject);
          goOn();
          resolve(result);
        },
        (error) => {
          this.pending.delete(reject);
          goOn();
          reject(error);
        },
      );
    });
  }

  /** The iterable of a `for await`, in which each step is a wait. */
  iterate(iterable: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterable<unknown> {
    if (Symbol.asyncIterator in iterable) {
      const inner = iterable[Symbol.asyncIterator]();
      return this.steps(
        () => inner.next(),
        inner.return && ((value) => inner.return?.(value) as Promise<IteratorResult<unknown>>),
      );
    }
    const inner = iterable[Symbol.iterator]();
    return this.steps(
      async () => {
        const { done = false, value } = inner.next();
        return { done, value: await value };
      },
      inner.return && (async (value) => inner.return?.(value) as IteratorResult<unknown>),
    );
  }

  /** Ends all waits. */
  endAll(error: Error): void {
    for (const reject of this.pending) {
      this.pending.delete(reject);
      reject(error);
    }
  }

  private steps(
    next: () => Promise<IteratorResult<unknown>>,
    end: ((value: unknown) => Promise<IteratorResult<unknown>>) | undefined,
  ): AsyncIterable<unknown> {
    const iterator: AsyncIterator<unknown> = {
      next: async () => (await this.wait(next())) as IteratorResult<unknown>,
      ...(end && { return: end }),
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }
}
