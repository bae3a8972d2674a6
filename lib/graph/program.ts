/**
 * Functions that share variables, compiled into one session. A session's graph cannot grow, so a
 * further function (or a known one with inputs of another shape) makes a new session with all of
 * them; the variables' values move over without a copy.
 */
import type * as tf from '../tensorflow';
import { blockShape, matrixBlocks } from './division';
import {
  assignVariable,
  concatenation,
  type GraphNode,
  type GraphValue,
  graphNode,
  graphValue,
  int,
  placeholder,
  readVariable,
  scalar,
  type as typeAttribute,
  variableHandle,
} from './graphNode';
import { LiveVariable, type VariableHolder } from './liveVariable';
import { DT_FLOAT, DT_INT32, type NativeTensor, nativeBackend, nativeType } from './native';
import { NotCompilableError } from './notCompilableError';
import type { SessionScope } from './recorder';
import { writeSavedModel } from './savedModel';
import { Session } from './session';
import { differences, type Feed, type TensorFunction, type TracedFunction, trace } from './trace';

/** A variable's copy in the session. */
interface SessionVariable {
  name: string;
  /** One, or one for each block of rows of a matrix. */
  handles: GraphValue[];
  dtype: number;
  /** Watched from the first session on. */
  live?: LiveVariable;
  /** The variable's version that the copy has; -1: none yet. */
  version: number;
}

/** A number that JavaScript may change, kept in the session. */
interface Parameter {
  name: string;
  handle: GraphValue;
  read: () => number;
  loaded?: number;
}

/** What the session has to be told to run a function. */
interface Entry {
  traced: TracedFunction;
  /** Scalars come back in one vector. */
  packed: boolean;
  fedNames: string;
  outputNames: string;
  updated: SessionVariable[];
}

export class Program implements VariableHolder, SessionScope {
  private readonly backend = nativeBackend();
  private readonly variables = new Map<tf.Variable, SessionVariable>();
  /** The matrices that are not divided into blocks. */
  private readonly whole = new WeakSet<tf.Variable>();
  private readonly parameters: Parameter[] = [];
  private readonly parametersOf = new Map<object, Map<string, Parameter>>();
  private readonly entries = new Map<string, Entry>();
  /** Counts also what was dropped again: no name is used twice. */
  private functionCount = 0;
  private variableCount = 0;
  private session: Session | null = null;
  private disposed = false;

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** How many functions have been compiled. */
  get size(): number {
    return this.entries.size;
  }

  /** Whether a function has been compiled and what its graph relies on still holds. */
  has(key: string): boolean {
    return this.entries.get(key)?.traced.assumptions.every((holds) => holds()) ?? false;
  }

  /**
   * Traces a function and compiles it together with the earlier ones.
   *
   * @param key Names the function and its inputs' shapes.
   * @param packed Whether the outputs are scalars, to be returned by `runScalars`.
   * @param feed What the function will be run with.
   * @throws NotCompilableError
   */
  add(
    key: string,
    body: TensorFunction,
    inputs: tf.Tensor[],
    packed: boolean,
    feed: Feed = 'inputs',
  ): void {
    if (this.disposed) {
      throw new Error('A compiled function cannot be called after it has been disposed.');
    }
    const traced = this.traceFunction(body, inputs, feed);
    this.handBack();
    const replaced = this.entries.get(key);
    this.entries.set(key, { traced, packed, fedNames: '', outputNames: '', updated: [] });
    try {
      this.load();
    } catch (error) {
      this.entries.delete(key);
      if (replaced !== undefined) {
        this.entries.set(key, replaced);
      }
      this.forgetUnwatched();
      throw error;
    }
  }

  /**
   * Records a compiled function once more and compares.
   *
   * @param inputs of the shapes that it was compiled for.
   * @returns whether it still does the same.
   * @throws NotCompilableError
   */
  isUnchanged(key: string, inputs: tf.Tensor[]): boolean {
    const { traced } = this.entries.get(key) as Entry;
    try {
      return differences(traced, traced.again(inputs)).length === 0;
    } finally {
      this.forgetUnwatched();
    }
  }

  /** Forgets the functions whose keys are not wanted any more. */
  forget(isWanted: (key: string) => boolean): void {
    for (const key of [...this.entries.keys()]) {
      if (!isWanted(key)) {
        this.entries.delete(key);
      }
    }
  }

  private traceFunction(body: TensorFunction, inputs: tf.Tensor[], feed: Feed): TracedFunction {
    try {
      return trace(`function_${this.functionCount++}`, body, inputs, feed, this);
    } catch (error) {
      this.forgetUnwatched();
      throw error;
    }
  }

