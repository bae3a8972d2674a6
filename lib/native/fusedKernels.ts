/** TensorFlow's kernels that compute an operation together with the bias and the activation after it. */
import { type Attributes, int, string, strings, type, types } from './attributes';
import { DT_FLOAT, nativeBackend } from './backend';
import { constant, graphValue } from './graphNode';
import { writeSavedModel } from './savedModel';
import { Session } from './session';

/** Such a kernel, and its attributes beside those of the operation alone. */
interface FusedKernel {
  op: string;
  attributes: Attributes;
  isAvailable(): boolean;
}

/** By the operation alone. */
export const FUSED_KERNELS: Record<string, FusedKernel> = {
  Conv2D: {
    op: '_FusedConv2D',
    attributes: { TArgs: types([DT_FLOAT]) },
    isAvailable: isNew,
  },
  DepthwiseConv2dNative: {
    op: '_FusedDepthwiseConv2dNative',
    attributes: {},
    isAvailable: () => isNew() && hasDepthwise(),
  },
  MatMul: { op: '_FusedMatMul', attributes: {}, isAvailable: isNew },
};

/**
 * tfjs-node's own TensorFlow, 2.9, has these kernels in another form. There Grappler, its optimiser of
 * graphs, finds what can be fused; in newer ones it is switched off.
 */
function isNew(): boolean {
  return !nativeBackend().binding.TF_Version.startsWith('2.9.');
}

let depthwise: boolean | undefined;

/** Only oneDNN has this kernel, and whether TensorFlow uses oneDNN can only be found out by trying. */
function hasDepthwise(): boolean {
  depthwise ??= runsDepthwise();
  return depthwise;
}

function runsDepthwise(): boolean {
  const one = (...shape: number[]) =>
    constant({ dtype: DT_FLOAT, shape, bytes: new Uint8Array(Float32Array.of(1).buffer) });
  const attributes = {
    T: type(DT_FLOAT),
    strides: int([1, 1, 1, 1]),
    padding: string('VALID'),
    num_args: int(1),
    fused_ops: strings(['BiasAdd']),
  };
  const inputs = [one(1, 1, 1, 1), one(1, 1, 1, 1), one(1)];
  const { node } = graphValue('_FusedDepthwiseConv2dNative', inputs, attributes);
  const { bytes, nameOf } = writeSavedModel([node]);
  const session = new Session(bytes);
  try {
    session.runOnly('', [], `${nameOf.get(node)}:0`);
    return true;
  } catch {
    return false;
  } finally {
    session.dispose();
  }
}
