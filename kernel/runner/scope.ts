/** The variables of the cells, as properties of one object. */
export class Scope {
  private readonly withoutValue = Object.create(null) as object;
  /** Inherits what cannot be read yet, so that a variable with a value costs nothing more. */
  readonly variables = Object.create(this.withoutValue) as Record<string, unknown>;

  /**
   * Makes it an error, as in JavaScript, to read a variable before the cell that declares it has
   * given it a value: the cell may end with an error before. What an earlier cell gave it stays.
   */
  declare(names: readonly string[], cell: string): void {
    for (const name of names) {
      Object.defineProperty(this.withoutValue, name, {
        configurable: true,
        get: () => {
          throw new ReferenceError(
            `${name} has no value: ${cell} declares it, but did not get there.`,
          );
        },
        set: (value: unknown) => {
          const property = { value, writable: true, enumerable: true, configurable: true };
          Object.defineProperty(this.variables, name, property);
        },
      });
    }
  }
}
