/**
 * Turns a run of tfjs operations into a graph. Every operation of tfjs-node passes one of two
 * methods of its backend; while a step runs for once op by op, the recorder notes each call as a
 * graph node and remembers which node's output each tensor is.
 */
import * as tf from '../tensorflow';
import { Divider } from './divider';
import type { RecordedCall } from './division';
import {
  type AttributeValue,
  assignVariable,
  constant,
  type GraphNode,
  type GraphValue,
  graphNode,
  readVariable,
} from './graphNode';
import { type DataId, DT_FLOAT, nativeBackend, nativeType, type OpAttribute } from './native';
import { NotCompilableError } from './notCompilableError';
import { PictureParts } from './pictureParts';
import type { AddNode, Call } from './rewriteNodes';
import { rewrite } from './rewrites';

/** Where a recorder finds the things that live in the session across functions and runs. */
export interface SessionScope {
  /**
   * The session's variables that stand for a variable of tfjs: one, or several with a block of a
   * matrix's rows each.
   */
  handlesOf(variable: tf.Variable): GraphValue[];
  /** A session variable for a number that JavaScript may change between runs. */
  parameter(owner: object, name: string, read: () => number): GraphValue;
  /** Stops dividing variables into blocks; whether that was possible and changed any. */
  keepWhole(variables: Set<tf.Variable>): boolean;
}

export class Recorder {
  /** The optimisers that made a step, in order. */
  readonly optimizers: tf.Optimizer[] = [];
  /** The variables whose present value nodes leave in the session: one node for each block. */
  readonly updates = new Map<tf.Variable, GraphNode[]>();
  /** The variables that had better not be divided into blocks. */
  readonly wantedWhole = new Set<tf.Variable>();
  /** True if the recording cannot be used because a variable and its slots are not divided alike. */
  isMixed = false;
  /** What the recording relies on; when one does not hold any more, it is out of date. */
  readonly assumptions: (() => boolean)[] = [];

  /** Divides the step among the processor's cores. */
  readonly divider: Divider;

  private readonly backend = nativeBackend();
  private readonly values = new Map<DataId, GraphValue>();
  private readonly variables = new Map<DataId, tf.Variable>();
  /** The value that each variable has at this point of the step, or its blocks. */
  private readonly reads = new Map<tf.Variable, GraphValue[]>();
  /** The nodes that put a variable's blocks together. */
  private readonly joined = new Map<GraphNode, tf.Variable>();
  private readonly nodes: GraphNode[] = [];
  private readonly shapes = new Map<GraphNode, number[]>();
  private readonly addValue: AddNode = (...parts) => ({
    node: this.add(graphNode(...parts)),
    index: 0,
  });
  private readonly parts = new PictureParts(({ node }) => this.shapes.get(node), this.addValue);
  private readonly layers: tf.layers.Layer[] = [];
  private readonly initialValues = new Map<tf.Variable, tf.Tensor>();
  private pauses = 0;

