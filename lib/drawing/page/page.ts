/** The page: a pad, the networks' input picture, and their answers. */
import { fieldSize } from '../../images/mnistForm';
import * as tf from '../../tensorflow';
import { NetworkColumn } from './networkColumn';
import {
  type Answer,
  answerOf,
  type Network,
  type NetworkDescription,
  percent,
  pictureOf,
  warmUp,
} from './networks';
import { Pad } from './pad';
import { inkOf, inkSide, paint } from './strokes';

const find = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const page = document.documentElement;

/** Updates the answers, at most once per animation frame. */
class Reader {
  private readonly columns: NetworkColumn[];
  private readonly ink = contextOf(square(inkSide));
  private readonly picture = contextOf(find<HTMLCanvasElement>('picture'));
  private readonly pad = new Pad(find<HTMLCanvasElement>('pad'), () => this.drawingChanged());
  private awaited = false;

  constructor(private readonly networks: readonly Network[]) {
    this.columns = networks.map((network) => new NetworkColumn(network));
    find('networks').replaceChildren(...this.columns.map(({ element }) => element));
    find('clear').addEventListener('click', () => this.pad.clear());
    find('undo').addEventListener('click', () => this.pad.undo());
    this.read();
  }

  private drawingChanged(): void {
    if (this.awaited) {
      return;
    }
    this.awaited = true;
    requestAnimationFrame(() => {
      this.awaited = false;
      this.read();
    });
  }

  private read(): void {
    const start = performance.now();
    paint(this.ink, this.pad.drawing, inkSide, '#ffffff');
    const { data } = this.ink.getImageData(0, 0, inkSide, inkSide);
    const picture = pictureOf(inkOf(data, inkSide));
    const answers = picture && this.networks.map(({ model }) => answerOf(model, picture));
    const milliseconds = performance.now() - start;
    this.show(picture, answers, milliseconds);
  }

  private show(
    picture: Float32Array | undefined,
    answers: Answer[] | undefined,
    milliseconds: number,
  ): void {
    page.classList.toggle('has-ink', this.pad.drawing.length > 0);
    showPicture(this.picture, picture);
    for (const [index, column] of this.columns.entries()) {
      column.show(answers?.[index]);
    }
    find('latency').textContent = answers ? `read in ${milliseconds.toFixed(0)} ms` : '';
    page.dataset.milliseconds = answers ? milliseconds.toFixed(1) : '';
    // Announced when a line is finished, not at each of its points.
    if (!this.pad.isDrawing) {
      announce(this.networks, answers);
    }
  }
}

function announce(networks: readonly Network[], answers: Answer[] | undefined): void {
  const sentences = networks.map(({ name }, index) => {
    const answer = answers?.[index];
    return answer && `${name} reads ${answer.digit}, ${percent(answer.probability)}`;
  });
  const text = answers ? `${sentences.join('; ')}.` : 'The pad is empty.';
  find('announcement').textContent = text;
  const picture = answers ? 'the drawn digit, scaled and centred' : 'empty';
  find('picture').ariaLabel = `The picture that the networks get: ${picture}`;
}

function showPicture(context: CanvasRenderingContext2D, picture: Float32Array | undefined): void {
  const pixels = context.createImageData(fieldSize, fieldSize);
  for (let pixel = 0; pixel < fieldSize * fieldSize; pixel++) {
    pixels.data.fill(Math.round(255 * (picture?.[pixel] ?? 0)), 4 * pixel, 4 * pixel + 3);
    pixels.data[4 * pixel + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

function square(side: number): HTMLCanvasElement {
  return Object.assign(document.createElement('canvas'), { width: side, height: side });
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
}

async function loadNetworks(): Promise<Network[]> {
  const response = await fetch('networks.json');
  if (!response.ok) {
    throw new Error(`networks.json: ${await response.text()}`);
  }
  const descriptions = (await response.json()) as NetworkDescription[];
  return Promise.all(
    descriptions.map(async (description) => {
      const model = await tf.loadLayersModel(`networks/${description.id}/model.json`);
      warmUp(model);
      return { ...description, model };
    }),
  );
}

async function start(): Promise<void> {
  const note = Object.assign(document.createElement('p'), {
    textContent: 'Loading the networks …',
  });
  find('networks').append(note);
  page.dataset.state = 'loading';
  try {
    new Reader(await loadNetworks());
    page.dataset.state = 'ready';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note.className = 'failure';
    note.role = 'alert';
    note.textContent = `The networks could not be loaded: ${reason}. Is the program that serves this page still running?`;
    page.dataset.state = 'failed';
    throw error;
  }
}

start();
