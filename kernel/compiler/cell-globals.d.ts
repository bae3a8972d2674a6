// What the kernel gives to cells besides Node.js. Every cell sees these names.

/**
 * Asks the reader of the notebook for a line, and waits for it.
 *
 * @param message shown beside the input box.
 * @param defaultValue returned when nothing is entered.
 */
declare function prompt(message?: string, defaultValue?: string): string | null;

/** The value of the last expression of the cell that ran last. */
// biome-ignore lint/suspicious/noExplicitAny: it may be anything
declare let _: any;
