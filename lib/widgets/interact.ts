import {
  escapeHtml,
  type NotebookHost,
  notebookHost,
  show,
  UpdatingOutput,
} from '../display/index';
import { show as showFigure } from '../plots/show';
import * as tf from '../tensorflow';
import { type Control, ipywidgetsState } from './control';
import { Latest } from './latest';
import { collectTensors } from './madeTensors';
import { WidgetModel } from './model';
import { isFigure, Result } from './result';

/** Controls by their names. */
export type Controls = Readonly<Record<string, Control<unknown>>>;

/** The controls' values, by their names. */
export type ValuesOf<All extends Controls> = {
  readonly [Name in keyof All]: All[Name] extends Control<infer Value> ? Value : never;
};

/** Options of {@link interact}. */
export interface InteractOptions {
  /** Called when the controls are removed, to dispose of what `draw` needed. */
  onClose?: () => void;
}

/** The controls that `interact` has shown. */
export interface Interaction<Values> {
  /** The controls' current values. */
  readonly values: Values;
  /** Removes the controls; the last result stays. Running the cell again does the same. */
  close(): void;
}

/**
 * Shows controls and, below them, what a function makes of their values: now, and each time the
 * reader changes one of them.
 *
 * While the function runs, the latest values wait for it and those in between are skipped, so the
 * result never lags far behind. If it throws, the error is shown in place of the result until the
 * next change; an error of the first call is thrown. An interrupt of the cell ends the function's
 * work.
 *
 * The tensors that the function makes are disposed as soon as its result is shown, except those that
 * it keeps with `tf.keep`. An async function disposes its tensors itself.
 *
 * Everything uses Jupyter's own connection, so JupyterLab may run on another machine. A saved
 * notebook shows the last result and the values it belongs to, and so does a reloaded page; run the
 * cell to get the controls back. JupyterLab needs the extensions of ipywidgets and, for
 * {@link pad}, of anywidget; `npm start` has both.
 *
 * In a program without a notebook nobody can change anything: the function is called once, with the
 * first values, and its result is shown as `plots.show` shows figures, or printed.
 *
 * @param controls the controls, by the names that the function uses.
 * @param draw takes the controls' values and returns what to show: a figure of `plots`, any value
 *   that a cell may end with, or a promise of one.
 * @param options what to do at the end.
 * @returns the values at any time, and how to end it.
 * @throws Error when there is no control, and what the first call of `draw` throws.
 *
 * @example
 * await widgets.interact({ noise: widgets.slider(0, 1) }, ({ noise }) =>
 *   plots.image(digit.add(tf.randomNormal([28, 28], 0, noise, 'float32', 0))));
 */
export async function interact<All extends Controls>(
  controls: All,
  draw: (values: ValuesOf<All>) => unknown,
  options: InteractOptions = {},
): Promise<Interaction<ValuesOf<All>>> {
  if (Object.keys(controls).length === 0) {
    throw new Error('interact needs a control: interact({ noise: slider(0, 1) }, …).');
  }
  const host = notebookHost();
  if (!host) {
    return withoutNotebook(controls, draw, options);
  }
  const panel = new Panel(controls, draw, options, host);
  try {
    await panel.start();
  } catch (error) {
    panel.close();
    throw error;
  }
  return panel;
}

function firstValues<All extends Controls>(controls: All): ValuesOf<All> {
  return Object.fromEntries(
    Object.entries(controls).map(([name, { initial }]) => [name, initial]),
  ) as ValuesOf<All>;
}

async function withoutNotebook<All extends Controls>(
  controls: All,
  draw: (values: ValuesOf<All>) => unknown,
  { onClose }: InteractOptions,
): Promise<Interaction<ValuesOf<All>>> {
  const values = firstValues(controls);
  const { value, tensors } = collectTensors(() => draw(values));
  try {
    const result = await value;
    if (isFigure(result)) {
      await showFigure(result);
    } else if (result !== undefined) {
      console.log(result);
    }
  } finally {
    tf.dispose(tensors);
  }
  onClose?.();
  return { values, close: () => {} };
}

