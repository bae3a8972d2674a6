import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { checkOptionNames } from '../names';
import type { Callback, Logs } from './callback';

/** Options of {@link CSVLogger}. */
export interface CSVLoggerOptions {
  /** Stands between two values. Default: a comma. */
  separator?: string;
  /** Whether lines are added to a file that is there; else it is replaced. Default: false. */
  append?: boolean;
}

const optionNames: Record<keyof CSVLoggerOptions, true> = { separator: true, append: true };

/**
 * A callback for `fit` that writes the values of each epoch into a file, one line an epoch, as soon
 * as it has ended. A value that an epoch does not have is `NA`.
 *
 * @see https://keras.io/api/callbacks/csv_logger/
 *
 * @example
 * await training.fit(model, x, y, { epochs: 5, callbacks: new training.CSVLogger('training.csv') });
 */
export class CSVLogger implements Callback {
  /** It changes nothing that a graph has recorded. */
  readonly changesModel = false;
  private readonly separator: string;
  private readonly append: boolean;
  private keys: string[] | undefined;
  private needsHeader = true;

  /**
   * @param filename the file to write; its folder has to be there.
   * @param options separator, and whether to go on with a file.
   * @throws TypeError for an unknown option.
   */
  constructor(
    private readonly filename: string,
    options: CSVLoggerOptions = {},
  ) {
    checkOptionNames('CSVLogger', options, Object.keys(optionNames));
    this.separator = options.separator ?? ',';
    this.append = options.append ?? false;
  }

  /**
   * Called by `fit`; makes the file, or finds out what is in it.
   *
   * @throws Error if the file cannot be written.
   */
  async onTrainBegin(): Promise<void> {
    this.keys = undefined;
    const content = this.append ? await this.content() : '';
    this.needsHeader = content === '';
    if (content === '') {
      await this.orError(writeFile(this.filename, ''));
    }
  }

  /**
   * Called by `fit`; writes a line.
   *
   * @param epoch counts from 0.
   * @param logs the epoch's values.
   * @throws Error if the file cannot be written.
   */
  async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    this.keys ??= columns(logs);
    const lines: (string | number)[][] = [[epoch, ...this.keys.map((key) => logs[key] ?? 'NA')]];
    if (this.needsHeader) {
      this.needsHeader = false;
      lines.unshift(['epoch', ...this.keys]);
    }
    // The end of a line as in Python's csv module, and in RFC 4180.
    const text = lines.map((line) => `${line.map(this.field, this).join(this.separator)}\r\n`);
    await this.orError(appendFile(this.filename, text.join('')));
  }

  private async content(): Promise<string> {
    try {
      return await readFile(this.filename, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return '';
      }
      throw this.failure(error as Error);
    }
  }

  private field(value: string | number): string {
    const text = String(value);
    const needsQuotes = text.includes(this.separator) || /["\r\n]/.test(text);
    return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
  }

  private async orError(writing: Promise<void>): Promise<void> {
    await writing.catch((error: Error) => {
      throw this.failure(error);
    });
  }

  private failure(error: Error): Error {
    return new Error(`CSVLogger cannot write ${this.filename}: ${error.message}.`, {
      cause: error,
    });
  }
}

/** As in Keras: sorted, and with columns for a validation that comes only in later epochs. */
function columns(logs: Logs): string[] {
  const keys = Object.keys(logs).sort();
  return keys.some((key) => key.startsWith('val_'))
    ? keys
    : [...keys, ...keys.map((key) => `val_${key}`)];
}
