import { alignedCell, escapeHtml, show } from '../display/index';
import * as tf from '../tensorflow';

const header = ['Layer (type)', 'Output Shape', 'Param #'];
// Where the columns of Keras's table of 65 characters end.
const kerasColumnWidths = [29, 26, 10];

/**
 * Prints the model's layers as Keras's `model.summary()` does: name and type, output shape
 * (`None` stands for the batch) and number of parameters, then the totals. In a notebook the
 * output is an HTML table, with the text as its plain form.
 *
 * Follows https://keras.io/api/models/model/#summary-method.
 *
 * @param model any model with at least one layer.
 * @throws TypeError if the model has no layers.
 */
export function summary(model: tf.LayersModel): void {
  if (model instanceof tf.Sequential && !model.built) {
    model.build();
  }
  const rows = model.layers.map(layerRow);
  const totals = parameterTotals(model);
  const text = textTable(model.name, rows, totals);
  const bundle = { 'text/html': htmlTable(model.name, rows, totals), 'text/plain': text };
  if (!show(bundle)) {
    console.log(text);
  }
}

function layerRow(layer: tf.layers.Layer): string[] {
  return [
    `${layer.name} (${layer.getClassName()})`,
    shapeText(layer.outputShape),
    String(layer.countParams()),
  ];
}

/** A shape as Python prints it: `(None, 28, 28)`; for several outputs, a list. */
function shapeText(shape: tf.Shape | tf.Shape[]): string {
  if (Array.isArray(shape[0])) {
    return `[${(shape as tf.Shape[]).map(shapeText).join(', ')}]`;
  }
  const sizes = (shape as tf.Shape).map((size) => size ?? 'None');
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`;
}

function parameterTotals(model: tf.LayersModel): string[] {
  const count = (weights: { shape: tf.Shape }[]) =>
    weights.reduce(
      (sum, { shape }) => sum + shape.reduce<number>((n, size) => n * (size ?? 1), 1),
      0,
    );
  const trainable = count(model.trainableWeights);
  const nonTrainable = count(model.nonTrainableWeights);
  const format = (value: number) => value.toLocaleString('en-US');
  return [
    `Total params: ${format(trainable + nonTrainable)}`,
    `Trainable params: ${format(trainable)}`,
    `Non-trainable params: ${format(nonTrainable)}`,
  ];
}

function textTable(name: string, rows: string[][], totals: string[]): string {
  // Keras cuts text that is wider than its column; here the column grows.
  const widths = kerasColumnWidths.map((width, column) =>
    Math.max(width, ...rows.map((row) => (row[column] ?? '').length + 1)),
  );
  const lineLength = widths.reduce((sum, width) => sum + width, 0);
  const thin = '_'.repeat(lineLength);
  const thick = '='.repeat(lineLength);
  const line = (cells: string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('');
  const body = rows.map(line).join(`\n${thin}\n`);
  return [`Model: "${name}"`, thin, line(header), thick, body, thick, ...totals, thin].join('\n');
}

function htmlTable(name: string, rows: string[][], totals: string[]): string {
  const line = (tag: 'th' | 'td', cells: string[]) =>
    `<tr>${cells
      .map((cell, column) => alignedCell(tag, column === 2 ? 'right' : 'left', cell))
      .join('')}</tr>`;
  return [
    `<p><b>Model: "${escapeHtml(name)}"</b></p>`,
    `<table><thead>${line('th', header)}</thead>`,
    `<tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table>`,
    `<p>${totals.join('<br>')}</p>`,
  ].join('\n');
}
