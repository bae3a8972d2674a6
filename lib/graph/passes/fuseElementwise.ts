/**
 * Operations on single numbers that follow one another, such as the gates of a recurrent layer, become
 * one kernel of the project's own (`lib/native/elementwiseKernel.ts`): it goes through the rows
 * once, and what lies between the operations stays in the processor's nearest cache.
 */

import { DT_FLOAT } from '../../native/backend';
import {
  elementwiseNumber,
  FUSED_ELEMENTWISE,
  hasElementwiseKernel,
} from '../../native/elementwiseKernel';
import {
  constantOf,
  type Graph,
  type GraphNode,
  type GraphValue,
  graphNode,
  inputOf,
  type Origin,
  typeOf,
} from '../../native/graphNode';
import * as tf from '../../tensorflow';
import { isSumOfRows } from '../builders';
import { grouped, NodeByNode, type Pass, usersOf } from '../transform';
import { columnsOf, ElementwiseProgram, goneThrough, rowsOf } from './elementwiseProgram';

/** With fewer operations together it takes as long to call the kernel as to call them. */
const LEAST_OPERATIONS = 3;

/** TensorFlow shares the work of one operation among the cores from about so many numbers on. */
const MOST_NUMBERS_UNSHARED = 2 ** 15;

export const fuseElementwise: Pass = (graph) => new ElementwiseFuser(graph).run();

class ElementwiseFuser extends NodeByNode {
  private readonly keys = new Map(
    this.nodes.map((node) => [node, keyOf(node, this.graph.oneCoreEach)]),
  );

  run(): Graph {
    const levels = this.levelsOf();
    this.raise(levels);
    const groups = this.groupsOf(levels);
    if (groups.size === 0 || !hasElementwiseKernel()) {
      return this.graph;
    }
    const outside = this.usedOutside(groups);
    // A group is of one level, and what it needs that is no group comes before it there.
    const places = new Map(
      this.nodes.map((node) => [node, 2 * (levels.get(node) ?? 0) + (groups.has(node) ? 1 : 0)]),
    );
    const order = this.nodes.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
    for (const node of order) {
      const group = groups.get(node);
      if (!group) {
        this.keepAfterInputs(node);
      } else if (!this.has(node)) {
        this.fuse(group, outside);
      }
    }
    return this.finish(this.graph);
  }

  /**
   * By how many operations of other kinds, at least, nodes that can be fused are apart: those of one level
   * do not depend on one another but directly.
   */
  private levelsOf(): Map<GraphNode, number> {
    const levels = new Map<GraphNode, number>();
    for (const node of this.nodes) {
      const key = this.keys.get(node);
      const level = (other: GraphNode, isInput: boolean) => {
        const otherKey = this.keys.get(other);
        const isJoined = isInput && otherKey === key && !isSumOfRows(other);
        const isApart = otherKey !== null && !isJoined;
        return (levels.get(other) ?? 0) + (isApart ? 1 : 0);
      };
      levels.set(
        node,
        Math.max(
          0,
          ...node.inputs.map((input) => level(input.node, true)),
          ...node.after.map((other) => level(other, false)),
        ),
      );
    }
    return levels;
  }

  /** What is used by nodes of higher levels only goes with these, where it can be fused with all of them. */
  private raise(levels: Map<GraphNode, number>): void {
    const users = usersOf(this.nodes);
    const others = new Set([
      ...this.graph.outputs.map(({ node }) => node),
      ...this.nodes.flatMap(({ after }) => after),
    ]);
    for (const node of this.nodes.toReversed()) {
      const key = this.keys.get(node);
      const ofNode = users.get(node) ?? [];
      const areAlike = key !== null && ofNode.every((user) => this.keys.get(user) === key);
      if (areAlike && !isSumOfRows(node) && ofNode.length > 0 && !others.has(node)) {
        levels.set(node, Math.min(...ofNode.map((user) => levels.get(user) ?? 0)));
      }
    }
  }

