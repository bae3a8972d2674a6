/**
 * While a function is captured, what its operations compute hardly ever matters, only of which shape it
 * is. Where that is known before, the operation is not run: zeros that take no memory stand for its
 * results. So capturing a step takes neither the time nor the memory of a step.
 */

import { type DataId, nativeBackend } from '../../native/backend';
import type { GraphNode } from '../../native/graphNode';
import * as tf from '../../tensorflow';
import { type ResultType, resultTypes } from './resultTypes';

/** A call of the backend whose outputs are not the right values. */
interface Call {
  inputs: tf.TensorInfo[];
  outputs: tf.TensorInfo[];
  execute: Execute;
}

/** Runs an operation with these inputs, whatever their values are by then. */
export type Execute = (inputs: tf.TensorInfo[]) => tf.Tensor[];

/** The stand-ins of one capture. */
export class StandIns {
  private readonly backend = nativeBackend();
  /** In the order in which they were made. */
  private readonly calls: Call[] = [];
  /** Keeps inputs and outputs of these calls. */
  private readonly handles = new Map<DataId, tf.Tensor>();
  private readonly wrong = new Set<DataId>();

  /**
   * The outputs of an operation, or what stands for them.
   *
   * @param node the operation as it was recorded, its results still unknown.
   * @param outputCount how many it has.
   */
  outputsOf(
    node: GraphNode,
    given: tf.TensorInfo[],
    outputCount: number,
    execute: Execute,
  ): tf.Tensor[] {
    // A variable may be assigned other values before the operation is run.
    const inputs = given.map(infoOf);
    const types = resultTypes(node);
    const isKnown = types?.length === outputCount;
    const outputs = isKnown ? types.map(zeros) : this.run(inputs, execute);
    if (isKnown || inputs.some(({ dataId }) => this.wrong.has(dataId))) {
      const call = { inputs, outputs: outputs.map(infoOf), execute };
      this.calls.push(call);
      for (const tensor of [...inputs, ...call.outputs]) {
        this.hold(tensor);
      }
      for (const { dataId } of outputs) {
        this.wrong.add(dataId);
      }
    }
    return outputs;
  }

  /** Ends the capture: what the function has kept of its tensors, or in variables, gets its values. */
  finish(): void {
    this.correct([...this.wrong].filter((dataId) => this.backend.refCount(dataId) > 1));
    tf.dispose([...this.handles.values()]);
  }

  private run(inputs: tf.TensorInfo[], execute: Execute): tf.Tensor[] {
    try {
      return execute(inputs);
    } catch {
      // Zeros may be what it refuses: a whole number divided by zero is an error.
      this.correct(inputs.map(({ dataId }) => dataId));
      return execute(inputs);
    }
  }

  /** Gives tensors their right values, and all that these are computed of. */
  private correct(tensors: DataId[]): void {
    const wanted = new Set(tensors);
    const needed = [...this.calls].reverse().filter(({ inputs, outputs }) => {
      const isNeeded = outputs.some(({ dataId }) => wanted.has(dataId) && this.wrong.has(dataId));
      for (const { dataId } of isNeeded ? inputs : []) {
        wanted.add(dataId);
      }
      return isNeeded;
    });
    for (const call of needed.reverse()) {
      this.compute(call);
    }
  }

  /** Puts the right values in the place of those of a call's outputs. */
  private compute({ inputs, outputs, execute }: Call): void {
    const results = execute(inputs);
    for (const [index, { dataId, shape, dtype }] of outputs.entries()) {
      const values = (results[index] as tf.Tensor).dataSync().slice();
      const references = this.backend.refCount(dataId);
      this.backend.disposeData(dataId, true);
      this.backend.move(dataId, values, shape, dtype, references);
      this.wrong.delete(dataId);
    }
    tf.dispose(results);
  }

  private hold(tensor: tf.TensorInfo): void {
    const { dataId } = tensor;
    if (!this.handles.has(dataId)) {
      this.backend.incRef(dataId);
      this.handles.set(dataId, tf.keep(tf.engine().makeTensorFromTensorInfo(tensor)));
    }
  }
}

function infoOf({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId, shape, dtype };
}

/** All stand-ins are views of it. Memory that nobody writes to takes no room. */
let memory = new ArrayBuffer(0);

function zeros({ shape, dtype }: ResultType): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const bytes = size * Float32Array.BYTES_PER_ELEMENT;
  if (memory.byteLength < bytes) {
    memory = new ArrayBuffer(bytes);
  }
  const Values = dtype === 'bool' ? Uint8Array : Float32Array;
  return tf.tensor(new Values(memory, 0, size), shape, dtype);
}
