/** The variables of a session: those that mirror variables of tfjs, and numbers of JavaScript. */

import { DT_FLOAT, type NativeTensor, nativeBackend, nativeType } from '../native/backend';
import { type GraphNode, type GraphValue, variableHandle } from '../native/graphNode';
import { NotCompilableError } from '../native/notCompilableError';
import type { Session } from '../native/session';
import type * as tf from '../tensorflow';
import type { SessionScope } from './capture/recorder';
import { MirroredVariable, type VariableHolder } from './mirroredVariable';
import { parameterNodes, variableNodes } from './sessionGraph';

/** A variable's mirror in the session. */
export interface SessionVariable {
  name: string;
  /** The variable as a whole, as it is captured. */
  handle: GraphValue;
  /** One, or one for each block of rows of a matrix; from the first session on. */
  blocks?: GraphValue[];
  /** Watched from the first session on. */
  mirrored?: MirroredVariable;
  /** The variable's version that the mirror has; -1: none yet. */
  version: number;
  /** Whether a graph would give other results for numbers that are infinite or NaN. */
  mustBeFinite?: boolean;
}

/** A number that JavaScript may change, kept in the session. */
export interface Parameter {
  name: string;
  handle: GraphValue;
  read: () => number;
  loaded?: number;
}

export class SessionVariables implements SessionScope {
  private readonly variables = new Map<tf.Variable, SessionVariable>();
  private readonly parameters: Parameter[] = [];
  private readonly parametersOf = new WeakMap<object, Map<string, Parameter>>();
  private readonly backend = nativeBackend();
  /** Counts also what was dropped again: no name is used twice. */
  private count = 0;

  handleOf(variable: tf.Variable): GraphValue {
    let known = this.variables.get(variable);
    if (known === undefined) {
      const name = `variable_${this.count++}`;
      const dtype = nativeType(variable.dtype) ?? DT_FLOAT;
      const handle = variableHandle(name, dtype, variable.shape, variable.name);
      known = { name, handle, version: -1 };
      this.variables.set(variable, known);
    }
    return known.handle;
  }

  parameter(owner: object, name: string, read: () => number): GraphValue {
    const ofOwner = this.parametersOf.get(owner) ?? new Map<string, Parameter>();
    this.parametersOf.set(owner, ofOwner);
    let parameter = ofOwner.get(name);
    if (parameter === undefined) {
      const handleName = `parameter_${this.parameters.length}`;
      const handle = variableHandle(handleName, DT_FLOAT, [], name);
      parameter = { name: handleName, handle, read };
      this.parameters.push(parameter);
      ofOwner.set(name, parameter);
    }
    return parameter.handle;
  }

  /** How the variables that are in use are split; a new variable may be split as its graph needs it. */
  get blocks(): Map<GraphNode, GraphValue[]> {
    return new Map(
      [...this.variables.values()].flatMap(({ handle, blocks }) =>
        blocks ? [[handle.node, blocks]] : [],
      ),
    );
  }

  /**
   * The nodes that load and return the values, with the blocks of a graph that is new.
   *
   * @param finite the handles of those that must be finite.
   */
  nodes(blocks: ReadonlyMap<GraphNode, GraphValue[]>, finite: ReadonlySet<GraphNode>): GraphNode[] {
    return [
      ...[...this.variables.values()].flatMap((mirror) => {
        const { node } = mirror.handle;
        mirror.mustBeFinite = finite.has(node);
        return variableNodes({ ...mirror, blocks: mirror.blocks ?? blocks.get(node) ?? [] });
      }),
      ...this.parameters.flatMap(parameterNodes),
    ];
  }

  /** The variables that nodes change. */
  changedBy(updates: GraphNode[]): SessionVariable[] {
    const changed = new Set(updates.flatMap(({ inputs }) => inputs.map(({ node }) => node)));
    return [...this.variables.values()].filter(({ handle, blocks = [handle] }) =>
      blocks.some(({ node }) => changed.has(node)),
    );
  }

