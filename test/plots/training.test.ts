import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Jimp } from 'jimp';
import { JSDOM } from 'jsdom';
import { renderSvg, svgToPng } from '../../lib/plots/render';
import {
  type TrainingMetric,
  type TrainingRun,
  trainingCurves,
} from '../../lib/plots/trainingCurves';
import { drawTraining } from '../../lib/plots/trainingDrawing';
import { trainingFigure } from '../../lib/plots/trainingFigure';

const loss = {
  name: 'loss',
  within: { x: [0.5, 1.5], y: [9, 0.4] },
  training: { x: [1, 2], y: [0.5, 0.3] },
  validation: { x: [1, 2], y: [0.45, 0.35] },
};
const run: TrainingRun = { epochs: [0, 4], metrics: [loss, { ...loss, name: 'acc' }] };
const empty = { x: [], y: [] };

function drawn(which: TrainingRun): Document {
  return new JSDOM(drawTraining(which), { contentType: 'image/svg+xml' }).window.document;
}

function texts(document: Document): string[] {
  return [...document.querySelectorAll('text')].map((text) => text.textContent ?? '');
}

describe('the drawing of a run', () => {
  test('has a panel for each metric, with a line for all that was measured', () => {
    const document = drawn(run);
    const panels = [...document.querySelectorAll('[data-metric]')];
    assert.deepEqual(
      panels.map((panel) => panel.getAttribute('data-metric')),
      ['loss', 'acc'],
    );
    for (const panel of panels) {
      assert.equal(panel.querySelectorAll('[data-line]').length, 3);
      assert.equal(panel.querySelectorAll('circle').length, 2);
      assert.equal(panel.querySelectorAll('rect').length, 2);
    }
    assert.ok(
      ['loss', 'acc', 'epoch', 'validation', '0', '4'].every((one) =>
        texts(document).includes(one),
      ),
    );
  });

  test('a lower value is lower, a later one is further right', () => {
    const marks = [...drawn(run).querySelectorAll('[data-metric="loss"] circle')];
    const [first, second] = marks.map((mark) =>
      ['cx', 'cy'].map((name) => Number(mark.getAttribute(name))),
    ) as [[number, number], [number, number]];
    assert.ok(second[0] > first[0] && second[1] > first[1], `${first} and ${second}`);
  });

  test('a value that is not finite leaves a gap', () => {
    const within = { x: [1, 2, 3, 4], y: [1, 2, Number.NaN, 3] };
    const metric = { name: 'loss', within, training: empty, validation: empty };
    const document = drawn({ epochs: [0, 4], metrics: [metric] });
    const path = document.querySelector('[data-line="within"]')?.getAttribute('d') ?? '';
    assert.match(path, /^M[^ML]+L[^ML]+M[^ML]+$/);
    assert.ok(!drawTraining({ epochs: [0, 4], metrics: [metric] }).includes('NaN'));
    assert.ok(!texts(document).includes('validation'));
  });

  test('names are text, not markup', () => {
    const document = drawn({ epochs: [0, 4], metrics: [{ ...loss, name: '<b>&"' }] });
    assert.ok(texts(document).includes('<b>&"'));
  });

  test('is a picture of the size of the Plotly figure, with nothing cut off', async () => {
    for (const one of [run, { ...run, metrics: [loss] }]) {
      const { layout } = trainingFigure(one);
      const { width, height, bitmap } = await Jimp.read(await svgToPng(drawTraining(one), 1));
      assert.deepEqual([width, height], [layout.width, layout.height]);
      const dark = (x: number, y: number) => {
        const [green = 0, opacity = 0] = [1, 3].map((at) => bitmap.data[(y * width + x) * 4 + at]);
        return opacity > 100 && green < 160;
      };
      const rows = Array.from({ length: height }, (_, y) => y);
      assert.ok(!rows.some((y) => dark(1, y) || dark(width - 2, y)));
      assert.ok(rows.some((y) => dark(width - 60, y)));
    }
  });
});

describe('the figure of a run', () => {
  test('has the same panels and lines, and plotly.js draws it', async () => {
    const { document } = new JSDOM(await renderSvg(trainingFigure(run)), {
      contentType: 'image/svg+xml',
    }).window;
    assert.equal(document.querySelectorAll('.scatterlayer .trace').length, 6);
    const shown = texts(document);
    for (const name of ['loss', 'acc', 'training', 'validation']) {
      assert.equal(shown.filter((text) => text === name).length, 1, name);
    }
  });

  test('the axis of values leaves out the first epoch once there are two', () => {
    const valueRange = (metric: TrainingMetric) =>
      trainingCurves({ epochs: [0, 4], metrics: [metric] }).panels[0]?.values.range ?? [];
    const [least = 0, most = 0] = valueRange(loss);
    assert.ok(least < 0.3 && least > 0.2 && most > 0.5 && most < 0.6, `${least} to ${most}`);
    const early = { ...loss, training: { x: [1], y: [0.5] } };
    assert.ok((valueRange(early)[1] ?? 0) > 9);
    const constant = { ...loss, within: empty, training: empty, validation: { x: [1], y: [2] } };
    assert.deepEqual(valueRange(constant), [1.8, 2.2]);
  });
});

describe('drawing and figure', () => {
  /** The positions of the vertical grid lines in the drawing, by the number below them. */
  function epochTicks(document: Document): string[] {
    const [panel] = document.querySelectorAll('[data-metric]');
    return [...(panel?.querySelectorAll(':scope > text[text-anchor="middle"]') ?? [])]
      .map((text) => text.textContent ?? '')
      .filter((text) => text !== 'epoch');
  }

  test('have the same panels, colours, markers, ranges and ticks', async () => {
    const drawing = drawn(run);
    const { data, layout } = trainingFigure(run);
    const traces = data as { name: string; line: { color: string }; marker: { symbol: string } }[];
    const strokes = [...drawing.querySelectorAll('[data-line]')].map((line) =>
      line.getAttribute('stroke'),
    );
    assert.deepEqual(
      traces.map(({ line }) => line.color),
      strokes,
    );
    const { panels, width, margin } = trainingCurves(run);
    for (const [index, panel] of panels.entries()) {
      const number = index === 0 ? '' : '2';
      const axes = layout as unknown as Record<string, { range: number[]; domain: number[] }>;
      assert.deepEqual(axes[`xaxis${number}`]?.range, panel.epochs.range);
      assert.deepEqual(axes[`yaxis${number}`]?.range, panel.values.range);
      const [left = 0, right = 0] = axes[`xaxis${number}`]?.domain ?? [];
      const space = width - margin.l - margin.r;
      assert.ok(Math.abs(margin.l + left * space - panel.left) < 1e-9);
      assert.ok(Math.abs((right - left) * space - panel.width) < 1e-9);
    }
    for (const epochs of [2, 12, 30, 500]) {
      const long: TrainingRun = { epochs: [0, epochs], metrics: [loss] };
      const { document } = new JSDOM(await renderSvg(trainingFigure(long)), {
        contentType: 'image/svg+xml',
      }).window;
      const shown = [...document.querySelectorAll('.xtick text')].map((text) => text.textContent);
      assert.deepEqual(epochTicks(drawn(long)), shown, `${epochs} epochs`);
    }
  });
});