  /** Runs a function whose outputs are scalars. */
  runScalars(key: string, fed: tf.Tensor[]): number[] {
    const [vector] = this.run(key, fed) as [NativeTensor];
    const values = this.backend.binding.tensorDataSync(vector.id);
    this.backend.binding.deleteTensor(vector.id);
    return Array.from(values);
  }

  /** Runs a function; the caller disposes the results. */
  runTensors(key: string, fed: tf.Tensor[]): tf.Tensor[] {
    return this.run(key, fed).map((output) => this.backend.createOutputTensor(output));
  }

  private run(key: string, fed: tf.Tensor[]): NativeTensor[] {
    const entry = this.entries.get(key);
    if (entry === undefined || this.session === null) {
      throw new Error(`The function "${key}" has not been compiled, or has been disposed.`);
    }
    this.loadChanges(this.session);
    const ids = this.backend.getInputTensorIds(fed);
    const outputs = this.session.run(entry.fedNames, ids, entry.outputNames);
    for (const variable of entry.updated) {
      const live = variable.live as LiveVariable;
      live.changedIn(this);
      variable.version = live.version;
    }
    for (const optimizer of entry.traced.optimizers) {
      (optimizer as unknown as { incrementIterations(): void }).incrementIterations();
    }
    if (entry.traced.outputs.length === 0) {
      for (const { id } of outputs.splice(0)) {
        this.backend.binding.deleteTensor(id);
      }
    }
    return outputs;
  }

  handlesOf(variable: tf.Variable): GraphValue[] {
    let known = this.variables.get(variable);
    if (known === undefined) {
      const name = `variable_${this.variableCount++}`;
      const { shape } = variable;
      const dtype = nativeType(variable.dtype) as number;
      const count = this.whole.has(variable) ? 1 : matrixBlocks(shape);
      const handles =
        count === 1
          ? [variableHandle(name, dtype, shape)]
          : Array.from({ length: count }, (_, block) =>
              variableHandle(`${name}_${block}`, dtype, blockShape(shape, count)),
            );
      known = { name, dtype, handles, version: -1 };
      this.variables.set(variable, known);
    }
    return known.handles;
  }

  keepWhole(variables: Set<tf.Variable>): boolean {
    let isChanged = false;
    for (const variable of variables) {
      const known = this.variables.get(variable);
      if (known && known.handles.length > 1 && known.live === undefined) {
        this.whole.add(variable);
        this.variables.delete(variable);
        isChanged = true;
      }
    }
    return isChanged;
  }

  parameter(owner: object, name: string, read: () => number): GraphValue {
    const ofOwner = this.parametersOf.get(owner) ?? new Map<string, Parameter>();
    this.parametersOf.set(owner, ofOwner);
    let parameter = ofOwner.get(name);
    if (parameter === undefined) {
      const handleName = `parameter_${this.parameters.length}`;
      parameter = { name: handleName, handle: variableHandle(handleName, DT_FLOAT, []), read };
      this.parameters.push(parameter);
      ofOwner.set(name, parameter);
    }
    return parameter.handle;
  }

  handBack(): void {
    const held = [...this.variables.values()].filter(({ live }) => live?.isNewestIn(this));
    if (held.length === 0 || this.session === null) {
      return;
    }
    const values = this.session.run('', [], held.map(({ name }) => `${name}_value:0`).join());
    held.forEach(({ live }, index) => {
      const value = this.backend.createOutputTensor(values[index] as NativeTensor);
      live?.receive(value);
      value.dispose();
    });
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.handBack();
    for (const { live } of this.variables.values()) {
      live?.release(this);
    }
    this.session?.dispose();
    this.session = null;
  }

  /** Drops the variables that only a refused function has used. */
  private forgetUnwatched(): void {
    for (const [variable, { live }] of this.variables) {
      if (live === undefined) {
        this.variables.delete(variable);
      }
    }
  }

  /** Gives the session the values that have changed outside. */
  private loadChanges(session: Session): void {
    const names: string[] = [];
    const ids: number[] = [];
    const madeHere: number[] = [];
    for (const [variable, copy] of this.variables) {
      const live = copy.live as LiveVariable;
      if (live.version !== copy.version) {
        names.push(copy.name);
        ids.push(...this.backend.getInputTensorIds([variable]));
        copy.version = live.version;
      }
    }
    for (const parameter of this.parameters) {
      const value = parameter.read();
      if (value !== parameter.loaded) {
        const id = this.backend.binding.createTensor([], DT_FLOAT, Float32Array.of(value));
        names.push(parameter.name);
        ids.push(id);
        madeHere.push(id);
        parameter.loaded = value;
      }
    }
    if (names.length > 0) {
      const fed = names.map((name) => `${name}_new:0`).join();
      const done = names.map((name) => `${name}_loaded:0`).join();
      for (const output of session.run(fed, ids, done)) {
        this.backend.binding.deleteTensor(output.id);
      }
      for (const id of madeHere) {
        this.backend.binding.deleteTensor(id);
      }
    }
  }

