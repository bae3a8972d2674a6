import type dagre from '@dagrejs/dagre';
import type * as tf from '../tensorflow';
import { baseLayout, type Figure, palette, textColor } from './figure';

/** How {@link network} draws. */
export interface NetworkOptions {
  /** Title above the figure; none by default. */
  title?: string;
}

const narrowest = 70;
const labelLine = 13;
const labelLines = 4;
const largestPicture = 64;
const stackStep = 3;
const deepestStack = 6;
const stroke = { color: textColor, width: 1.2 };

/** The drawing of one tensor: its outline, and the text above and below it. */
interface Box {
  width: number;
  height: number;
  copies: number;
  above: string[];
  below: string;
  color: string;
}

/** A box, and the centre of the space that it takes with its text. */
interface Place {
  box: Box;
  x: number;
  y: number;
}

/**
 * Draws a network: each tensor is a box with its shape below and, above, the layer that makes it;
 * arrows lead from a layer's inputs to its outputs. Feature maps are stacks of squares whose side
 * follows their height, vectors of activations are bars. Meant for networks of up to about twenty
 * layers: sequential or with branches, and with several inputs and outputs.
 *
 * @param model any built model; nothing in it changes.
 * @param options the title.
 * @throws Error for a model that has no layers yet.
 */
export function network(model: tf.LayersModel, options: NetworkOptions = {}): Figure {
  if (model.layers.length === 0) {
    throw new Error('network: the model has no layers yet; add some before you draw it.');
  }
  const tensors = tensorsOf(model);
  const graph = layOut(tensors);
  const top = options.title === undefined ? 0 : 40;
  const { width = 0, height = 0 } = graph.graph();
  const layout = baseLayout({
    width: Math.ceil(width) + 16,
    height: Math.ceil(height) + 16 + top,
    title: options.title,
  });
  const hidden = { visible: false, fixedrange: true } as const;
  const shapes: NonNullable<Figure['layout']['shapes']> = [];
  const annotations: NonNullable<Figure['layout']['annotations']> = [];
  for (const tensor of tensors) {
    const place = placeOf(graph, tensor);
    const { box, x } = place;
    const middle = middleOf(place);
    shapes.push(...outline(box, x, middle));
    annotations.push(...words(box, x, middle));
    for (const input of tensor.inputs) {
      shapes.push(...arrow(graph, input, tensor));
    }
  }
  return {
    data: [{ type: 'scatter', mode: 'markers', x: [], y: [], hoverinfo: 'skip' }],
    layout: {
      ...layout,
      margin: { l: 8, r: 8, t: 8 + top, b: 8 },
      xaxis: { ...hidden, range: [0, width] },
      yaxis: { ...hidden, range: [height, 0] },
      showlegend: false,
      shapes,
      annotations,
    },
  };
}

/** The model's tensors, each after those it is computed from. */
function tensorsOf(model: tf.LayersModel): tf.SymbolicTensor[] {
  const found = new Set<tf.SymbolicTensor>();
  const visit = (tensor: tf.SymbolicTensor) => {
    if (!found.has(tensor)) {
      for (const input of tensor.inputs) {
        visit(input);
      }
      found.add(tensor);
    }
  };
  for (const output of model.outputs) {
    visit(output);
  }
  return [...found];
}

function layOut(tensors: tf.SymbolicTensor[]): dagre.graphlib.Graph {
  // Loaded when needed: it would take a tenth of the library's import time.
  const { graphlib, layout }: typeof dagre = require('@dagrejs/dagre');
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 14, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const tensor of tensors) {
    const box = boxOf(tensor);
    graph.setNode(String(tensor.id), {
      box,
      width: Math.max(box.width, narrowest),
      height: box.height + (labelLines + 1.5) * labelLine,
    });
    for (const input of tensor.inputs) {
      graph.setEdge(String(input.id), String(tensor.id));
    }
  }
  layout(graph);
  return graph;
}

/** The place that the layout gave to a tensor's box. */
function placeOf(graph: dagre.graphlib.Graph, { id }: tf.SymbolicTensor): Place {
  return graph.node(String(id)) as unknown as Place;
}

