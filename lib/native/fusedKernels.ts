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
  /** Whether it computes this activation too. */
  takes(activation: string): boolean;
}

const RECTIFIERS = ['Relu', 'Relu6', 'Elu'];
/** The activations that only oneDNN computes together with a product. */
export const SIGMOIDS = ['Sigmoid', 'Tanh'];

/** The activations that some kernel takes. */
export const FUSED_ACTIVATIONS: ReadonlySet<string> = new Set([...RECTIFIERS, ...SIGMOIDS]);

const takesRectifier = (activation: string) => RECTIFIERS.includes(activation);

/** By the operation alone. */
export const FUSED_KERNELS: Record<string, FusedKernel> = {
  Conv2D: {
    op: '_FusedConv2D',
    attributes: { TArgs: types([DT_FLOAT]) },
    isAvailable: isNew,
    takes: takesRectifier,
  },
  DepthwiseConv2dNative: {
    op: '_FusedDepthwiseConv2dNative',
    attributes: {},
    isAvailable: () => isNew() && hasDepthwise(),
    takes: takesRectifier,
  },
  MatMul: {
    op: '_FusedMatMul',
    attributes: {},
    isAvailable: isNew,
    takes: (activation) =>
      takesRectifier(activation) || (SIGMOIDS.includes(activation) && hasSigmoids()),
  },
};

/**
 * tfjs-node's own TensorFlow, 2.9, has these kernels in another form. There Grappler, its optimiser of
 * graphs, finds what can be fused; in newer ones it is switched off.
 */
function isNew(): boolean {
  return !nativeBackend().binding.TF_Version.startsWith('2.9.');
}

// Only oneDNN has the following, and whether TensorFlow uses oneDNN can only be found out by trying.

const hasDepthwise = lazily(() => {
  const attributes = { strides: int([1, 1, 1, 1]), padding: string('VALID') };
  return runs('_FusedDepthwiseConv2dNative', [1, 1, 1, 1], attributes, ['BiasAdd']);
});

/** It has got both of them at once. */
const hasSigmoids = lazily(() => runs('_FusedMatMul', [1, 1], {}, ['BiasAdd', 'Sigmoid']));

/** Computes a value when it is first asked for. */
export function lazily<Value>(compute: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= compute());
}

/** Whether TensorFlow runs a fused kernel, here with inputs of a single number. */
function runs(op: string, shape: number[], own: Attributes, fused: string[]): boolean {
  const bytes = new Uint8Array(Float32Array.of(1).buffer);
  const one = (sizes: number[]) => constant({ dtype: DT_FLOAT, shape: sizes, bytes });
  const attributes = { ...own, T: type(DT_FLOAT), num_args: int(1), fused_ops: strings(fused) };
  const { node } = graphValue(op, [one(shape), one(shape), one([1])], attributes);
  const saved = writeSavedModel([node]);
  const session = new Session(saved.bytes);
  try {
    session.runOnly('', [], `${saved.nameOf.get(node)}:0`);
    return true;
  } catch {
    return false;
  } finally {
    session.dispose();
  }
}
