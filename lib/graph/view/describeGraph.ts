/** Writes a graph as text, for people. */

import { DT_INT32, nameOfType } from '../../native/backend';
import { FUSED_ELEMENTWISE, fusedOperations } from '../../native/elementwiseKernel';
import {
  constantOf,
  type Graph,
  type GraphNode,
  type GraphValue,
  nodesOf,
} from '../../native/graphNode';

/** One line for each node; constants, and what is fed, stand where they are used. */
export function describeGraph(graph: Graph): string {
  const nodes = nodesOf(graph).filter(({ op }) => !isWrittenInPlace(op));
  const names = new Map<GraphNode, string>(nodes.map((node, index) => [node, `%${index}`]));
  for (const [index, node] of graph.fed.entries()) {
    names.set(node, `input${index}`);
  }
  const nameOf = ({ node, index }: GraphValue) =>
    (names.get(node) ?? literal(node)) + (index > 0 ? `.${index}` : '');
  const rows = nodes.map((node) => {
    const after = node.after.map((other) => names.get(other));
    const inputs = node.inputs.map(nameOf).join(', ');
    return [
      `${names.get(node)} = ${operationOf(node)}(${inputs})${after.length > 0 ? ` after ${after}` : ''}`,
      node.outputs.map(typeName).join(', '),
      node.origin?.phase ?? '',
      node.origin?.layer ?? node.origin?.line ?? '',
      node.core === undefined ? '' : `core ${node.core}`,
    ];
  });
  const fed = graph.fed.map((node) => `${names.get(node)}: ${node.outputs.map(typeName)}`);
  const updates = graph.updates.map((node) => names.get(node));
  return [
    `in ${fed.join(', ') || 'nothing'}`,
    ...inColumns(rows),
    ...(updates.length > 0 ? [`update ${updates.join(', ')}`] : []),
    `out ${graph.outputs.map(nameOf).join(', ') || 'nothing'}`,
  ].join('\n');
}

function isWrittenInPlace(op: string): boolean {
  return ['Const', 'Placeholder', 'VarHandleOp'].includes(op);
}

function operationOf(node: GraphNode): string {
  return node.op === FUSED_ELEMENTWISE ? `${node.op}[${fusedOperations(node).join(' ')}]` : node.op;
}

/** A variable's name, or a constant's values if they are few. */
function literal(node: GraphNode): string {
  const [output] = node.outputs;
  if (node.op === 'VarHandleOp') {
    const [, block = ''] = node.name?.match(/^variable_\d+(_\d+)$/) ?? [];
    return `"${node.label}"${block}`;
  }
  const content = node.attributes.value;
  if (output === undefined || content?.kind !== 'tensor' || content.value.bytes.length > 32) {
    return output === undefined ? '?' : `constant ${typeName(output)}`;
  }
  const { bytes } = content.value;
  const numbers =
    output.dtype === DT_INT32
      ? (constantOf({ node, index: 0 }) ?? [])
      : [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
  const rounded = numbers.map((number) => Number(number.toPrecision(6)));
  return output.shape.length === 0 ? String(rounded) : `[${rounded.join(' ')}]`;
}

function typeName({ dtype, shape }: GraphNode['outputs'][number]): string {
  return `${nameOfType(dtype)}[${shape.join(',')}]`;
}

function inColumns(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, column) => Math.max(cell.length, known[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