/** The controls in a notebook, the result, and the line below it. */
class Panel<All extends Controls> implements Interaction<ValuesOf<All>> {
  values: ValuesOf<All>;
  private readonly models: WidgetModel[] = [];
  private readonly result: Result;
  private readonly caption = new UpdatingOutput();
  private readonly latest = new Latest((values: ValuesOf<All>) => this.redraw(values));
  private isOpen = true;

  constructor(
    private readonly controls: All,
    private readonly draw: (values: ValuesOf<All>) => unknown,
    private readonly options: InteractOptions,
    private readonly host: NotebookHost,
  ) {
    this.values = firstValues(controls);
    this.result = new Result(host);
  }

  async start(): Promise<void> {
    this.showControls();
    const { values } = this;
    await this.work(values, (value) => this.result.showFirst(value));
    this.setCaption(values);
  }

  close(): void {
    if (!this.isOpen) {
      return;
    }
    this.isOpen = false;
    this.latest.clear();
    for (const model of this.models) {
      model.close();
    }
    this.options.onClose?.();
  }

  /** As the last expression of a cell it shows nothing else. */
  [Symbol.for('Jupyter.display')](): object {
    return {};
  }

  private showControls(): void {
    const children = Object.keys(this.controls).map((name) => this.showControl(name));
    const box = this.open(ipywidgetsState('VBox', { children }));
    const names = Object.keys(this.controls).join(', ');
    const sentence = `Controls: ${names}. Run this cell to use them.`;
    const pictures = Object.values(this.controls).flatMap(({ picture }) => picture ?? []);
    show({
      'application/vnd.jupyter.widget-view+json': {
        version_major: 2,
        version_minor: 0,
        model_id: box.id,
      },
      'text/html': [`<p><em>${escapeHtml(sentence)}</em></p>`, ...pictures].join('\n'),
      'text/plain': sentence,
    });
  }

  private showControl(name: keyof All & string): string {
    const control = this.controls[name] as Control<unknown>;
    const state = control.modelState(name);
    return this.open(state, (message) => {
      const before = this.values[name];
      const value = control.next(message, before);
      if (value !== before) {
        this.values = { ...this.values, [name]: value };
        this.latest.set(this.values);
      }
    }).reference;
  }

  private open(
    state: object,
    received: ConstructorParameters<typeof WidgetModel>[2] = () => {},
  ): WidgetModel {
    const model = new WidgetModel(this.host, { ...state }, received, () => this.close());
    this.models.push(model);
    return model;
  }

  private async work(
    values: ValuesOf<All>,
    showValue: (value: unknown) => Promise<void>,
  ): Promise<void> {
    const drawn = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      const { value, tensors } = collectTensors(() => this.draw(values));
      return { value: await value, tensors };
    });
    try {
      // An interrupt ends the wait, even if it has stopped the function half-way.
      const { value } = await this.host.wait(drawn);
      await showValue(value);
    } finally {
      drawn.then(
        ({ tensors }) => tf.dispose(tensors),
        () => {}, // The wait has thrown it.
      );
    }
  }

  private async redraw(values: ValuesOf<All>): Promise<void> {
    try {
      await this.work(values, async (value) => {
        if (this.isOpen) {
          await this.result.show(value);
        }
      });
    } catch (error) {
      if (this.isOpen) {
        this.result.showError(error);
      }
    }
    if (this.isOpen) {
      this.setCaption(values);
    }
  }

  /** Says which values the result belongs to: in a saved notebook the controls are gone. */
  private setCaption(values: ValuesOf<All>): void {
    const parts = Object.entries(this.controls).flatMap(([name, control]) =>
      control.describe ? [`${name}: ${control.describe(values[name])}`] : [],
    );
    if (parts.length > 0) {
      const text = parts.join(', ');
      const html = `<p style="opacity: 0.7; margin: 0">${escapeHtml(text)}</p>`;
      this.caption.set({ 'text/html': html, 'text/plain': text });
    }
  }
}
