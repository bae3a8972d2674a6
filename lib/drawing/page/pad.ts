/** The pad: takes mouse, finger, pen and keys, and shows what has been drawn. */
import { moved, type Point, paint, type Stroke } from './strokes';

/** The distance of one press of an arrow key, as a fraction of the pad's side. */
const keyStep = 0.04;

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-keyStep, 0],
  ArrowRight: [keyStep, 0],
  ArrowUp: [0, -keyStep],
  ArrowDown: [0, keyStep],
};

/** A square canvas to draw on. */
export class Pad {
  /** Which finger, mouse or pen draws; others are ignored meanwhile. */
  private pointer: number | undefined;
  private keyboard = { at: { x: 0.5, y: 0.5 }, down: false };

  /**
   * @param changed called after each change of the drawing.
   * @param strokes what is drawn already.
   */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly changed: () => void,
    private strokes: Stroke[] = [],
  ) {
    canvas.addEventListener('pointerdown', (event) => this.begin(event));
    canvas.addEventListener('pointermove', (event) => this.extend(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      canvas.addEventListener(end, (event) => this.end(event));
    }
    canvas.addEventListener('keydown', (event) => this.press(event));
    canvas.addEventListener('blur', () => this.liftKeyboardPen());
    canvas.addEventListener('focus', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  get drawing(): readonly Stroke[] {
    return this.strokes;
  }

  /** Whether a line is being drawn right now. */
  get isDrawing(): boolean {
    return this.pointer !== undefined || this.keyboard.down;
  }

  clear(): void {
    this.strokes = [];
    this.finishLine();
  }

  /** Removes the last line. */
  undo(): void {
    this.strokes.pop();
    this.finishLine();
  }

  private finishLine(): void {
    this.pointer = undefined;
    this.keyboard.down = false;
    this.update();
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0 || this.pointer !== undefined) {
      return;
    }
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.keyboard.down = false;
    this.strokes.push([this.pointOf(event)]);
    this.update();
  }

  private extend(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) {
      return;
    }
    const events = event.getCoalescedEvents();
    for (const one of events.length > 0 ? events : [event]) {
      this.strokes.at(-1)?.push(this.pointOf(one));
    }
    this.update();
  }

  private end(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) {
      return;
    }
    this.pointer = undefined;
    this.update();
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const arrow = arrows[event.key];
    if (arrow) {
      this.movePen(...arrow);
    } else if (event.key === ' ') {
      this.togglePen();
    } else if (event.key === 'Backspace') {
      this.undo();
    } else if (event.key === 'Delete') {
      this.clear();
    } else {
      return;
    }
    // Neither scroll the page nor go back in the browser's history.
    event.preventDefault();
  }

  private movePen(byX: number, byY: number): void {
    this.keyboard.at = moved(this.keyboard.at, byX, byY);
    if (this.keyboard.down) {
      this.strokes.at(-1)?.push(this.keyboard.at);
    }
    this.update();
  }

  private togglePen(): void {
    this.keyboard.down = !this.keyboard.down;
    if (this.keyboard.down) {
      this.strokes.push([this.keyboard.at]);
    }
    this.update();
  }

  private liftKeyboardPen(): void {
    this.keyboard.down = false;
    this.update();
  }

  private pointOf(event: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  }

  private update(): void {
    this.draw();
    this.changed();
  }

  private draw(): void {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (this.canvas.width !== side) {
      this.canvas.width = this.canvas.height = side;
    }
    const context = this.canvas.getContext('2d') as CanvasRenderingContext2D;
    paint(context, this.strokes, side, '#ffffff');
    if (this.canvas.matches(':focus-visible')) {
      this.drawKeyboardPen(context, side);
    }
  }

  private drawKeyboardPen(context: CanvasRenderingContext2D, side: number): void {
    const { at, down } = this.keyboard;
    context.beginPath();
    context.arc(at.x * side, at.y * side, 0.05 * side, 0, 2 * Math.PI);
    context.lineWidth = 0.01 * side;
    context.strokeStyle = '#4aa3ef';
    context.fillStyle = '#4aa3ef';
    context.stroke();
    if (down) {
      context.fill();
    }
  }
}
