/** Remembers the properties of objects, to tell later whether any of them has changed. */

interface Seen {
  /** The object, in words for a message. */
  what: string;
  object: Record<string, unknown>;
  names: string[];
  values: unknown[];
  /** Whether these are all of the object's own properties. */
  isWhole: boolean;
}

/** What objects were like at one moment. Values are compared by identity. */
export class Snapshot {
  private readonly seen: Seen[] = [];

  /**
   * Adds an object's present properties.
   *
   * @param what the object, in words for a message.
   * @param names which properties; left out: all that it has of its own.
   */
  add(what: string, object: object, names = Object.keys(object)): void {
    const record = object as Record<string, unknown>;
    const values = names.map((name) => record[name]);
    const isWhole = names.length === Object.keys(object).length;
    this.seen.push({ what, object: record, names, values, isWhole });
  }

  /** The first property found that is not what it was, in words for a message; else null. */
  firstChange(): string | null {
    for (const { what, object, names, values, isWhole } of this.seen) {
      for (let index = 0; index < names.length; index++) {
        const name = names[index] as string;
        if (!Object.is(object[name], values[index])) {
          return `${what}, ${name}`;
        }
      }
      if (isWhole && Object.keys(object).length !== names.length) {
        return what;
      }
    }
    return null;
  }

  /** Gives numbers, texts and truth values back what they were. */
  restore(): void {
    for (const { object, names, values } of this.seen) {
      for (const [index, name] of names.entries()) {
        const value = values[index];
        if (!(value instanceof Object) && !(object[name] instanceof Object)) {
          object[name] = value;
        }
      }
    }
  }
}
