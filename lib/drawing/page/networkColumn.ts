/** The column of one network: its answer in large type, and ten bars. */
import { type Answer, type NetworkDescription, percent } from './networks';

/** Shows one network's answers. */
export class NetworkColumn {
  readonly element: HTMLElement;
  private readonly digit = make('span', 'digit');
  private readonly probability = make('span', 'probability');
  private readonly rows: HTMLElement[];
  private readonly meters: HTMLElement[];

  constructor({ id, name, caption }: NetworkDescription) {
    const title = make('h2', '', name);
    title.id = `title-${id}`;
    const answer = make('p', 'answer');
    answer.append(this.digit, this.probability);
    this.meters = Array.from({ length: 10 }, (_, digit) => meter(`${name}, digit ${digit}`));
    this.rows = this.meters.map((track, digit) => {
      const row = make('li', '');
      row.dataset.digit = String(digit);
      const label = make('span', 'label', String(digit));
      label.ariaHidden = 'true';
      row.append(label, track);
      return row;
    });
    const bars = make('ol', 'bars');
    bars.append(...this.rows);
    this.element = make('section', 'network');
    this.element.id = `network-${id}`;
    this.element.setAttribute('aria-labelledby', title.id);
    this.element.append(title, make('p', 'caption', caption), answer, bars);
    this.show(undefined);
  }

  /** Without an answer, shows a dash and empty bars. */
  show(answer: Answer | undefined): void {
    this.digit.textContent = answer ? String(answer.digit) : '–';
    this.probability.textContent = answer ? percent(answer.probability) : '';
    this.element.dataset.answer = answer ? String(answer.digit) : '';
    for (const [digit, track] of this.meters.entries()) {
      const share = answer?.probabilities[digit] ?? 0;
      track.ariaValueNow = share.toFixed(4);
      track.ariaValueText = percent(share);
      track.style.setProperty('--share', share.toFixed(4));
      this.rows[digit]?.classList.toggle('best', digit === answer?.digit);
    }
  }
}

function meter(label: string): HTMLElement {
  const track = make('div', 'track');
  track.role = 'meter';
  Object.assign(track, { ariaLabel: label, ariaValueMin: '0', ariaValueMax: '1' });
  track.append(make('div', 'bar'));
  return track;
}

function make(tag: string, className: string, text = ''): HTMLElement {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  element.textContent = text;
  return element;
}
