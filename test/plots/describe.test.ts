/** Figures in words: the alternative text of a notebook's pictures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { models, plots } from '../../lib/index';
import { describeFigure } from '../../lib/plots/describe';

const pixels = [
  [0, 255],
  [255, 0],
];

test('a line chart names its title, axes and lines', () => {
  const figure = plots.curves(
    [
      { name: 'training', y: [1, 2] },
      { name: 'validation', y: [2, 3] },
    ],
    { title: 'Loss', xTitle: 'epoch', yTitle: 'loss' },
  );
  assert.equal(
    describeFigure(figure),
    'Line chart “Loss” of loss over epoch: training; validation',
  );
});

test('pictures name their captions, each once', () => {
  const captions = ['read as 7', 'read as\n2', 'read as 7'];
  const figure = plots.imageGrid([pixels, pixels, pixels], { rows: 1, columns: 3, captions });
  assert.equal(describeFigure(figure), 'Picture: read as 7; read as 2');
  assert.equal(describeFigure(plots.image(pixels)), 'Picture');
});

test('bars, tables and diagrams', () => {
  const names = ['a cat', 'a dog'];
  assert.equal(
    describeFigure(plots.probabilities([0.25, 0.75], names)),
    'Bar chart over probability: longest a dog (0.750)',
  );
  const matrix = plots.confusionMatrix(
    [
      [8, 2],
      [1, 9],
    ],
    names,
  );
  assert.equal(describeFigure(matrix), 'Coloured table of true over predicted');
  const network = models.mlp({ seed: 0 });
  assert.match(describeFigure(plots.network(network)), /^Diagram: .*dense/i);
  network.dispose();
});
