/** Replacing methods for a while: how a capture listens in on tfjs. */

/** A set of replaced methods that can all be put back. */
export class Replacements {
  private readonly undo: (() => void)[] = [];

  /** Puts `replace(original)` in the place of a method. */
  method<Owner extends object, Name extends keyof Owner>(
    owner: Owner,
    name: Name,
    replace: (original: Owner[Name]) => Owner[Name],
  ): void {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    const original = owner[name];
    owner[name] = replace(original);
    this.undo.push(() => {
      if (own === undefined) {
        delete owner[name];
      } else {
        Object.defineProperty(owner, name, own);
      }
    });
  }

  /** Adds something to be undone together with the methods. */
  onRestore(undo: () => void): void {
    this.undo.push(undo);
  }

  /** Puts everything back, the last first. */
  restore(): void {
    while (this.undo.length > 0) {
      this.undo.pop()?.();
    }
  }
}
