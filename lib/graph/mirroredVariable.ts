/**
 * Keeps a `tf.Variable` and its copies inside graphs equal, without copying at every step.
 *
 * A compiled step changes the copy in its session. tfjs reaches a variable's values through the
 * property `dataId` only, so that property is watched: reading it first fetches the newest values
 * from the session that holds them, writing it (`Variable.assign`) tells every session that its
 * copy is out of date. Whoever looks at a weight, an optimiser's slot or a whole model between two
 * steps therefore always sees the values of the last step.
 */

import type { DataId } from '../native/backend';
import type * as tf from '../tensorflow';

/** A session with copies of variables. */
export interface VariableHolder {
  /** Hands all newer values to tfjs, by `MirroredVariable.receive`. */
  handBack(): void;
  /** Called when one of the variables is about to be disposed. */
  dispose(): void;
}

const mirroredVariables = new WeakMap<tf.Variable, MirroredVariable>();

export class MirroredVariable {
  /** Counts the changes, so that each holder can tell whether its copy is the newest. */
  version = 0;
  /** The holder whose copy is newer than that of tfjs. */
  private newest: VariableHolder | null = null;
  private readonly holders = new Set<VariableHolder>();

  /** Watches a variable on behalf of a holder, until `release`. */
  static watch(variable: tf.Variable, holder: VariableHolder): MirroredVariable {
    let mirrored = mirroredVariables.get(variable);
    if (mirrored === undefined) {
      mirrored = new MirroredVariable(variable);
      mirroredVariables.set(variable, mirrored);
    }
    mirrored.holders.add(holder);
    return mirrored;
  }

  private constructor(readonly variable: tf.Variable) {
    let dataId: DataId = variable.dataId;
    Object.defineProperty(variable, 'dataId', {
      configurable: true,
      enumerable: true,
      get: () => {
        this.newest?.handBack();
        return dataId;
      },
      set: (changed: DataId) => {
        dataId = changed;
        this.version++;
        this.newest = null;
      },
    });
    variable.dispose = () => {
      for (const holder of [...this.holders]) {
        holder.dispose();
      }
      variable.dispose();
    };
  }

  /** Notes that a step has changed the holder's copy. Returns that copy's version. */
  changedIn(holder: VariableHolder): number {
    this.newest = holder;
    this.version++;
    return this.version;
  }

  isNewestIn(holder: VariableHolder): boolean {
    return this.newest === holder;
  }

  /** Gives tfjs the value that the newest copy has. */
  receive(value: tf.Tensor): void {
    const { version } = this;
    this.newest = null;
    this.variable.assign(value);
    this.version = version;
  }

  /** Ends the watch; after the last holder's, the variable is an ordinary one again. */
  release(holder: VariableHolder): void {
    this.holders.delete(holder);
    if (this.holders.size > 0) {
      return;
    }
    const { variable } = this;
    Object.defineProperty(variable, 'dataId', {
      configurable: true,
      enumerable: true,
      writable: true,
      value: variable.dataId,
    });
    delete (variable as { dispose?: () => void }).dispose;
    mirroredVariables.delete(variable);
  }
}
