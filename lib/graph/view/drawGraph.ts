/** Draws a graph with Graphviz. */
import type { Graph as Drawing } from '@viz-js/viz' with { 'resolution-mode': 'import' };
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  isHandle,
  nodesOf,
  type Phase,
  shapeOf,
} from '../../native/graphNode';
import { OPERATIONS } from '../operations';
import { grouped } from '../transform';

type Arrow = NonNullable<Drawing['edges']>[number];

const COLORS: Record<Phase, { fillcolor: string; color: string }> = {
  forward: { fillcolor: '#ddf4ff', color: '#0969da' },
  backward: { fillcolor: '#fff1e5', color: '#bc4c00' },
  update: { fillcolor: '#dafbe1', color: '#1a7f37' },
};

const FONT = { fontname: 'Helvetica,Arial,sans-serif', fontsize: 11 };

/** An SVG document. */
export async function drawGraph(graph: Graph): Promise<string> {
  // More than a megabyte, which only those load who draw.
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(drawingOf(graph), { format: 'svg', engine: 'dot' });
}

function drawingOf(graph: Graph): Drawing {
  const nodes = nodesOf(graph);
  const shown = nodes.filter(isShown);
  const names = new Map(shown.map((node, index) => [node, `node${index}`]));
  const boxes = grouped(shown, (node) => boxOf(node, nodes));
  return {
    graphAttributes: { ranksep: 0.35, nodesep: 0.2, ...FONT },
    nodeAttributes: { shape: 'box', style: 'rounded,filled', height: 0.3, ...FONT },
    edgeAttributes: { color: '#57606a', fontcolor: '#57606a', ...FONT, fontsize: 9 },
    subgraphs: [...boxes].map(([label, inside], index) => ({
      name: label ? `cluster_${index}` : `outside_${index}`,
      graphAttributes: { label, style: 'rounded', color: '#8c959f' },
      nodes: inside.map((node) => ({
        name: names.get(node) ?? '',
        attributes: { label: labelOf(node), ...COLORS[phaseOf(node)] },
      })),
    })),
    edges: shown.flatMap((node) => arrowsTo(node, names)),
  };
}

function phaseOf({ origin }: GraphNode): Phase {
  return origin?.phase ?? 'forward';
}

/** What only names, reads or reshapes a value is not drawn. */
function isShown({ op }: GraphNode): boolean {
  return !['Const', 'VarHandleOp', 'ReadVariableOp'].includes(op) && !OPERATIONS[op]?.isFree;
}

/** The value that an input comes from, before it was reshaped. */
function sourceOf(value: GraphValue): GraphValue {
  const [input] = value.node.inputs;
  return input && OPERATIONS[value.node.op]?.isFree ? sourceOf(input) : value;
}

/** The variables that a node uses or changes. */
function variablesOf({ inputs }: GraphNode): GraphNode[] {
  const handles = inputs.map(sourceOf).map(({ node }) => node.inputs[0] ?? { node, index: 0 });
  return handles.filter(isHandle).map(({ node }) => node);
}

/** The layer or line that a node belongs to; an update belongs where its variable is used first. */
function boxOf(node: GraphNode, nodes: readonly GraphNode[]): string {
  const [changed] = node.inputs;
  if (changed && isHandle(changed)) {
    const reader = nodes.find(
      (other) =>
        isShown(other) && phaseOf(other) !== 'update' && variablesOf(other).includes(changed.node),
    );
    return reader === undefined ? 'optimizer' : boxOf(reader, nodes);
  }
  const isOfOptimizer = phaseOf(node) === 'update';
  return isOfOptimizer ? 'optimizer' : (node.origin?.layer ?? node.origin?.line ?? '');
}

function labelOf(node: GraphNode): string {
  const names = variablesOf(node).map(({ label }) => label);
  const [first] = node.inputs;
  // An update names what it changes; the optimiser's own variables would only repeat that.
  const shown = first && isHandle(first) ? names.slice(0, 1) : names;
  const type = node.outputs.map(({ shape }) => shape.join('×'))[0];
  return [node.op === 'Placeholder' ? `input ${type}` : node.op, ...shown].join('\n');
}

/**
 * The arrows that lead to a node. Those of gradients are laid out against their direction, so that
 * a layer's gradients come to lie beside its operations.
 */
function arrowsTo(node: GraphNode, names: Map<GraphNode, string>): Arrow[] {
  const arrows = node.inputs.map(sourceOf).map((source): Arrow => {
    const [tail = '', head = ''] = [names.get(source.node), names.get(node)];
    const label = shapeOf(source).join('×');
    const phases = [phaseOf(source.node), phaseOf(node)];
    return phases.every((phase) => phase === 'backward')
      ? { tail: head, head: tail, attributes: { label, dir: 'back' } }
      : { tail, head, attributes: { label, constraint: phases[0] === phases[1] } };
  });
  // The optimiser's own numbers go to every update: their arrows would hide all others.
  const isChange = node.inputs.some(isHandle);
  return arrows.filter(
    ({ tail, head, attributes }) => tail && head && !(isChange && attributes?.label === ''),
  );
}
