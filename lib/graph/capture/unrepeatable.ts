/**
 * Watches for what JavaScript computes anew at every call: random numbers, the time. A graph would
 * repeat what they were, or what was decided by them, while it was recorded.
 */
import nodeCrypto from 'node:crypto';
import type { Replacements } from './replacements';

/** What was called, as it is written in JavaScript; null if nothing was. */
export type Unrepeatable = { seen: string | null };

type Anything = (...args: never[]) => unknown;

/** @param isWatched whether calls count at present. */
export function watchUnrepeatable(
  replacements: Replacements,
  isWatched: () => boolean,
  describe: (what: string) => string,
): Unrepeatable {
  const found: Unrepeatable = { seen: null };
  const watch = <Owner extends object>(owner: Owner, ownerName: string, names: (keyof Owner)[]) => {
    for (const name of names) {
      replacements.method(owner, name, (original) => {
        const watched = function (this: unknown, ...args: never[]) {
          note(`${ownerName}.${String(name)}`);
          return (original as Anything).apply(this, args);
        };
        // process.hrtime carries another function, bigint.
        return Object.assign(watched, original) as Owner[keyof Owner];
      });
    }
  };
  const note = (what: string) => {
    if (isWatched()) {
      found.seen ??= describe(what);
    }
  };
  watch(Math, 'Math', ['random']);
  watch(Date, 'Date', ['now']);
  watch(performance, 'performance', ['now']);
  watch(process, 'process', ['hrtime', 'uptime']);
  watch(process.hrtime, 'process.hrtime', ['bigint']);
  watch(globalThis.crypto, 'crypto', ['getRandomValues', 'randomUUID']);
  watch(nodeCrypto, 'crypto', ['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync']);
  replacements.method(
    globalThis,
    'Date',
    (original) =>
      new Proxy(original, {
        construct(target, args, newTarget) {
          if (args.length === 0) {
            note('new Date()');
          }
          return Reflect.construct(target, args, newTarget);
        },
      }),
  );
  return found;
}
