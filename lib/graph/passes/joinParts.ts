/**
 * What is computed alike from each step of a sequence, as by a layer for each step, is computed from all
 * of them, and then unpacked.
 */

import { DT_BOOL, DT_FLOAT } from '../../native/backend';
import {
  constantOf,
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  keyOf,
  shapeOf,
} from '../../native/graphNode';
import { copyOf, reshape, sameShape, unpack } from '../builders';
import { OPERATIONS } from '../operations';
import { elementByElement, elementsOfOneShape, isAlongFirstAxis } from '../sharding';
import { markOrigin, NodeByNode, type Pass } from '../transform';

export const joinParts: Pass = (graph) => new PartJoiner(graph).run();

/** Values that are computed alike, each from another part. */
class Alike {
  /** Which of the parts there is such a value of. */
  readonly indices = new Set<number>();

  /**
   * @param cut the node that cuts a value into the parts.
   * @param first the first node that computes such a value; for the parts themselves, the one that cuts.
   * @param inputs what these nodes take: values that are alike too, or one that is the same for all.
   */
  constructor(
    readonly cut: GraphNode,
    readonly first = cut,
    readonly inputs: (Alike | GraphValue)[] = [],
  ) {}

  /** One that stands for all of them. */
  get value(): GraphValue {
    return { node: this.first, index: 0 };
  }

  get isWorthwhile(): boolean {
    return this.indices.size > 1 && this.indices.size >= this.cut.outputs.length / 2;
  }
}

/** A value that is alike others. */
interface Part {
  alike: Alike;
  index: number;
}

class PartJoiner extends NodeByNode {
  private readonly alike = new Map<string | GraphNode, Alike>();
  private readonly parts = new Map<GraphNode, Part>();
  private readonly wholes = new Map<Alike, GraphValue>();
  private readonly cuts = new Map<Alike, GraphNode>();

  run(): Graph {
    for (const node of this.nodes) {
      this.note(node);
    }
    for (const node of this.nodes) {
      const part = this.parts.get(node);
      const whole = this.wholeOfParts(node);
      if (whole) {
        this.set(node, whole);
      } else if (part?.alike.isWorthwhile) {
        this.set(node, { node: this.cutOf(part.alike), index: part.index });
      } else {
        this.keep(node);
      }
    }
    return this.finish(this.graph);
  }

  /** Notes whether a node computes from one part what others may compute from other parts. */
  private note(node: GraphNode): void {
    const parts = node.inputs.map((input) => this.partAt(input));
    const part = parts.find((one) => one !== undefined);
    if (!part || !isForEachElement(node, part)) {
      return;
    }
    const inputs = node.inputs.map((input, place) =>
      this.inputOfAll(input, parts[place], part, node.op),
    );
    if (inputs.every((input) => input !== null)) {
      const values = inputs.map((input) => (input instanceof Alike ? input.value : input));
      // The parts may be of different sizes.
      const key = keyOf({ ...node, inputs: values, outputs: [] }, this.numbers);
      const alike = this.alike.get(key) ?? new Alike(part.alike.cut, node, inputs);
      this.alike.set(key, alike);
      alike.indices.add(part.index);
      this.parts.set(node, { alike, index: part.index });
    }
  }

  /** What stands in the place of a node's input for all parts together; null if there is nothing. */
  private inputOfAll(
    input: GraphValue,
    part: Part | undefined,
    other: Part,
    op: string,
  ): Alike | GraphValue | null {
    const { cut } = other.alike;
    if (part) {
      return part.index === other.index && areCutAlike(part.alike.cut, cut) ? part.alike : null;
    }
    // Gradients' kernels, and Select, take values of one shape.
    const mostAxes = /Grad$|^Select$/.test(op) ? 0 : shapeOf({ node: cut, index: 0 }).length;
    return shapeOf(input).length <= mostAxes ? input : null;
  }

  private partAt({ node, index }: GraphValue): Part | undefined {
    if (!isCut(node)) {
      return index === 0 ? this.parts.get(node) : undefined;
    }
    const alike = this.alike.get(node) ?? new Alike(node);
    this.alike.set(node, alike);
    return { alike, index };
  }

  /** What is computed from the value that is cut. */
  private wholeOf(alike: Alike): GraphValue {
    const known = this.wholes.get(alike);
    if (known) {
      return known;
    }
    const uncut = inputOf(alike.cut, 0);
    const inputs = alike.inputs.map((input) =>
      input instanceof Alike ? this.wholeOf(input) : this.whole(input),
    );
    const whole =
      alike.first === alike.cut
        ? this.whole(uncut)
        : { node: copyOf(alike.first, inputs, shapeOf(uncut)), index: 0 };
    this.wholes.set(alike, whole);
    return whole;
  }

  /** The node that cuts it. */
  private cutOf(alike: Alike): GraphNode {
    const known = this.cuts.get(alike);
    if (known) {
      return known;
    }
    const [first] = unpack(this.wholeOf(alike)) as [GraphValue];
    markOrigin([first], alike.first);
    this.cuts.set(alike, first.node);
    return first.node;
  }

  /** What a node becomes that puts all parts together again; null for any other node. */
  private wholeOfParts(node: GraphNode): GraphValue | null {
    const isPack = node.op === 'Pack' && isAlongFirstAxis(node);
    if (!isPack && node.op !== 'ConcatV2') {
      return null;
    }
    const values = isPack ? node.inputs : node.inputs.slice(0, -1);
    const parts = values.map((value) => this.partAt(value));
    const alike = parts[0]?.alike;
    const areAll =
      alike?.cut.outputs.length === parts.length &&
      parts.every((part, index) => part?.alike === alike && part.index === index);
    if (!areAll) {
      return null;
    }
    const axis = isPack ? 0 : constantOf(node.inputs.at(-1) as GraphValue)?.[0];
    return axis === 0 ? reshape(this.wholeOf(alike), shapeOf({ node, index: 0 })) : null;
  }
}

function isCut(node: GraphNode): boolean {
  return node.op === 'Unpack' && isAlongFirstAxis(node);
}

/** Whether two values are cut into parts of the same number and shape. */
function areCutAlike(one: GraphNode, other: GraphNode): boolean {
  return (
    one.outputs.length === other.outputs.length &&
    sameShape(shapeOf({ node: one, index: 0 }), shapeOf({ node: other, index: 0 }))
  );
}

/** TensorFlow adds a bias to no more axes. */
const MOST_AXES = 5;

/** Whether each element of the result depends on one of each part, or on the last axis of a part. */
function isForEachElement(node: GraphNode, { alike: { cut }, index }: Part): boolean {
  const { sharding } = OPERATIONS[node.op] ?? {};
  const isOfStep = ['BiasAdd', 'Softmax'].includes(node.op);
  const [output, ...others] = node.outputs;
  return (
    (sharding === elementByElement || sharding === elementsOfOneShape || isOfStep) &&
    output !== undefined &&
    others.length === 0 &&
    [DT_FLOAT, DT_BOOL].includes(output.dtype) &&
    sameShape(output.shape, shapeOf({ node: cut, index })) &&
    shapeOf(inputOf(cut, 0)).length <= MOST_AXES
  );
}
