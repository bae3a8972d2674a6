/**
 * Turns a run of tfjs operations into a graph. Every operation of tfjs-node passes one of two
 * methods of its backend; while a step runs for once op by op, the recorder notes each call as a
 * graph node and remembers which node's output each tensor is.
 */
import * as tf from '../tensorflow';
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
import type { AddNode } from './rewriteNodes';
import { rewrite } from './rewrites';

/** Where a recorder finds the things that live in the session across functions and runs. */
export interface SessionScope {
  /** The session's variable that stands for a variable of tfjs. */
  handleOf(variable: tf.Variable): GraphValue;
  /** A session variable for a number that JavaScript may change between runs. */
  parameter(owner: object, name: string, read: () => number): GraphValue;
}

export class Recorder {
  /** The optimisers that made a step, in order. */
  readonly optimizers: tf.Optimizer[] = [];
  /** The variables whose present value a node leaves in the session. */
  readonly updates = new Map<tf.Variable, GraphNode>();
  /** What the recording relies on; when one does not hold any more, it is out of date. */
  readonly assumptions: (() => boolean)[] = [];

  private readonly backend = nativeBackend();
  private readonly values = new Map<DataId, GraphValue>();
  private readonly variables = new Map<DataId, tf.Variable>();
  /** The value that each variable has at this point of the step. */
  private readonly reads = new Map<tf.Variable, GraphValue>();
  private readonly nodes: GraphNode[] = [];
  private readonly shapes = new Map<GraphNode, number[]>();
  private readonly parts = new PictureParts(
    ({ node }) => this.shapes.get(node),
    (...parts) => this.addValue(...parts),
  );
  private readonly layers: tf.layers.Layer[] = [];
  private readonly initialValues = new Map<tf.Variable, tf.Tensor>();
  private pauses = 0;

  constructor(private readonly scope: SessionScope) {
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
      const node = this.add(
        graphNode(
          op,
          inputs.map((input) => this.valueOf(input)),
          known,
        ),
      );
      outputs.forEach((result, index) => {
        this.bind(result, { node, index });
      });
      return;
    }
    const values = inputs.map((input) => this.partOrValueOf(input));
    const whole = { op, attributes: known, inputs: values, tensors: inputs, output };
    const reduced = this.parts.reduce(whole);
    const call = reduced?.call ?? {
      ...whole,
      inputs: inputs.map((input) => this.valueOf(input)),
    };
    const add: AddNode = (...parts) => this.addValue(...parts);
    const value = rewrite(call, add) ?? {
      node: this.add(graphNode(op, call.inputs, call.attributes, this.waitsFor(op, call.inputs))),
      index: 0,
    };
    this.bind(output, value);
    if (reduced?.size) {
      this.parts.noteGradient(value, reduced.size);
    }
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
    const value = variable ? this.read(variable) : constant(this.constantOf(tensor));
    this.bind(tensor, value);
    return value;
  }

  /** Whether the tensor's values depend on what is fed, on variables or on chance. */
  isComputed(dataId: DataId): boolean {
    return this.variables.has(dataId) || (this.values.get(dataId)?.node.op ?? 'Const') !== 'Const';
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
    const handles = changed.map((variable) => this.scope.handleOf(variable));
    const after = changed.flatMap((variable) => this.readersOf(variable));
    const node = this.add(
      graphNode(op, [...handles, ...inputs.map((input) => this.valueOf(input))], attributes, after),
    );
    for (const variable of changed) {
      this.updates.set(variable, node);
      const dtype = nativeType(variable.dtype) as number;
      const value = readVariable(this.scope.handleOf(variable), dtype, [node]);
      this.add(value.node);
      this.reads.set(variable, value);
      // The values do not matter in a trace, only that the variable has got new ones.
      const next = this.paused(() => copyOf(variable));
      this.bind(next, value);
      variable.assign(next);
      next.dispose();
    }
  }

  /** Ends the recording: whatever was assigned to a variable becomes an update. */
  finish(outputs: GraphValue[]): void {
    for (const [initial, variable] of this.variables) {
      if (variable.isDisposed || variable.dataId === initial) {
        continue;
      }
      const value = this.valueOf(variable);
      if (value !== this.reads.get(variable)) {
        const dtype = nativeType(variable.dtype) as number;
        const handle = this.scope.handleOf(variable);
        this.updates.set(variable, assignVariable(handle, value, dtype, this.readersOf(variable)));
      }
    }
    this.parts.cutFrom(this.liveNodes(outputs));
    this.dropDeadReaders(this.liveNodes(outputs));
  }

  private add(node: GraphNode): GraphNode {
    node.layer = this.place;
    this.nodes.push(node);
    return node;
  }

  private addValue(...parts: Parameters<AddNode>): GraphValue {
    return { node: this.add(graphNode(...parts)), index: 0 };
  }

  private read(variable: tf.Variable): GraphValue {
    let value = this.reads.get(variable);
    if (value === undefined) {
      const dtype = this.supportedType(variable.dtype, `variable "${variable.name}"`);
      value = readVariable(this.scope.handleOf(variable), dtype);
      this.reads.set(variable, value);
      this.add(value.node);
    }
    return value;
  }

  /**
   * The nodes that use a variable's present value. Whoever changes the variable has to wait for
   * them: TensorFlow would otherwise copy the variable's memory to keep their input unchanged.
   */
  private readersOf(variable: tf.Variable): GraphNode[] {
    const read = this.reads.get(variable)?.node;
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
    const stack = [...outputs.map((output) => output.node), ...this.updates.values()];
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