  /** Starts to mirror the variables that graphs use, in a session that has no values yet. */
  mirror(holder: VariableHolder, blocks: ReadonlyMap<GraphNode, GraphValue[]>): void {
    for (const [variable, mirror] of this.variables) {
      mirror.blocks ??= blocks.get(mirror.handle.node) ?? [mirror.handle];
      mirror.mirrored ??= MirroredVariable.watch(variable, holder);
      mirror.version = -1;
    }
    for (const parameter of this.parameters) {
      delete parameter.loaded;
    }
  }

  /** Drops the variables that are not mirrored and, if blocks are given, not among those. */
  forgetUnused(blocks?: ReadonlyMap<GraphNode, GraphValue[]>): void {
    for (const [variable, { handle, mirrored }] of this.variables) {
      if (mirrored === undefined && !blocks?.has(handle.node)) {
        this.variables.delete(variable);
      }
    }
  }

  /**
   * Gives the session the values that have changed outside.
   *
   * @throws NotCompilableError if one of them must be finite and is not.
   */
  load(session: Session): void {
    const changed: { name: string; id: number; isOwn: boolean }[] = [];
    const loaded: SessionVariable[] = [];
    for (const [variable, mirror] of this.variables) {
      const version = mirror.mirrored?.version;
      if (version !== undefined && version !== mirror.version) {
        const [id] = this.backend.getInputTensorIds([variable]);
        changed.push({ name: mirror.name, id: id as number, isOwn: false });
        mirror.version = version;
        loaded.push(mirror);
      }
    }
    for (const parameter of this.parameters) {
      const value = parameter.read();
      if (value !== parameter.loaded) {
        const id = this.backend.binding.createTensor([], DT_FLOAT, Float32Array.of(value));
        changed.push({ name: parameter.name, id, isOwn: true });
        parameter.loaded = value;
      }
    }
    if (changed.length === 0) {
      return;
    }
    const fed = changed.map(({ name }) => `${name}_new:0`).join();
    const done = changed.map(({ name }) => `${name}_loaded:0`).join();
    const ids = changed.map(({ id }) => id);
    session.runOnly(fed, ids, done);
    for (const { id, isOwn } of changed) {
      if (isOwn) {
        this.backend.binding.deleteTensor(id);
      }
    }
    this.checkFinite(
      session,
      loaded.filter(({ mustBeFinite }) => mustBeFinite),
    );
  }

  private checkFinite(session: Session, loaded: SessionVariable[]): void {
    if (loaded.length === 0) {
      return;
    }
    const zeros = session.run('', [], loaded.map(({ name }) => `${name}_zero:0`).join());
    const others = loaded.filter((_, index) => {
      const { id } = zeros[index] as NativeTensor;
      const [zero] = this.backend.binding.tensorDataSync(id);
      this.backend.binding.deleteTensor(id);
      return zero !== 0;
    });
    for (const mirror of others) {
      // To be looked at again the next time.
      mirror.version = -1;
    }
    const [first] = others;
    if (first) {
      throw new NotCompilableError(
        `Not all numbers in "${first.handle.node.label}" are finite. A graph for single rows leaves ` +
          'out what zeros would be multiplied by.',
      );
    }
  }

  /** Hands the values to tfjs that are newest in the session. */
  handBack(session: Session, holder: VariableHolder): void {
    const held = [...this.variables.values()].filter(({ mirrored }) =>
      mirrored?.isNewestIn(holder),
    );
    if (held.length === 0) {
      return;
    }
    const values = session.run('', [], held.map(({ name }) => `${name}_value:0`).join());
    for (const [index, { mirrored }] of held.entries()) {
      const value = this.backend.createOutputTensor(values[index] as NativeTensor);
      mirrored?.receive(value);
      value.dispose();
    }
  }

  /** Ends the mirroring. */
  release(holder: VariableHolder): void {
    for (const { mirrored } of this.variables.values()) {
      mirrored?.release(holder);
    }
  }
}
