/**
 * Batch normalisation, in training, by operations that can be sharded: sums over all rows, and what is done
 * with each number. TensorFlow's kernels need all rows at once.
 */

import { DT_FLOAT } from '../../native/backend';
import { hasElementwiseKernel } from '../../native/elementwiseKernel';
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  nodesOf,
  numbersOf,
  scalar,
  shapeOf,
} from '../../native/graphNode';
import { attributeIs, beforeReshape, float, reshape, sumOfRows } from '../builders';
import { sizeOf } from '../operations';
import { markOrigin, NodeByNode } from '../transform';

/** The graph itself if it normalises nothing, or if there is no kernel that adds up while it computes. */
export function normalizeByParts(graph: Graph): Graph {
  const isPossible = nodesOf(graph).some(normalizesBatch) && hasElementwiseKernel();
  return isPossible ? new Normalizations(graph).run() : graph;
}

function normalizesBatch(node: GraphNode): boolean {
  return node.op === 'FusedBatchNormV3' && attributeIs(node, 'is_training', true);
}

/** What the gradients need of a normalisation. */
interface Normalization {
  values: GraphValue;
  /** How many values each channel has. */
  count: number;
  mean: GraphValue;
  /** 1 / deviation, and the same times gamma. */
  inverse: GraphValue;
  scale: GraphValue;
}

class Normalizations extends NodeByNode {
  /** By their nodes in the old graph. */
  private readonly normalizations = new Map<GraphNode, Normalization>();

  run(): Graph {
    for (const node of this.nodes) {
      const forward = node.op === 'FusedBatchNormGradV3' ? inputOf(node, 3).node : null;
      const normalization = forward && this.normalizations.get(forward);
      if (normalizesBatch(node)) {
        this.replace(node, this.normalize(node));
      } else if (normalization) {
        this.replace(node, this.gradients(node, normalization));
      } else if (node.op === 'Reshape') {
        this.replace(node, [reshape(this.whole(inputOf(node, 0)), shapeOf({ node, index: 0 }))]);
      } else {
        this.keep(node);
      }
    }
    return this.finish(this.graph);
  }

  private replace(node: GraphNode, outputs: GraphValue[]): void {
    markOrigin(outputs, node);
    this.setOutputs(node, outputs);
  }

  private normalize(node: GraphNode): GraphValue[] {
    const [images, gamma, beta] = node.inputs.map((input) => this.whole(input)) as [
      GraphValue,
      GraphValue,
      GraphValue,
    ];
    const values = beforeReshape(images);
    const [channels = 1] = shapeOf(gamma);
    const count = sizeOf(shapeOf(values)) / channels;
    const mean = times(sumOfRows(values), 1 / count);
    const squares = elementwise('SquaredDifference', values, mean);
    const variance = times(sumOfRows(squares), 1 / count);
    const epsilon = scalar(numbersOf(node, 'epsilon')[0] ?? 0, DT_FLOAT);
    const inverse = elementwise('Rsqrt', elementwise('Add', variance, epsilon));
    const scale = elementwise('Mul', inverse, gamma);
    this.normalizations.set(node, { values, count, mean, inverse, scale });
    const centred = elementwise('Sub', values, mean);
    const normalized = elementwise('Add', elementwise('Mul', centred, scale), beta);
    const unbiased = times(variance, count / Math.max(1, count - 1));
    return [reshape(normalized, shapeOf(images)), mean, unbiased];
  }

  private gradients(node: GraphNode, normalization: Normalization): GraphValue[] {
    const { values, count, mean, inverse, scale } = normalization;
    const slopes = reshape(this.whole(inputOf(node, 0)), shapeOf(values));
    // Computed twice rather than kept in between.
    const centred = () => elementwise('Sub', values, mean);
    const ofBeta = sumOfRows(slopes);
    const ofGamma = elementwise('Mul', sumOfRows(elementwise('Mul', slopes, centred())), inverse);
    const shared = elementwise(
      'Mul',
      centred(),
      times(elementwise('Mul', ofGamma, inverse), 1 / count),
    );
    const rest = elementwise('Sub', slopes, times(ofBeta, 1 / count));
    const ofValues = elementwise('Mul', elementwise('Sub', rest, shared), scale);
    return [reshape(ofValues, shapeOf({ node, index: 0 })), ofGamma, ofBeta];
  }
}

/** An operation whose result has the shape of the first value. */
function elementwise(op: string, ...values: [GraphValue, ...GraphValue[]]): GraphValue {
  return float(op, values, shapeOf(values[0]));
}

function times(vector: GraphValue, factor: number): GraphValue {
  return elementwise('Mul', vector, scalar(factor, DT_FLOAT));
}
