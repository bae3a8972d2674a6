/**
 * Turns a run of tfjs operations into a graph. Every operation of tfjs-node passes one of two
 * methods of its backend; while a step is called, this once, the recorder notes each call as a graph
 * node and remembers which node's output each tensor is. It changes nothing: that is left to the passes.
 */

import { type Attributes, attributesOfCall, callOperation, type } from '../../native/attributes';
import { type DataId, nativeBackend, nativeType, type OpAttribute } from '../../native/backend';
import {
  assignVariable,
  constant,
  type GraphNode,
  type GraphValue,
  graphNode,
  readVariable,
  type TensorType,
} from '../../native/graphNode';
import { NotCompilableError } from '../../native/notCompilableError';
import * as tf from '../../tensorflow';
import { Origins } from './origins';
import { type Execute, StandIns } from './standIns';

/** Where a recorder finds the things that live in the session across functions and runs. */
export interface SessionScope {
  /** The handle of the session's variable that stands for a variable of tfjs. */
  handleOf(variable: tf.Variable): GraphValue;
  /** The handle of a session variable for a number that JavaScript may change between runs. */
  parameter(owner: object, name: string, read: () => number): GraphValue;
}

/** What is known of a variable at this point of the step. */
interface VariableState {
  /** Its value before the step. */
  initial: tf.Tensor;
  /** Its present value, once that has been asked for. */
  present?: GraphValue;
  /** What leaves its present value in the session. */
  update?: GraphNode;
}

export class Recorder {
  /** The optimisers that made a step, in order. */
  readonly optimizers: tf.Optimizer[] = [];
  /** What the recording relies on; when one does not hold any more, it is out of date. */
  readonly assumptions: (() => boolean)[] = [];
  readonly origins: Origins;

  private readonly backend = nativeBackend();
  private readonly standIns = new StandIns();
  private readonly values = new Map<DataId, GraphValue>();
  private readonly variables = new Map<DataId, tf.Variable>();
  private readonly states = new Map<tf.Variable, VariableState>();
  private pauses = 0;

