/**
 * A single row is multiplied with those rows of a large matrix only that belong to its numbers other than
 * zero. Reading the matrix takes the time, and most pixels of a digit, and half of what a ReLU gives
 * out, are zeros. Where a weight is infinite or NaN the result would not be: such weights are refused.
 */

import { bool, type } from '../../native/attributes';
import { DT_FLOAT, DT_INT32, DT_INT64 } from '../../native/backend';
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  graphValue,
  inputOf,
  integers,
  nodesOf,
  shapeOf,
  typeOf,
} from '../../native/graphNode';
import { attributeIs, FLOAT, float } from '../builders';
import { sizeOf } from '../operations';
import { applyRules, type Pass } from '../transform';

/** A matrix of fewer numbers, which a core's cache holds, is read sooner than zeros are looked for. */
const LARGE_MATRIX = 2 ** 19;

const PRODUCT = 'SparseTensorDenseMatMul';

/** What gives out zeros; of what is fed it is not known. */
const MAY_BE_ZERO = new Set(['Placeholder', 'Relu', 'Relu6', 'MaxPool']);

export const skipZeros: Pass = (graph) =>
  graph.rows === 1
    ? applyRules(graph, (op) => (op === 'MatMul' ? productWithoutZeros : undefined))
    : graph;

/** The variables that have to be finite because zeros are skipped. */
export function matricesOfSkipped(graph: Graph): GraphNode[] {
  const products = graph.rows === 1 ? nodesOf(graph).filter(({ op }) => op === PRODUCT) : [];
  return products.map((node) => inputOf(inputOf(node, 3).node, 0).node);
}

function productWithoutZeros(node: GraphNode): GraphValue | null {
  const [row, matrix] = [inputOf(node, 0), inputOf(node, 1)];
  const [count, size = 0] = shapeOf(row);
  const isWorthwhile =
    count === 1 &&
    typeOf(row).dtype === DT_FLOAT &&
    attributeIs(node, 'transpose_a', false) &&
    attributeIs(node, 'transpose_b', false) &&
    matrix.node.op === 'ReadVariableOp' &&
    sizeOf(shapeOf(matrix)) >= LARGE_MATRIX &&
    MAY_BE_ZERO.has(sourceOf(row).op);
  if (!isWorthwhile) {
    return null;
  }
  const INT64 = type(DT_INT64);
  const places = graphValue('Where', [row], FLOAT, [{ dtype: DT_INT64, shape: [size, 2] }]);
  const numbers = graphValue('GatherNd', [row, places], { Tparams: FLOAT.T, Tindices: INT64 }, [
    { dtype: DT_FLOAT, shape: [size] },
  ]);
  const shape = graphValue('Cast', [integers([1, size])], { SrcT: type(DT_INT32), DstT: INT64 }, [
    { dtype: DT_INT64, shape: [2] },
  ]);
  const attributes = { Tindices: INT64, adjoint_a: bool(false), adjoint_b: bool(false) };
  const inputs = [places, numbers, shape, matrix];
  return float(PRODUCT, inputs, shapeOf({ node, index: 0 }), attributes);
}

/** Where the numbers of a row come from, in whatever shape. */
function sourceOf(row: GraphValue): GraphNode {
  const { node } = row;
  return node.op === 'Reshape' ? sourceOf(inputOf(node, 0)) : node;
}