  /** @param rows The rows of the batch, if the step is to be divided by them; else 0. */
  constructor(
    private readonly scope: SessionScope,
    rows: number,
  ) {
    this.divider = new Divider(rows, {
      valueOf: (tensor) => this.valueOf(tensor),
      blocksOfVariable: (tensor) => this.blocksOfVariable(tensor),
      compute: (call) => this.compute(call),
      whole: (value, shape) => this.parts.whole(value, shape),
      add: this.addValue,
    });
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      this.adopt(variable);
    }
  }

  /** Takes in a variable with the value that it has now. */
  adopt(variable: tf.Variable): void {
    if (this.variables.has(variable.dataId)) {
      // tfjs lets two variables share their first values; the graph must tell them apart.
      const own = copyOf(variable);
      variable.assign(own);
      own.dispose();
    }
    this.variables.set(variable.dataId, variable);
    this.initialValues.set(variable, tf.keep(this.paused(() => tf.clone(variable))));
  }

  /** Gives all variables the values back that they had when they were taken in. */
  restoreVariables(): void {
    for (const [variable, initial] of this.initialValues) {
      if (!variable.isDisposed && variable.dataId !== initial.dataId) {
        variable.assign(initial);
      }
      initial.dispose();
    }
    this.initialValues.clear();
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

  enterLayer(layer: tf.layers.Layer): void {
    this.layers.push(layer);
  }

  leaveLayer(): void {
    this.layers.pop();
  }

  /** The innermost layer being called, as words for a message. */
  get place(): string | undefined {
    const layer = this.layers.at(-1);
    return layer && `layer "${layer.name}" (${layer.getClassName()})`;
  }

  /** Declares that a tensor is a certain value of the graph. */
  bind(tensor: tf.TensorInfo, value: GraphValue): void {
    this.values.set(tensor.dataId, value);
    if (value.index === 0) {
      this.shapes.set(value.node, tensor.shape);
    }
  }

  /** Notes a call of the backend and what came out of it. */
  record(
    op: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputs: tf.Tensor[],
  ): void {
    const [output] = outputs;
    const known = this.convert(op, attributes);
    if (output === undefined || outputs.length > 1) {
      const values = inputs.map((input) => this.valueOf(input));
      const node = this.add(graphNode(op, values, known));
      outputs.forEach((result, index) => {
        this.bind(result, { node, index });
      });
      return;
    }
    const call: RecordedCall = { op, attributes: known, tensors: inputs, output };
    const value =
      this.divider.divide(call) ??
      this.compute({ ...call, inputs: inputs.map((input) => this.partOrValueOf(input)) });
    if (value !== 'divided') {
      this.bind(output, value);
    }
  }

  /** Adds what computes a call, whose inputs may be parts of gradients. */
  private compute(call: Call): GraphValue {
    const reduced = this.parts.reduce(call);
    const { op, attributes, inputs } = reduced?.call ?? {
      ...call,
      inputs: call.inputs.map((input, index) =>
        this.parts.whole(input, call.tensors[index]?.shape as number[]),
      ),
    };
    const value = rewrite({ ...call, inputs }, this.addValue) ?? {
      node: this.add(graphNode(op, inputs, attributes, this.waitsFor(op, inputs))),
      index: 0,
    };
    this.shapes.set(value.node, call.output.shape);
    if (reduced?.size) {
      this.parts.noteGradient(value, reduced.size);
    }
    return value;
  }

  /**
   * Of a convolution's two gradients that for the images comes first: earlier layers wait for it,
   * and both at once would compete for the same threads.
   */
  private waitsFor(op: string, inputs: GraphValue[]): GraphNode[] {
    const gradient = inputs[2]?.node;
    return op === 'Conv2DBackpropFilter'
      ? this.nodes.filter(
          (node) => node.op === 'Conv2DBackpropInput' && node.inputs[2]?.node === gradient,
        )
      : [];
  }

  /** The graph's value for a tensor; a tensor from outside the step becomes a constant. */
  valueOf(tensor: tf.TensorInfo): GraphValue {
    return this.parts.whole(this.partOrValueOf(tensor), tensor.shape);
  }

  private partOrValueOf(tensor: tf.TensorInfo): GraphValue {
    const known = this.values.get(tensor.dataId);
    if (known !== undefined) {
      return known;
    }
    const variable = this.variables.get(tensor.dataId);
    const value =
      this.divider.join(tensor) ??
      (variable ? this.valueOfVariable(variable) : constant(this.constantOf(tensor)));
    this.bind(tensor, value);
    return value;
  }

  /** Whether the tensor's values depend on what is fed, on variables or on chance. */
  isComputed(dataId: DataId): boolean {
    const isDivided = this.divider.has(dataId) || this.variables.has(dataId);
    return isDivided || (this.values.get(dataId)?.node.op ?? 'Const') !== 'Const';
  }

  /** A scalar whose value JavaScript may change between runs, such as a learning rate. */
  parameter(owner: object, name: string, read: () => number): tf.Scalar {
    const handle = this.scope.parameter(owner, name, read);
    const tensor = tf.scalar(read());
    this.bind(tensor, readVariable(handle, DT_FLOAT));
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
    attributes: Record<string, AttributeValue>,
  ): void {
    const handles = changed.map((variable) => this.scope.handlesOf(variable));
    const count = Math.max(...handles.map(({ length }) => length));
    if (handles.some(({ length }) => length !== count)) {
      // They can only be changed together: all whole, in another attempt.
      this.isMixed = true;
      for (const variable of changed) {
        this.wantedWhole.add(variable);
      }
    }
    const nodes = Array.from({ length: count }, (_, block) => {
      const own = handles.map((blocks) => blocks[block] ?? (blocks[0] as GraphValue));
      const values = inputs.map((input) => {
        const blocks =
          count > 1 && input.shape.length > 0 ? this.divider.cutBlocks(input, count) : [];
        return blocks[block] ?? this.valueOf(input);
      });
      const after = changed.flatMap((variable) => this.readersOf(variable, block));
      return this.add(graphNode(op, [...own, ...values], attributes, after));
    });
    for (const [index, variable] of changed.entries()) {
      this.updates.set(variable, nodes);
      const dtype = nativeType(variable.dtype) as number;
      const values = (handles[index] as GraphValue[]).map((handle, block) =>
        this.addRead(handle, dtype, [nodes[block] as GraphNode]),
      );
      this.reads.set(variable, values);
      // The values do not matter in a trace, only that the variable has got new ones.
      const next = this.paused(() => copyOf(variable));
      this.variables.set(next.dataId, variable);
      variable.assign(next);
      next.dispose();
    }
  }

  /** Ends the recording: whatever was assigned to a variable becomes an update. */
  finish(outputs: GraphValue[]): void {
    for (const [variable, initial] of this.initialValues) {
      const isUpdated = this.variables.get(variable.dataId) === variable;
      if (variable.isDisposed || variable.dataId === initial.dataId || isUpdated) {
        continue;
      }
      const handles = this.scope.handlesOf(variable);
      const values =
        handles.length > 1
          ? this.divider.cutBlocks(variable, handles.length)
          : [this.valueOf(variable)];
      if (values[0] !== this.reads.get(variable)?.[0]) {
        const dtype = nativeType(variable.dtype) as number;
        const nodes = handles.map((handle, block) =>
          assignVariable(
            handle,
            values[block] as GraphValue,
            dtype,
            this.readersOf(variable, block),
          ),
        );
        this.updates.set(variable, nodes);
      }
    }
    this.parts.cutFrom(this.liveNodes(outputs));
    const live = this.liveNodes(outputs);
    this.dropDeadReaders(live);
    for (const [node, variable] of this.joined) {
      if (live.has(node)) {
        this.wantedWhole.add(variable);
      }
    }
  }

  private add(node: GraphNode): GraphNode {
    node.layer = this.place;
    this.nodes.push(node);
    return node;
  }

  private addRead(handle: GraphValue, dtype: number, after: GraphNode[] = []): GraphValue {
    const value = readVariable(handle, dtype, after);
    this.add(value.node);
    return value;
  }

  /** The present value of a variable, in the blocks in which the session holds it. */
  private read(variable: tf.Variable): GraphValue[] {
    let values = this.reads.get(variable);
    if (values === undefined) {
      const dtype = this.supportedType(variable.dtype, `variable "${variable.name}"`);
      values = this.scope.handlesOf(variable).map((handle) => this.addRead(handle, dtype));
      this.reads.set(variable, values);
    }
    return values;
  }

  private valueOfVariable(variable: tf.Variable): GraphValue {
    const values = this.read(variable);
    if (values.length === 1) {
      return values[0] as GraphValue;
    }
    const whole = this.divider.joinBlocks(values, variable);
    this.joined.set(whole.node, variable);
    return whole;
  }

  private blocksOfVariable(tensor: tf.TensorInfo): GraphValue[] | null {
    const variable = this.variables.get(tensor.dataId);
    const blocks = variable ? this.read(variable) : [];
    return blocks.length > 1 ? blocks : null;
  }

  /**
   * The nodes that use a variable's present value, or a block of it. Whoever changes the variable
   * has to wait for them: TensorFlow would otherwise copy the variable's memory to keep their input
   * unchanged.
   */
  private readersOf(variable: tf.Variable, block: number): GraphNode[] {
    const read = this.reads.get(variable)?.[block]?.node;
    if (read === undefined) {
      return [];
    }
    const readers = [read];
    // A reshaped value lies in the same memory.
    const sources = new Set([read]);
    for (const node of this.nodes) {
      if (node.inputs.some((input) => sources.has(input.node))) {
        readers.push(node);
        if (node.op === 'Reshape') {
          sources.add(node);
        }
      }
    }
    return readers;
  }

  /** What the outputs and the updates need. */
  private liveNodes(outputs: GraphValue[]): Set<GraphNode> {
    const live = new Set<GraphNode>();
    const stack = [...outputs.map((output) => output.node), ...[...this.updates.values()].flat()];
    while (stack.length > 0) {
      const node = stack.pop() as GraphNode;
      if (!live.has(node)) {
        live.add(node);
        stack.push(...node.inputs.map((input) => input.node));
        if (node.op === 'ReadVariableOp') {
          stack.push(...node.after);
        }
      }
    }
    return live;
  }

  /** A reader that nothing needs would only be run because an update waits for it. */
  private dropDeadReaders(live: Set<GraphNode>): void {
    for (const update of live) {
      update.after = update.after.filter((node) => live.has(node));
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

  private supportedType(dtype: tf.DataType, what: string): number {
    const number = nativeType(dtype);
    if (number === undefined) {
      throw new NotCompilableError(
        `A ${what} of type ${dtype} is used${this.place ? ` in ${this.place}` : ''}; ` +
          'a graph can carry float32, int32 and bool only.',
      );
    }
    return number;
  }

  private convert(op: string, attributes: OpAttribute[]): Record<string, AttributeValue> {
    const { binding } = this.backend;
    const kinds = new Map<number, AttributeValue['kind']>([
      [binding.TF_ATTR_STRING, 'string'],
      [binding.TF_ATTR_INT, 'int'],
      [binding.TF_ATTR_FLOAT, 'float'],
      [binding.TF_ATTR_BOOL, 'bool'],
      [binding.TF_ATTR_TYPE, 'type'],
      [binding.TF_ATTR_SHAPE, 'shape'],
    ]);
    return Object.fromEntries(
      attributes.map(({ name, type, value }) => {
        const kind = kinds.get(type);
        if (kind === undefined) {
          throw new NotCompilableError(`The op ${op} has an attribute "${name}" of unknown type.`);
        }
        return [name, { kind, value } as AttributeValue];
      }),
    );
  }
}

/** A tensor of equal values that does not share them. */
export function copyOf(tensor: tf.Tensor): tf.Tensor {
  return tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype);
}
