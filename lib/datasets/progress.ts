import { notebookHost, TerminalLine, UpdatingOutput } from '../display/index';

/** The progress of getting a dataset. */
export interface DatasetProgress {
  /** One line for people, without the numbers. */
  readonly message: string;
  /** Bytes of the file received so far, while one is downloaded. */
  readonly receivedBytes?: number;
  /** The size of the file in bytes, if the server has given it. */
  readonly totalBytes?: number | undefined;
}

/**
 * Called whenever there is something to report about a download.
 *
 * @param progress what is being done now.
 */
export type ReportProgress = (progress: DatasetProgress) => void;

/** JupyterLab drops outputs that come too fast. */
const updateMilliseconds = 250;

/**
 * One line that shows the progress: an output that is replaced in place in a notebook, a line that
 * is overwritten in a terminal, and plain lines without numbers in a log file.
 */
export class ProgressLine {
  private readonly output = new UpdatingOutput();
  private readonly terminalLine = new TerminalLine(process.stderr);
  private lastNumbers = 0;
  private lastMessage = '';

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

  /** Replaces the last report, if there was one. */
  conclude(message: string): void {
    if (this.lastMessage) {
      this.report({ message });
    }
  }

  /** Ends the line, so that what is printed next starts on its own. */
  end(): void {
    this.terminalLine.close();
  }

  private write(progress: DatasetProgress, isNews: boolean): void {
    const line = describe(progress);
    if (notebookHost()) {
      this.output.set({ 'text/plain': line });
    } else if (process.stderr.isTTY) {
      this.terminalLine.update(line);
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
