/**
 * Functions that share variables, compiled into one session. A session's graph cannot grow, so a
 * further function (or a known one with inputs of another shape) makes a new session with all of
 * them; the variables' values move over without a copy.
 */

import {
  DT_FLOAT,
  type NativeTensor,
  nativeBackend,
  nativeType,
  type TypedArray,
} from '../native/backend';
import type { Graph, GraphValue } from '../native/graphNode';
import { NotCompilableError } from '../native/notCompilableError';
import { writeSavedModel } from '../native/savedModel';
import { Session, type SessionOptions } from '../native/session';
import type * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import {
  type Captured,
  type CaptureOptions,
  capture,
  captureStable,
  type Feed,
  type TensorFunction,
} from './capture/capture';
import { graphDifference } from './capture/difference';
import type { VariableHolder } from './mirroredVariable';
import { isLittleWork, isMuchWork } from './operations';
import { passesOf, runPasses, type SessionUse } from './passes/index';
import { matricesOfSkipped } from './passes/skipZeros';
import { outputsAfterUpdates } from './sessionGraph';
import { type SessionVariable, SessionVariables } from './sessionVariables';

/** A compiled function, and what the session has to be told to run it. */
interface Entry {
  captured: Captured;
  /** Captures the function once more. */
  again(inputs: tf.Tensor[]): Captured;
  graph: Graph;
  /** Whether the calling thread is to do all of it; undefined: if it is little. */
  onCallingThread: boolean | undefined;
  /** Scalars come back in one vector. */
  packed: boolean;
  fedNames: string;
  outputNames: string;
  updated: SessionVariable[];
}

/** What a tensor holds. */
export interface Values {
  values: Float32Array | Int32Array;
  shape: number[];
  dtype: tf.DataType;
}

export class Program implements VariableHolder {
  private readonly backend = nativeBackend();
  private readonly variables = new SessionVariables();
  private readonly entries = new Map<string, Entry>();
  /** Counts also what was dropped again: no name is used twice. */
  private functionCount = 0;
  private session: Session | null = null;
  private disposed = false;

  /** @param options what is not for the program to decide. */
  constructor(private readonly options: SessionUse = {}) {}

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** How many functions have been compiled. */
  get size(): number {
    return this.entries.size;
  }

  /** Whether a function has been compiled and what its graph relies on still holds. */
  has(key: string): boolean {
    return this.entries.get(key)?.captured.assumptions.every((holds) => holds()) ?? false;
  }

  /**
   * Captures a function and compiles it together with the earlier ones.
   *
   * @param key Names the function and its inputs' shapes.
   * @param packed Whether the outputs are numbers, to be returned by `runNumbers`.
   * @param feed What the function will be run with.
   * @param isTrusted Whether the function is known to do the same at each call.
   * @throws NotCompilableError
   */
  add(
    key: string,
    body: TensorFunction,
    inputs: tf.Tensor[],
    packed: boolean,
    feed: Feed = 'inputs',
    isTrusted = false,
  ): void {
    if (this.disposed) {
      throw new Error('A compiled function cannot be called after it has been disposed.');
    }
    const replaced = this.entries.get(key);
    try {
      const entry = this.compile(body, { inputs, feed, isTrusted }, packed);
      this.handBack();
      this.entries.set(key, entry);
      this.load(entry.graph);
    } catch (error) {
      this.entries.delete(key);
      if (replaced !== undefined) {
        this.entries.set(key, replaced);
      }
      this.variables.forgetUnused();
      throw error;
    }
  }

