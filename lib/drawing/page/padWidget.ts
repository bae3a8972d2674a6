/** The pad as a widget in a notebook (https://anywidget.dev): tells the kernel what is drawn. */
import type { RenderProps } from '@anywidget/types';
import { Pad } from './pad';
import type { Stroke } from './strokes';

/** The state that the kernel and the browser share. */
interface Shared {
  strokes: Stroke[];
}

const keys =
  'Drawing pad. Arrows move the pen, Space sets it down and lifts it, Backspace undoes, Delete clears.';

function render({ model, el }: RenderProps<Shared>): void {
  const widget = make('div', 'digit-pad-widget');
  const canvas = make('canvas', '');
  // With this role, screen readers pass on the arrow keys; with the attribute, Jupyter passes on
  // all keys.
  Object.assign(canvas, { tabIndex: 0, role: 'application', ariaLabel: keys });
  canvas.dataset.lmSuppressShortcuts = 'true';
  const hint = make('span', 'digit-pad-hint');
  hint.textContent = 'draw here';
  hint.ariaHidden = 'true';
  const box = make('div', 'digit-pad');
  box.append(canvas, hint);
  const buttons = make('div', 'digit-pad-buttons');
  widget.append(box, buttons);
  el.replaceChildren(widget);

  const changed = () => {
    widget.classList.toggle('has-ink', pad.drawing.length > 0);
    model.set('strokes', pad.drawing.map(rounded));
    model.save_changes();
  };
  const pad = new Pad(canvas, changed, structuredClone(model.get('strokes')));
  widget.classList.toggle('has-ink', pad.drawing.length > 0);
  buttons.append(
    button('Clear', () => pad.clear()),
    button('Undo', () => pad.undo()),
  );
}

/** A thousandth of the pad's side is too small to see. */
function rounded(stroke: Stroke): Stroke {
  const round = (value: number) => Math.round(1000 * value) / 1000;
  return stroke.map(({ x, y }) => ({ x: round(x), y: round(y) }));
}

function button(text: string, press: () => void): HTMLButtonElement {
  const element = make('button', 'jupyter-button');
  Object.assign(element, { type: 'button', textContent: text });
  element.addEventListener('click', press);
  return element;
}

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
): HTMLElementTagNameMap[Tag] {
  return Object.assign(document.createElement(tag), { className });
}

export default { render };