  /** Writes the graph of all functions and loads it in the place of the earlier one. */
  private load(): void {
    const wanted: GraphNode[] = [];
    const fetched = new Map<Entry, GraphValue[]>();
    for (const entry of this.entries.values()) {
      const values = outputsAfterUpdates(entry);
      fetched.set(entry, values);
      wanted.push(...entry.traced.fed.map(({ node }) => node), ...values.map((v) => v.node));
    }
    for (const [variable, { name, handles, dtype }] of this.variables) {
      wanted.push(
        ...loadingNodes(name, handles, dtype, variable.shape),
        named(`${name}_value`, readVariables(handles, dtype)).node,
      );
    }
    for (const { name, handle } of this.parameters) {
      wanted.push(...loadingNodes(name, [handle], DT_FLOAT, []));
    }
    const { bytes, nameOf } = writeSavedModel(wanted);
    const divided = [...this.entries.values()].map(({ traced }) => traced.isDivided);
    const isDivided = divided.includes(true) && !divided.includes(false);
    const session = openSession(bytes, isDivided);

    this.session?.dispose();
    this.session = session;
    const names = (values: GraphValue[]) =>
      values.map(({ node, index }) => `${nameOf.get(node)}:${index}`).join();
    for (const [entry, values] of fetched) {
      entry.fedNames = names(entry.traced.fed);
      entry.outputNames = names(values);
      entry.updated = [...entry.traced.updates.keys()].map(
        (variable) => this.variables.get(variable) as SessionVariable,
      );
    }
    for (const [variable, copy] of this.variables) {
      copy.live ??= LiveVariable.watch(variable, this);
      copy.version = -1;
    }
    for (const parameter of this.parameters) {
      delete parameter.loaded;
    }
  }
}

function openSession(savedModel: Uint8Array, isDivided: boolean): Session {
  try {
    return new Session(savedModel, isDivided);
  } catch (error) {
    throw new NotCompilableError(
      `TensorFlow does not accept the graph: ${(error as Error).message}`,
    );
  }
}

/** The function's outputs, to be had only when all its updates have been made. */
function outputsAfterUpdates({ traced, packed }: Entry): GraphValue[] {
  const { outputs, updates } = traced;
  const updated = graphNode('NoOp', [], {}, [...updates.values()].flat());
  if (outputs.length === 0) {
    return [signal([updated])];
  }
  const values = packed
    ? [{ value: packScalars(outputs), type: DT_FLOAT }]
    : outputs.map(({ value, dtype }) => ({ value, type: nativeType(dtype) as number }));
  return values.map(({ value, type }) =>
    graphValue('Identity', [value], { T: typeAttribute(type) }, [updated]),
  );
}

/** Packs scalars into one vector, so that they come back from the session in one tensor. */
function packScalars(scalars: TracedFunction['outputs']): GraphValue {
  const floats = scalars.map(({ value, dtype }) =>
    dtype === 'float32'
      ? value
      : graphValue('Cast', [value], {
          SrcT: typeAttribute(nativeType(dtype) as number),
          DstT: typeAttribute(DT_FLOAT),
        }),
  );
  return graphValue('Pack', floats, {
    N: int(floats.length),
    T: typeAttribute(DT_FLOAT),
    axis: int(0),
  });
}

/** Nodes that put a fed value into a variable, or its blocks of rows into several. */
function loadingNodes(
  name: string,
  handles: GraphValue[],
  dtype: number,
  shape: number[],
): GraphNode[] {
  const value = placeholder(`${name}_new`, dtype, shape);
  const blocks = graphValue('Split', [scalar(0, DT_INT32), value], {
    T: typeAttribute(dtype),
    num_split: int(handles.length),
  });
  const assigned = handles.map((handle, index) =>
    assignVariable(handle, handles.length > 1 ? { ...blocks, index } : value, dtype),
  );
  return [named(`${name}_loaded`, signal(assigned)).node];
}

function readVariables(handles: GraphValue[], dtype: number): GraphValue {
  const blocks = handles.map((handle) => readVariable(handle, dtype));
  const [value] = blocks as [GraphValue];
  return blocks.length === 1 ? value : graphValue(...concatenation(blocks, 0, dtype));
}

/** A value of no meaning that is to be had when nodes have run: tfjs can only ask for values. */
function signal(nodes: GraphNode[]): GraphValue {
  return graphValue('Identity', [scalar(0, DT_FLOAT)], { T: typeAttribute(DT_FLOAT) }, nodes);
}

function named(name: string, value: GraphValue): GraphValue {
  value.node.name = name;
  return value;
}