  /** @param hasLines whether the lines are noted that call operations outside of layers. */
  constructor(
    private readonly scope: SessionScope,
    hasLines: boolean,
  ) {
    this.origins = new Origins(hasLines);
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      this.adopt(variable);
    }
  }

  /** Takes in a variable with the value that it has now. */
  adopt(variable: tf.Variable): void {
    if (this.variables.has(variable.dataId)) {
      // tfjs lets two variables share their first values; the graph must tell them apart.
      const own = this.paused(() => copyOf(variable));
      variable.assign(own);
      own.dispose();
    }
    this.variables.set(variable.dataId, variable);
    this.states.set(variable, { initial: tf.keep(this.paused(() => tf.clone(variable))) });
  }

  /**
   * Gives all variables the values back that they had when they were taken in, and what the function has
   * kept its own.
   */
  restore(): void {
    for (const [variable, { initial }] of this.states) {
      if (!variable.isDisposed && variable.dataId !== initial.dataId) {
        variable.assign(initial);
      }
      initial.dispose();
    }
    this.states.clear();
    this.standIns.finish();
  }

  /** True while calls are to be noted. */
  get recording(): boolean {
    return this.pauses === 0;
  }

  /** Runs tfjs operations that are not part of the graph. */
  paused<Result>(action: () => Result): Result {
    this.pauses++;
    try {
      return action();
    } finally {
      this.pauses--;
    }
  }

  /** Declares that a tensor is a certain value of the graph. */
  bind(tensor: tf.TensorInfo, value: GraphValue): void {
    this.values.set(tensor.dataId, value);
  }

  /**
   * Notes a call of the backend.
   *
   * @returns its outputs, or what stands for them where their shapes are known without.
   */
  record(
    op: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputCount: number,
    execute: Execute,
  ): tf.Tensor[] {
    const values = inputs.map((input) => this.valueOf(input));
    const node = graphNode(op, values, attributesOfCall(op, attributes));
    const outputs = this.standIns.outputsOf(node, inputs, outputCount, execute);
    node.outputs = outputs.map((output) => this.typeOf(output));
    this.add(node);
    for (const [index, output] of outputs.entries()) {
      this.bind(output, { node, index });
    }
    return outputs;
  }

  /** The graph's value for a tensor; a tensor from outside the step becomes a constant. */
  valueOf(tensor: tf.TensorInfo): GraphValue {
    let value = this.values.get(tensor.dataId);
    if (value === undefined) {
      const variable = this.variables.get(tensor.dataId);
      value = variable ? this.read(variable) : constant(this.constantOf(tensor));
      this.bind(tensor, value);
    }
    return value;
  }

  /** Whether the tensor's values depend on what is fed, on variables or on chance. */
  isComputed(dataId: DataId): boolean {
    const isVariable = this.variables.has(dataId);
    return isVariable || (this.values.get(dataId)?.node.op ?? 'Const') !== 'Const';
  }

  /** A scalar whose value JavaScript may change between runs, such as a learning rate. */
  parameter(owner: object, name: string, read: () => number): tf.Scalar {
    const handle = this.scope.parameter(owner, name, read);
    const tensor = tf.scalar(read());
    const value = readVariable(handle);
    this.add(value.node);
    this.bind(tensor, value);
    return tensor;
  }

  /**
   * Adds a node that changes variables where they are, such as ResourceApplyAdam.
   *
   * @param changed The variables; their handles are the node's first inputs.
   */
  updateInPlace(
    op: string,
    changed: tf.Variable[],
    inputs: tf.Tensor[],
    attributes: Attributes,
  ): void {
    const states = changed.map((variable) => this.stateOf(variable));
    const handles = changed.map((variable) => this.scope.handleOf(variable));
    const values = inputs.map((input) => this.valueOf(input));
    // The kernel goes on from what the variables hold: earlier changes have to be there.
    const earlier = changed.flatMap((variable) => this.settle(variable) ?? []);
    const node = this.add(graphNode(op, [...handles, ...values], attributes, [], earlier));
    node.overwrites = states.flatMap(({ present }) => present?.node ?? []);
    for (const [index, variable] of changed.entries()) {
      const present = readVariable(handles[index] as GraphValue, [node]);
      this.add(present.node);
      Object.assign(this.stateOf(variable), { update: node, present });
      // The values do not matter in a recording, only that the variable has got new ones.
      const next = this.paused(() => copyOf(variable));
      this.variables.set(next.dataId, variable);
      variable.assign(next);
      next.dispose();
    }
  }

  /** Ends the recording: the nodes that leave new values in variables. */
  finish(): GraphNode[] {
    // In an order that is the same at every run, also at one that makes some of them.
    const variables = [...this.states.keys()]
      .filter(({ isDisposed }) => !isDisposed)
      .sort((a, b) => a.id - b.id);
    const updates = this.origins.inPhase('update', () =>
      variables.flatMap((variable) => this.settle(variable) ?? []),
    );
    return [...new Set(updates)];
  }

  /** The node that leaves a variable's present value in the session, if it has got a new one. */
  private settle(variable: tf.Variable): GraphNode | undefined {
    const state = this.stateOf(variable);
    if (variable.dataId === state.initial.dataId) {
      return undefined;
    }
    const value = this.valueOf(variable);
    if (value.node !== state.present?.node || value.index !== state.present.index) {
      const update = this.add(assignVariable(this.scope.handleOf(variable), value));
      update.overwrites = state.present ? [state.present.node] : [];
      Object.assign(state, { update, present: value });
    }
    return state.update;
  }

  private add(node: GraphNode): GraphNode {
    node.origin = this.origins.next();
    return node;
  }

  private stateOf(variable: tf.Variable): VariableState {
    const state = this.states.get(variable);
    if (state === undefined) {
      throw new Error(`The variable "${variable.name}" was disposed before the step.`);
    }
    return state;
  }

  /** The present value of a variable. */
  private read(variable: tf.Variable): GraphValue {
    const state = this.stateOf(variable);
    if (state.present === undefined) {
      this.supportedType(variable.dtype, `variable "${variable.name}"`);
      state.present = readVariable(this.scope.handleOf(variable));
      this.add(state.present.node);
    }
    return state.present;
  }

  /** Has the recording rely on the same weights being trained, of those that it has read. */
  assumeTrained(): void {
    for (const [variable, { present }] of this.states) {
      const { trainable } = variable;
      if (present) {
        this.assumptions.push(() => variable.trainable === trainable);
      }
    }
  }

  private constantOf(tensor: tf.TensorInfo) {
    const dtype = this.supportedType(tensor.dtype, 'tensor');
    const values = this.paused(() => this.backend.readSync(tensor.dataId)) as Uint8Array;
    const bytes = Uint8Array.from(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    return { dtype, shape: tensor.shape, bytes };
  }

  private typeOf({ dtype, shape }: tf.TensorInfo): TensorType {
    return { dtype: nativeType(dtype) ?? -1, shape };
  }

  private supportedType(dtype: tf.DataType, what: string): number {
    const number = nativeType(dtype);
    if (number === undefined) {
      const { layer } = this.origins;
      throw new NotCompilableError(
        `A ${what} of type ${dtype} is used${layer ? ` in ${layer}` : ''}; ` +
          'a graph can carry float32, int32 and bool only.',
      );
    }
    return number;
  }
}

/** A tensor of equal values with an identity of its own. TensorFlow lets the two share their memory. */
export function copyOf(tensor: tf.Tensor): tf.Tensor {
  const number = nativeType(tensor.dtype);
  return number === undefined
    ? tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype)
    : callOperation('Identity', { T: type(number) }, [tensor]);
}