function boxOf(tensor: tf.SymbolicTensor): Box {
  const [, ...sizes] = tensor.shape;
  const words = { above: layerWords(tensor.sourceLayer), below: sizes.map(sizeText).join(' × ') };
  if (sizes.length === 3) {
    const [height, width, channels] = sizes.map((size) => size ?? 1) as [number, number, number];
    const scale = (size: number) => Math.max(5, Math.min(largestPicture, 12 * Math.sqrt(size)));
    const copies = Math.min(channels, deepestStack);
    const spread = (copies - 1) * stackStep;
    return {
      ...words,
      width: scale(width) + spread,
      height: scale(height) + spread,
      copies,
      color: palette[5],
    };
  }
  const size = sizes.reduce<number>((product, each) => product * (each ?? 1), 1);
  const height = Math.max(16, Math.min(90, 12 * Math.log2(size)));
  return { ...words, width: 9, height, copies: 1, color: palette[4] };
}

function sizeText(size: number | null): string {
  return size === null ? '?' : size.toLocaleString('en');
}

/** The layer's class as Keras names it, its window, and its activation. */
function layerWords(layer: tf.layers.Layer): string[] {
  const name = layer.getClassName();
  const { kernelSize, poolSize, activation, rate } = layer.getConfig() as {
    kernelSize?: number[];
    poolSize?: number[];
    activation?: string;
    rate?: number;
  };
  const window = kernelSize ?? poolSize;
  return [
    // Break a long name into two lines.
    name === 'InputLayer' ? 'input' : name.replace(/(?<=[a-z])(?=Pooling|Normalization)/, '<br>'),
    ...(window === undefined ? [] : [[window].flat().join(' × ')]),
    ...(activation === undefined || activation === 'linear' ? [] : [activation]),
    ...(rate === undefined ? [] : [String(rate)]),
  ];
}

function outline(box: Box, x: number, y: number): NonNullable<Figure['layout']['shapes']> {
  const spread = (box.copies - 1) * stackStep;
  return Array.from({ length: box.copies }, (_, index) => {
    const shift = spread - index * stackStep;
    const left = x - box.width / 2 + shift;
    const top = y - box.height / 2 + spread - shift;
    return {
      type: 'rect',
      x0: left,
      x1: left + box.width - spread,
      y0: top,
      y1: top + box.height - spread,
      fillcolor: box.color,
      line: { color: 'white', width: 1 },
    };
  });
}

function words(box: Box, x: number, y: number): NonNullable<Figure['layout']['annotations']> {
  const text = { x, showarrow: false, font: { size: 10.5, color: textColor } } as const;
  return [
    { ...text, y: y - box.height / 2 - 3, yanchor: 'bottom', text: box.above.join('<br>') },
    { ...text, y: y + box.height / 2 + 3, yanchor: 'top', text: box.below },
  ];
}

/** A line with a head: Plotly can draw its own arrows only in a browser. */
function arrow(
  graph: dagre.graphlib.Graph,
  from: tf.SymbolicTensor,
  to: tf.SymbolicTensor,
): NonNullable<Figure['layout']['shapes']> {
  const [start, end] = [placeOf(graph, from), placeOf(graph, to)];
  const [x, y] = [end.x - end.box.width / 2 - 3, middleOf(end)];
  // Around the boxes in between, if there are any; else straight.
  const bends = graph.edge(String(from.id), String(to.id)).points.slice(1, -1);
  const line = [
    [start.x + start.box.width / 2 + 3, middleOf(start)],
    ...(bends.length > 1 ? bends.map((bend) => [bend.x, middleOf(bend)]) : []),
    ...(middleOf(start) === y ? [] : [[x - 14, y]]),
    [x - 6, y],
  ];
  const head = `M ${x} ${y} L ${x - 7} ${y - 3.5} L ${x - 7} ${y + 3.5} Z`;
  return [
    { type: 'path', path: `M ${line.map((point) => point.join(' ')).join(' L ')}`, line: stroke },
    { type: 'path', path: head, fillcolor: textColor, line: { ...stroke, width: 0 } },
  ];
}

/** The text above a box takes more room than that below. */
function middleOf({ y }: { y: number }): number {
  return y + ((labelLines - 1) * labelLine) / 2;
}
