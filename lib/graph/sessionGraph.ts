/** What the graphs of functions are completed with, to be run by a session. */

import { int, type as typeAttribute } from '../native/attributes';
import { DT_FLOAT, DT_INT32 } from '../native/backend';
import {
  assignVariable,
  type Graph,
  type GraphNode,
  type GraphValue,
  graphNode,
  graphValue,
  placeholder,
  readVariable,
  scalar,
  type TensorType,
  typeOf,
  variableType,
} from '../native/graphNode';
import { concatenate, float, identity, sum } from './builders';
import type { Parameter, SessionVariable } from './sessionVariables';

/** The function's outputs, available only when all its updates have been made. */
export function outputsAfterUpdates({ outputs, updates }: Graph, packed: boolean): GraphValue[] {
  const updated = graphNode('NoOp', [], {}, [], updates);
  if (outputs.length === 0) {
    return [signal([updated])];
  }
  return (packed ? [packNumbers(outputs)] : outputs).map((value) => identity(value, [updated]));
}

/** Joins scalars and vectors into one vector, so that they come back from the session in one tensor. */
function packNumbers(values: GraphValue[]): GraphValue {
  const floats = values.map((value) => {
    const { dtype, shape } = typeOf(value);
    const attributes = { SrcT: typeAttribute(dtype), DstT: typeAttribute(DT_FLOAT) };
    return dtype === DT_FLOAT
      ? value
      : graphValue('Cast', [value], attributes, [{ shape, dtype: DT_FLOAT }]);
  });
  const isScalar = (value: GraphValue) => typeOf(value).shape.length === 0;
  return floats.every(isScalar)
    ? pack(floats)
    : concatenate(
        floats.map((value) => (isScalar(value) ? pack([value]) : value)),
        0,
      );
}

function pack(scalars: GraphValue[]): GraphValue {
  const attributes = { N: int(scalars.length), T: typeAttribute(DT_FLOAT), axis: int(0) };
  return graphValue('Pack', scalars, attributes, [{ shape: [scalars.length], dtype: DT_FLOAT }]);
}

/**
 * Nodes named after a variable: one loads a fed value, one returns the present value, one tells whether
 * that is finite, if it must be.
 */
export function variableNodes(variable: SessionVariable): GraphNode[] {
  const { name, handle, blocks = [handle], mustBeFinite } = variable;
  const whole = concatenate(
    blocks.map((block) => readVariable(block)),
    0,
  );
  return [
    loadingNode(name, blocks, variableType(handle)),
    named(`${name}_value`, whole),
    ...(mustBeFinite ? [named(`${name}_zero`, zeroIfFinite(whole))] : []),
  ];
}

/** 0, or NaN if one of the numbers is infinite or NaN. */
function zeroIfFinite(value: GraphValue): GraphValue {
  const { shape } = typeOf(value);
  const zeros = float('Mul', [value, scalar(0, DT_FLOAT)], shape);
  return sum(zeros, [...shape.keys()]);
}

export function parameterNodes({ name, handle }: Parameter): GraphNode[] {
  return [loadingNode(name, [handle], variableType(handle))];
}

/** Puts a fed value into a variable, or its blocks of rows into several. */
function loadingNode(name: string, blocks: GraphValue[], { dtype, shape }: TensorType): GraphNode {
  const value = placeholder(`${name}_new`, dtype, shape);
  const attributes = { T: typeAttribute(dtype), num_split: int(blocks.length) };
  const { node: split } = graphValue('Split', [scalar(0, DT_INT32), value], attributes);
  const assigned = blocks.map((block, index) =>
    assignVariable(block, blocks.length > 1 ? { node: split, index } : value),
  );
  return named(`${name}_loaded`, signal(assigned));
}

/** A dummy value, available when the nodes have run: tfjs can only ask for values. */
function signal(nodes: GraphNode[]): GraphValue {
  const value = scalar(0, DT_FLOAT);
  value.node.after = nodes;
  return value;
}

function named(name: string, { node }: GraphValue): GraphNode {
  node.name = name;
  return node;
}
