import { clearLine, cursorTo } from 'node:readline';
import { type DisplayHandle, notebookHost, show } from '../display/index';

/** What is being done to get a dataset. */
export interface DatasetProgress {
  /** One line for people, without the numbers. */
  readonly message: string;
  /** Bytes of the file received so far, while one is downloaded. */
  readonly receivedBytes?: number;
  /** Bytes there are to receive, where the server has told it. */
  readonly totalBytes?: number | undefined;
}

export type ReportProgress = (progress: DatasetProgress) => void;

/** JupyterLab drops outputs that come too fast, and nobody reads faster. */
const updateMilliseconds = 250;

/**
 * One line that follows the progress: an output that is replaced in place in a notebook, a line
 * that is written over in a terminal, and plain lines, without the numbers, in a log file.
 */
export class ProgressLine {
  private output: DisplayHandle | undefined;
  private lastNumbers = 0;
  private lastMessage = '';
  private terminalLineIsOpen = false;

  readonly report: ReportProgress = (progress) => {
    const isNews = progress.message !== this.lastMessage;
    const isDue = Date.now() - this.lastNumbers >= updateMilliseconds;
    const isDone =
      progress.receivedBytes !== undefined && progress.receivedBytes === progress.totalBytes;
    if (isNews || isDue || isDone) {
      this.lastNumbers = Date.now();
      this.lastMessage = progress.message;
      this.write(progress, isNews);
    }
  };

  /** Replaces the last news, if there were any. */
  conclude(message: string): void {
    if (this.lastMessage) {
      this.report({ message });
    }
  }

  /** Ends the line, so that what is printed next starts on its own. */
  end(): void {
    if (this.terminalLineIsOpen) {
      process.stderr.write('\n');
    }
  }

  private write(progress: DatasetProgress, isNews: boolean): void {
    const line = describe(progress);
    if (notebookHost()) {
      const bundle = { 'text/plain': line };
      if (this.output) {
        this.output.update(bundle);
      } else {
        this.output = show(bundle);
      }
    } else if (process.stderr.isTTY) {
      cursorTo(process.stderr, 0);
      process.stderr.write(line.slice(0, (process.stderr.columns || 80) - 1));
      clearLine(process.stderr, 1);
      this.terminalLineIsOpen = true;
    } else if (isNews) {
      process.stderr.write(`${progress.message}\n`);
    }
  }
}

function describe({ message, receivedBytes, totalBytes }: DatasetProgress): string {
  if (receivedBytes === undefined) {
    return message;
  }
  const received = (receivedBytes / 1e6).toFixed(1);
  return totalBytes === undefined
    ? `${message}: ${received} MB`
    : `${message}: ${received} of ${(totalBytes / 1e6).toFixed(1)} MB`;
}
