import {
  escapeHtml,
  type NotebookHost,
  notebookHost,
  show,
  UpdatingOutput,
} from '../display/index';
import { show as showFigure } from '../plots/show';
import { type Control, ipywidgetsState } from './control';
import { Latest } from './latest';
import { WidgetModel } from './model';
import { isFigure, Result } from './result';

/** Controls by their names. */
export type Controls = Readonly<Record<string, Control<unknown>>>;

/** What the controls give, by their names. */
export type ValuesOf<All extends Controls> = {
  readonly [Name in keyof All]: All[Name] extends Control<infer Value> ? Value : never;
};

/** Options of {@link interact}. */
export interface InteractOptions {
  /** Called when the controls are gone, to dispose of what `draw` needed. */
  onClose?: () => void;
}

/** Controls that are at work, as `interact` has shown them. */
export interface Interaction<Values> {
  /** What the controls give now. */
  readonly values: Values;
  /** Takes the controls away; the last result stays. Running the cell again does so, too. */
  close(): void;
}

/**
 * Shows controls and, below them, what a function makes of their values: now, and each time the
 * reader moves one of them.
 *
 * While the function is at work the latest values wait for it and those in between are left out, so
 * the result is never far behind the reader's hand. If it throws, the error takes the place of the
 * result, until the next movement; at the first call, the error is the cell's. An interrupt ends
 * what the function is doing. A tensor that it makes is its own to dispose: `tf.tidy` does.
 *
 * All goes through Jupyter's own connection: JupyterLab may be on another machine. A saved notebook
 * shows the last result and the values it belongs to, and so does a page that is opened anew; the
 * controls are back when the cell is run.
 * The page has to have ipywidgets' and, for {@link pad}, anywidget's extension; `npm start` has.
 *
 * In a program without a notebook nobody can move anything: the function is called once, with the
 * first values, and its result is shown as `plots.show` shows figures, or printed.
 *
 * @param controls the controls, by the names that the function knows.
 * @param draw takes the controls' values and returns what is to be shown: a figure of `plots`, or
 *   whatever a cell may end with; a promise of it is waited for.
 * @param options what to do at the end.
 * @returns the values at any time, and how to end it.
 * @throws Error when there is no control, and what the first call of `draw` throws.
 *
 * @example
 * await widgets.interact({ noise: widgets.slider(0, 1) }, ({ noise }) =>
 *   plots.image(tf.tidy(() => digit.add(tf.randomNormal([28, 28], 0, noise, 'float32', 0)))));
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
  const result = await draw(values);
  if (isFigure(result)) {
    await showFigure(result);
  } else if (result !== undefined) {
    console.log(result);
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
    await this.result.showFirst(await this.call(values));
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

  /** As the last expression of a cell it shows nothing more. */
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

  /** An interrupt ends the wait, even where it has cut off the function in the middle. */
  private call(values: ValuesOf<All>): Promise<unknown> {
    const called = new Promise((resolve) => setImmediate(resolve)).then(() => this.draw(values));
    return this.host.wait(called);
  }

  private async redraw(values: ValuesOf<All>): Promise<void> {
    try {
      const value = await this.call(values);
      if (this.isOpen) {
        await this.result.show(value);
      }
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
