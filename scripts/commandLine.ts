/** Runs the programs of this project and reports their errors. */

/** An invalid command line. */
export class UsageError extends Error {}

/**
 * Runs a program. An error becomes one line on standard error and an exit status: 2 for a wrong
 * command line (then with a hint at --help), else 1.
 */
export function runProgram(name: string, main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const wrongUsage = error instanceof UsageError || isParseError(error);
    console.error(`${name}: ${message}`);
    if (wrongUsage) {
      console.error(`See: npm run ${name} -- --help`);
    }
    process.exitCode = wrongUsage ? 2 : 1;
  });
}

/** Whether `parseArgs` of node:util refused the command line. */
function isParseError(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  );
}

/** The value of an option that takes a whole number. */
export function wholeNumber(
  option: string,
  text: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    const upTo = most === Number.MAX_SAFE_INTEGER ? 'up' : `to ${most}`;
    throw new UsageError(`${option} takes a whole number from ${least} ${upTo}, not "${text}".`);
  }
  return value;
}
