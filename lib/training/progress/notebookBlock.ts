import { UpdatingOutput } from '../../display/index';
import { drawTraining, trainingBundle } from '../../plots/training';
import type { Logs } from '../callbacks/callback';
import type { Moment, ProgressOutput } from './moment';
import { partDone, progressHtml } from './progressHtml';
import { barLine } from './progressText';
import { RunRecord } from './runRecord';

const millisecondsBetweenDrawings = 1000;

/**
 * What a notebook shows while it trains, in two outputs that are updated in place: a bar with
 * figures above, curves below. They end as Keras's lines and a Plotly figure, which a saved
 * notebook shows without scripts and without a network.
 *
 * The curves are drawn as SVG until then: JupyterLab's Plotly output is not drawn again when it is
 * updated, and a new one takes the browser many times as long.
 */
export class NotebookBlock implements ProgressOutput {
  /** It would be wider than a notebook's page, below a real bar. */
  readonly showsBarInLines = false;
  private readonly start = performance.now();
  private readonly lines: string[] = [];
  private moment: Moment | undefined;
  private unfinishedLine: string | undefined;
  private readonly text = new UpdatingOutput();
  private readonly curves = new UpdatingOutput();
  private lastDrawing = this.start;
  private hasDrawing = false;
  private readonly record: RunRecord | undefined;

  /** @param epochs where training starts and ends; left out where there are no curves to draw. */
  constructor(epochs: readonly [number, number] | undefined) {
    this.record = epochs && new RunRecord(epochs);
  }

  update(moment: Moment): void {
    const { epoch, done, steps, rows, seconds, logs } = moment;
    this.moment = moment;
    this.unfinishedLine = barLine(done, steps, seconds, logs);
    this.showBar(moment);
    if (!moment.validation && steps !== undefined) {
      this.record?.step(epoch + done / steps, rows, logs);
    }
    this.drawNowAndThen();
  }

  finish(line: string): void {
    this.lines.push(line);
    this.unfinishedLine = undefined;
    // A change from HTML to text and back, once per epoch, would flicker.
    if (this.moment) {
      this.showBar(this.moment);
    } else {
      this.showLines();
    }
  }

  endEpoch(epoch: number, logs: Logs): void {
    this.record?.epochEnd(epoch + 1, logs);
    this.drawNowAndThen();
  }

  async complete(): Promise<void> {
    this.showLines();
    if (!this.record || !this.hasDrawing) {
      return;
    }
    this.curves.set(await trainingBundle(this.record.run(true)));
  }

  stop(): void {
    if (this.unfinishedLine !== undefined) {
      this.lines.push(this.unfinishedLine);
    }
    this.showLines();
    if (this.hasDrawing) {
      this.draw();
    }
  }

  private showBar(moment: Moment): void {
    const part = partDone(moment);
    const seconds = (performance.now() - this.start) / 1000;
    const secondsLeft = part > 0 ? seconds * (1 / part - 1) : undefined;
    this.text.set({
      'text/html': progressHtml(moment, secondsLeft, this.lines),
      'text/plain': [...this.lines, this.unfinishedLine ?? ''].join('\n'),
    });
  }

  private showLines(): void {
    this.text.set({ 'text/plain': this.lines.join('\n') });
  }

  /** Every second at first; more seldom in a long run, where a second makes no difference. */
  private drawNowAndThen(): void {
    const now = performance.now();
    const wait = Math.max(millisecondsBetweenDrawings, (now - this.start) / 60);
    if (this.record?.hasCurve && now - this.lastDrawing >= wait) {
      this.lastDrawing = now;
      this.draw();
    }
  }

  private draw(): void {
    if (this.record) {
      this.hasDrawing = true;
      const picture = drawTraining(this.record.run(false));
      this.curves.set({
        'text/html': `<div class="training-curves" style="overflow-x: auto">${picture}</div>`,
        'text/plain': 'The curves of the training, to be seen in JupyterLab',
      });
    }
  }
}