  /**
   * Captures a compiled function once more and compares.
   *
   * @param inputs of the shapes that it was compiled for.
   * @returns whether it still does the same.
   * @throws NotCompilableError
   */
  isUnchanged(key: string, inputs: tf.Tensor[]): boolean {
    const { captured, again } = this.entryOf(key);
    try {
      return graphDifference(captured.graph, again(inputs).graph) === null;
    } finally {
      this.variables.forgetUnused();
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

  private entryOf(key: string): Entry {
    const entry = this.entries.get(key);
    if (entry === undefined || this.disposed) {
      throw new Error(`The function "${key}" has not been compiled, or has been disposed.`);
    }
    return entry;
  }

  private compile(
    body: TensorFunction,
    given: Omit<CaptureOptions, 'name' | 'scope'>,
    packed: boolean,
  ): Entry {
    const name = `function_${this.functionCount++}`;
    const options = { ...given, name, scope: this.variables };
    const captured = captureStable(body, options);
    const recorded = { ...captured.graph, blocks: this.variables.blocks };
    const onCallingThread = this.isForCallingThread(recorded);
    const use = { ...this.options, onCallingThread };
    const graph = runPasses(recorded, 'schedule', passesOf(recorded, use));
    const again = (others: tf.Tensor[]) => capture(body, { ...options, inputs: others });
    const names = { fedNames: '', outputNames: '' };
    return { captured, again, graph, onCallingThread, packed, ...names, updated: [] };
  }

  private isForCallingThread(graph: Graph): boolean | undefined {
    const { onCallingThread } = this.options;
    return onCallingThread === 'unless much work' ? !isMuchWork(graph) : onCallingThread;
  }

  /**
   * Runs a function whose outputs are scalars and vectors; all their numbers, in order.
   *
   * @throws NotCompilableError if a variable has a value with which the graph would be wrong.
   */
  runNumbers(key: string, fed: tf.Tensor[]): number[] {
    return Array.from(this.valuesOf(this.run(key, () => this.backend.getInputTensorIds(fed))));
  }

  /** Runs a function, as `runNumbers`; the caller disposes the results. */
  runTensors(key: string, fed: tf.Tensor[]): tf.Tensor[] {
    const outputs = this.run(key, () => this.backend.getInputTensorIds(fed));
    return outputs.map((output) => this.backend.createOutputTensor(output));
  }

  /** Runs a function of one input and one output, without tensors of tfjs, which take longer to make. */
  runValues(key: string, { values, shape, dtype }: Values): TypedArray {
    const { binding } = this.backend;
    const id = binding.createTensor(shape, nativeType(dtype) ?? DT_FLOAT, values);
    try {
      return this.valuesOf(this.run(key, () => [id]));
    } finally {
      binding.deleteTensor(id);
    }
  }

  private valuesOf([output]: NativeTensor[]): TypedArray {
    const { id } = output as NativeTensor;
    const values = this.backend.binding.tensorDataSync(id);
    this.backend.binding.deleteTensor(id);
    return values;
  }

  private run(key: string, idsOfFed: () => number[]): NativeTensor[] {
    const entry = this.entryOf(key);
    const session = this.session as Session;
    this.variables.load(session);
    const outputs = session.run(entry.fedNames, idsOfFed(), entry.outputNames);
    for (const variable of entry.updated) {
      variable.version = variable.mirrored?.changedIn(this) ?? variable.version;
    }
    for (const optimizer of entry.captured.optimizers) {
      internals(optimizer).incrementIterations();
    }
    if (entry.graph.outputs.length === 0) {
      for (const { id } of outputs.splice(0)) {
        this.backend.binding.deleteTensor(id);
      }
    }
    return outputs;
  }

  handBack(): void {
    if (this.session !== null) {
      this.variables.handBack(this.session, this);
    }
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.handBack();
    this.variables.release(this);
    this.session?.dispose();
    this.session = null;
  }

  /** Writes the graph of all functions and loads it in the place of the earlier one. */
  private load({ blocks }: Graph): void {
    this.variables.forgetUnused(blocks);
    const entries = [...this.entries.values()];
    const fetched = new Map<Entry, GraphValue[]>(
      entries.map((entry) => [entry, outputsAfterUpdates(entry.graph, entry.packed)]),
    );
    const finite = new Set(entries.flatMap(({ graph }) => matricesOfSkipped(graph)));
    const { bytes, nameOf } = writeSavedModel([
      ...[...fetched].flatMap(([{ graph }, values]) => [
        ...graph.fed,
        ...values.map(({ node }) => node),
      ]),
      ...this.variables.nodes(blocks, finite),
    ]);
    const oneCoreEach = entries.map(({ graph }) => graph.oneCoreEach);
    const session = openSession(bytes, {
      onCallingThread: entries.every(
        ({ graph, onCallingThread }) => onCallingThread ?? isLittleWork(graph),
      ),
      oneCore: oneCoreEach.includes(true) && !oneCoreEach.includes(false),
    });

    this.session?.dispose();
    this.session = session;
    this.variables.mirror(this, blocks);
    const names = (values: GraphValue[]) =>
      values.map(({ node, index }) => `${nameOf.get(node)}:${index}`).join();
    for (const [entry, values] of fetched) {
      entry.fedNames = names(entry.graph.fed.map((node) => ({ node, index: 0 })));
      entry.outputNames = names(values);
      entry.updated = this.variables.changedBy(entry.graph.updates);
    }
  }
}

function openSession(savedModel: Uint8Array, options: SessionOptions): Session {
  try {
    return new Session(savedModel, options);
  } catch (error) {
    throw new NotCompilableError(
      `TensorFlow does not accept the graph: ${(error as Error).message}`,
    );
  }
}
