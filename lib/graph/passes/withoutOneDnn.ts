/**
 * For a single row, oneDNN takes longer to prepare a small operation than TensorFlow's own kernel takes to
 * do it. TensorFlow leaves an operation to oneDNN wherever that knows its form, so it gets another one
 * here, which means the same.
 */

import { bool, int, string, strings } from '../../native/attributes';
import { DT_FLOAT } from '../../native/backend';
import { SIGMOIDS } from '../../native/fusedKernels';
import {
  type GraphNode,
  type GraphValue,
  graphValue,
  inputOf,
  scalar,
  shapeOf,
} from '../../native/graphNode';
import { FLOAT, reshape } from '../builders';
import { poolingOf } from '../capture/resultTypes';
import { sizeOf } from '../operations';
import { applyRules, type Pass, type Rule } from '../transform';

/** Filters of no more channels than these oneDNN takes as they are. */
const MOST_CHANNELS_IN_PLACE = 4;

/** So many numbers, or more, oneDNN pools faster. */
const MUCH_TO_POOL = 2 ** 15;

const RULES: Record<string, Rule> = {
  _FusedConv2D: convolutionWithUnusedArgument,
  _FusedMatMul: productOfColumn,
  MaxPool: poolingWithNumbersAsPadding,
};

export const withoutOneDnn: Pass = (graph) =>
  // A gradient is faster where oneDNN has computed what it is the gradient of.
  graph.updates.length > 0 ? graph : applyRules(graph, (op) => RULES[op]);

/** Whether it is a convolution of a single picture, before which oneDNN would rearrange the filter. */
export function wouldRearrangeFilter(convolution: GraphNode): boolean {
  const [rows = 0, , , channels = 0] = shapeOf(inputOf(convolution, 0));
  return rows === 1 && channels > MOST_CHANNELS_IN_PLACE;
}

function convolutionWithUnusedArgument(node: GraphNode): GraphValue | null {
  if (!wouldRearrangeFilter(node)) {
    return null;
  }
  const inputs = [...node.inputs, scalar(0, DT_FLOAT)];
  return graphValue(node.op, inputs, { ...node.attributes, num_host_args: int(1) }, node.outputs);
}

/** The row as a column, which is taken transposed. Sigmoid and tanh only oneDNN fuses with a product. */
function productOfColumn({ op, inputs, attributes, outputs }: GraphNode): GraphValue | null {
  const [row, ...others] = inputs as [GraphValue, ...GraphValue[]];
  const [rows, size = 0] = shapeOf(row);
  const { fused_ops: fused, transpose_a: isTransposed } = attributes;
  if (rows !== 1 || isTransposed?.value || fused?.kind !== 'strings') {
    return null;
  }
  const [bias, activation] = fused.value as [string, string?];
  const isSeparate = activation !== undefined && SIGMOIDS.includes(activation);
  const product = graphValue(
    op,
    [reshape(row, [size, 1]), ...others],
    {
      ...attributes,
      transpose_a: bool(true),
      fused_ops: isSeparate ? strings([bias]) : fused,
    },
    outputs,
  );
  return isSeparate ? graphValue(activation, [product], FLOAT, outputs) : product;
}

function poolingWithNumbersAsPadding(node: GraphNode): GraphValue | null {
  const shape = shapeOf(inputOf(node, 0));
  const isSmall = shape[0] === 1 && sizeOf(shape) < MUCH_TO_POOL;
  const info = isSmall && poolingOf(node);
  if (!info) {
    return null;
  }
  const { top, bottom, left, right } = info.padInfo;
  const attributes = {
    ...node.attributes,
    padding: string('EXPLICIT'),
    explicit_paddings: int([0, 0, top, bottom, left, right, 0, 0]),
  };
  return graphValue(node.op, node.inputs, attributes, node.outputs);
}
