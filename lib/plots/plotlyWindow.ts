/**
 * jsdom has documents but no layout and no canvas. plotly.js needs both: the size of texts, to
 * place legends, titles and axis labels, and a canvas for the cells of heatmaps and images.
 */
import type { Canvas } from '@napi-rs/canvas';
import type { DOMWindow } from 'jsdom';

export type CanvasLibrary = typeof import('@napi-rs/canvas');

/** What is used of a `canvas` element. (Notebook cells have no DOM types.) */
interface CanvasElement {
  width: number;
  height: number;
}

/** What is used of an SVG element. */
interface SvgElement {
  readonly textContent: string | null;
  readonly parentElement: SvgElement | null;
  readonly style?: { getPropertyValue(name: string): string };
  getAttribute(name: string): string | null;
  matches(selector: string): boolean;
  querySelectorAll(selector: string): Iterable<SvgElement>;
}

/** Lets the window's `canvas` elements and `Image` objects draw with a canvas library. */
export function addCanvas(window: DOMWindow, { createCanvas, Image }: CanvasLibrary): void {
  const canvases = new WeakMap<CanvasElement, Canvas>();
  const canvasOf = (element: CanvasElement): Canvas => {
    const canvas = canvases.get(element) ?? createCanvas(element.width, element.height);
    canvases.set(element, canvas);
    return canvas;
  };
  Object.assign(window.HTMLCanvasElement.prototype, {
    getContext(this: CanvasElement) {
      return canvasOf(this).getContext('2d');
    },
    toDataURL(this: CanvasElement) {
      return canvasOf(this).toDataURL('image/png');
    },
  });
  window.Image = class extends Image {
    setAttribute(name: 'src', value: string): void {
      this[name] = value;
    }
  };
}

/** Lets the window's SVG elements measure their text. */
export function addTextBoxes(window: DOMWindow, { createCanvas, DOMMatrix }: CanvasLibrary): void {
  const context = createCanvas(1, 1).getContext('2d');

  function measure(element: SvgElement) {
    context.font = ['font-weight', 'font-size', 'font-family']
      .map((property) => inheritedStyle(element, property))
      .join(' ');
    return context.measureText(element.textContent ?? '');
  }

  /** The corners of one text, before any transformation; lines stand 1.3 font sizes apart. */
  function corners(text: SvgElement): { x: number; y: number }[] {
    const lines = [...text.querySelectorAll('tspan.line')];
    const sizes = (lines.length > 0 ? lines : [text]).map(measure);
    const width = Math.max(...sizes.map((size) => size.width));
    const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = measure(text);
    const below = (sizes.length - 1) * 1.3 * Number.parseFloat(inheritedStyle(text, 'font-size'));
    const anchor = text.getAttribute('text-anchor') ?? 'start';
    const anchored = { start: 0, middle: 0.5, end: 1 }[anchor];
    const left = Number(text.getAttribute('x') ?? 0) - width * (anchored ?? 0);
    const baseline = Number(text.getAttribute('y') ?? 0);
    return [left, left + width].flatMap((x) => [
      { x, y: baseline - ascent },
      { x, y: baseline + below + descent },
    ]);
  }

  /** Applies the `transform` attributes from the text up to and including `ancestor` to a point. */
  function transformation(text: SvgElement, ancestor: SvgElement): InstanceType<typeof DOMMatrix> {
    const chain: SvgElement[] = [];
    for (let element: SvgElement | null = text; element; element = element.parentElement) {
      chain.unshift(element);
      if (element === ancestor) {
        break;
      }
    }
    const matrix = new DOMMatrix();
    for (const element of chain) {
      for (const [, kind, list] of (element.getAttribute('transform') ?? '').matchAll(
        /(\w+)\(([^)]*)\)/g,
      )) {
        const [a = 0, b = 0, c = 0] = (list ?? '').split(/[ ,]+/).map(Number);
        if (kind === 'translate') {
          matrix.translateSelf(a, b);
        }
        if (kind === 'scale') {
          matrix.scaleSelf(a, b || a);
        }
        if (kind === 'rotate') {
          matrix.translateSelf(b, c).rotateSelf(a).translateSelf(-b, -c);
        }
      }
    }
    return matrix;
  }

  function box(this: SvgElement) {
    const texts = this.matches('text') ? [this] : [...this.querySelectorAll('text')];
    const points = texts
      .filter((text) => text.textContent)
      .flatMap((text) => {
        const matrix = transformation(text, this);
        return corners(text).map((corner) => matrix.transformPoint(corner));
      });
    const [left, right] = range(points.map(({ x }) => x));
    const [top, bottom] = range(points.map(({ y }) => y));
    const [width, height] = [right - left, bottom - top];
    return { x: left, y: top, left, top, right, bottom, width, height };
  }
  Object.assign(window.SVGElement.prototype, { getBBox: box, getBoundingClientRect: box });
}

function inheritedStyle(element: SvgElement, property: string): string {
  for (let at: SvgElement | null = element; at; at = at.parentElement) {
    const value = at.style?.getPropertyValue(property);
    if (value) {
      return value;
    }
  }
  return { 'font-weight': 'normal', 'font-size': '12px' }[property] ?? 'Open Sans';
}

function range(values: number[]): [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}