  /** The groups of nodes of one level that are connected, where it is worthwhile to fuse them. */
  private groupsOf(levels: ReadonlyMap<GraphNode, number>): Groups {
    const leaders = new Map<GraphNode, GraphNode>();
    const leaderOf = (node: GraphNode): GraphNode => {
      const above = leaders.get(node) ?? node;
      if (above === node) {
        return node;
      }
      const leader = leaderOf(above);
      leaders.set(node, leader);
      return leader;
    };
    const candidates = this.nodes.filter((node) => this.keys.get(node) !== null);
    for (const node of candidates) {
      for (const { node: other } of node.inputs) {
        const isSameKey = this.keys.get(other) === this.keys.get(node);
        if (isSameKey && !isSumOfRows(other) && levels.get(other) === levels.get(node)) {
          leaders.set(leaderOf(other), leaderOf(node));
        }
      }
    }
    const worthwhile = [...grouped(candidates, leaderOf).values()].filter(
      (group) =>
        group.some(isSumOfRows) ||
        group.filter(({ op }) => elementwiseNumber(op) !== undefined).length >= LEAST_OPERATIONS,
    );
    return new Map(worthwhile.flatMap((group) => group.map((node) => [node, group])));
  }

  /** The values of fused nodes that others use. */
  private usedOutside(groups: Groups): Map<GraphNode, Set<number>> {
    const outside = new Map<GraphNode, Set<number>>();
    const note = ({ node, index }: GraphValue) =>
      outside.set(node, (outside.get(node) ?? new Set()).add(index));
    for (const node of this.nodes) {
      for (const input of node.inputs) {
        if (groups.get(input.node) !== groups.get(node)) {
          note(input);
        }
      }
    }
    for (const output of this.graph.outputs) {
      note(output);
    }
    return outside;
  }

  /** A fused node takes the place of the last one in it: what uses it may have come earlier. */
  private keepAfterInputs(node: GraphNode): void {
    const moved = this.moved(node);
    const position = lastPosition([...moved.inputs.map((input) => input.node), ...moved.after]);
    const isEarlier = moved.origin !== undefined && moved.origin.position < position;
    const origin = isEarlier && { ...(moved.origin as Origin), position };
    this.set(node, { node: origin ? { ...moved, origin } : moved, index: 0 });
  }

  private fuse(group: GraphNode[], outside: Map<GraphNode, Set<number>>): void {
    const program = new ElementwiseProgram(group, outside);
    const inputs = program.inputs.map((value) => this.whole(value));
    const after = [...new Set(group.flatMap((node) => node.after.map((one) => this.nodeOf(one))))];
    const [first] = group as [GraphNode];
    const node = graphNode(
      FUSED_ELEMENTWISE,
      inputs,
      program.attributes(),
      program.outputs.map(typeOf),
      after,
    );
    const position = lastPosition([...group, ...inputs.map((input) => input.node), ...after]);
    if (first.origin) {
      node.origin = { ...first.origin, position };
    }
    if (first.core !== undefined) {
      node.core = first.core;
    }
    const outputs = new Map<GraphNode, GraphValue[]>(group.map((member) => [member, []]));
    for (const [index, value] of program.outputs.entries()) {
      (outputs.get(value.node) as GraphValue[])[value.index] = { node, index };
    }
    for (const [member, values] of outputs) {
      this.setOutputs(member, values);
    }
  }
}

function lastPosition(nodes: GraphNode[]): number {
  return Math.max(-1, ...nodes.map(({ origin }) => origin?.position ?? -1));
}

/** The nodes that are fused, and with which others. */
type Groups = ReadonlyMap<GraphNode, GraphNode[]>;

/** Nodes with the same key can be fused; null if a node cannot be at all. */
function keyOf(node: GraphNode, oneCoreEach: boolean | null): string | null {
  const { op, core } = node;
  const { shape, dtype } = goneThrough(node) ?? { shape: [], dtype: 0 };
  if (dtype !== DT_FLOAT || shape.length === 0 || shape.includes(0)) {
    return null;
  }
  const isShared = core === undefined && !oneCoreEach;
  if (isShared && tf.util.sizeFromShape(shape) > MOST_NUMBERS_UNSHARED) {
    return null;
  }
  const canBe =
    op === 'SplitV'
      ? cutsColumns(node, 2)
      : op === 'ConcatV2'
        ? cutsColumns(node, node.inputs.length - 1)
        : isSumOfRows(node) ||
          (elementwiseNumber(op) !== undefined &&
            node.inputs.every((input) => columnsOf(input, shape) !== null));
  return canBe ? `${rowsOf(shape)} ${core}` : null;
}

function cutsColumns(node: GraphNode, axisPlace: number): boolean {
  const [axis] = constantOf(inputOf(node, axisPlace)) ?? [];
  return (axis === 1 || axis === -1) && node.outputs.every(({ shape }) => shape.length === 2);
}
