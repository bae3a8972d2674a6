/**
 * What tfjs makes of masks: which steps of a sequence count.
 *
 * It hands the mask of a layer's input over in the options of the call, which all layers of a model
 * share, and leaves it there: a layer whose inputs have no mask would go by that of another. And it
 * merges masks wrongly.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, prototypeOf, unnumbered } from '../tfjsInternals';

type Mask = tf.Tensor | null | undefined;
/** tfjs's declaration does not say that there may be no mask. */
type ComputeMask = (inputs: tf.Tensor | tf.Tensor[], mask?: Mask | Mask[]) => tf.Tensor | null;

interface MergingLayer extends Pick<tf.layers.Layer, 'name' | 'getClassName'> {
  axis?: number;
  computeMask: ComputeMask;
}

/** Masks of merged values whose masks differed: Keras 2 and Keras 3 disagree about these. */
const disputed = new WeakSet<tf.Tensor>();

/** How many models around the layer that is called were given a mask, which only the options hold. */
let givenMasks = 0;

/** Has calls of layers of a class end the mask. */
export function endMasks(prototype: Pick<tf.layers.Layer, 'apply'>): void {
  const { apply } = prototype;
  prototype.apply = function (this: tf.layers.Layer, inputs, options) {
    const mask = options?.mask as Mask;
    refuseDisputed(this, mask);
    const given = this instanceof tf.LayersModel && mask ? 1 : 0;
    givenMasks += given;
    try {
      return apply.call(this, inputs, options);
    } finally {
      givenMasks -= given;
      if (options && (givenMasks === 0 || endsMask(this))) {
        Reflect.deleteProperty(options, 'mask');
      }
    }
  };
}

/** Whether what a layer gives has no mask; it may go by one itself. */
function endsMask(layer: tf.layers.Layer): boolean {
  const { supportsMasking, returnSequences } = internals(layer);
  const isMean = layer.getClassName() === 'GlobalAveragePooling1D';
  // Layers in a model know themselves whether they end it.
  return (
    !(layer instanceof tf.LayersModel) && (!supportsMasking || returnSequences === false || isMean)
  );
}

endMasks(tf.layers.Layer.prototype);

const masked = new WeakMap<tf.SymbolicTensor, boolean>();

/** Whether steps of a value may be masked: it comes from an Embedding with `maskZero`, or from Masking. */
export function carriesMask(value: tf.SymbolicTensor): boolean {
  // Noted, as in a network with branches many paths lead to a value.
  const carries = masked.get(value) ?? getsMask(value);
  masked.set(value, carries);
  return carries;
}

function getsMask({ sourceLayer, inputs }: tf.SymbolicTensor): boolean {
  if (sourceLayer instanceof tf.LayersModel) {
    return sourceLayer.outputs.some(carriesMask);
  }
  return (
    sourceLayer.getClassName() === 'Masking' ||
    internals(sourceLayer).maskZero === true ||
    (!endsMask(sourceLayer) && inputs.some(carriesMask))
  );
}

function refuseDisputed(layer: tf.layers.Layer, mask: Mask): void {
  if (mask && disputed.has(mask) && goesByMask(layer)) {
    throw new Error(
      `The layer "${layer.name}" (${layer.getClassName()}) goes by the mask of ${differingMasks} Put ` +
        'such layers before the merging, or give all inputs the same mask.',
    );
  }
}

const differingMasks =
  'merged inputs that had different masks, or some of them none. That is not supported: Keras 2 and ' +
  'Keras 3 differ in it.';

/** Whether what the layer computes depends on the mask; others only pass it on. */
function goesByMask(layer: tf.layers.Layer): boolean {
  const { returnSequences } = internals(layer);
  const passOn: unknown[] = [tf.layers.Layer.prototype.computeMask, mergeMasks, concatenateMasks];
  return returnSequences !== undefined || !passOn.includes(layer.computeMask);
}

const merging = Object.getPrototypeOf(
  prototypeOf(tf.layers.add({ name: unnumbered })),
) as MergingLayer;
const concatenating = prototypeOf<MergingLayer>(tf.layers.concatenate({ name: unnumbered }));
const { computeMask: concatenatedMask } = concatenating;

/** Of these, Keras 3 leaves out the values that are masked. */
const leavingOut = ['Multiply', 'Maximum', 'Minimum'];

function mergeMasks(
  this: MergingLayer,
  _: tf.Tensor | tf.Tensor[],
  mask?: Mask | Mask[],
): tf.Tensor | null {
  const masks = [mask].flat();
  const first = masks.find((one) => one != null);
  if (!first || masks.every((one) => one === first)) {
    return first ?? null;
  }
  if (leavingOut.includes(this.getClassName())) {
    throw new Error(
      `The layer "${this.name}" (${this.getClassName()}) would go by the masks of ${differingMasks} ` +
        'Give all inputs the same mask.',
    );
  }
  const merged = tf.clone(first);
  disputed.add(merged);
  return merged;
}

function concatenateMasks(
  this: MergingLayer,
  inputs: tf.Tensor | tf.Tensor[],
  mask?: Mask | Mask[],
): tf.Tensor | null {
  const { axis = -1 } = this;
  const [{ rank }] = [inputs].flat() as [tf.Tensor];
  const areKnown = [mask].flat().every((one) => one != null && !disputed.has(one));
  return areKnown && axis !== -1 && axis !== rank - 1
    ? concatenatedMask.call(this, inputs, mask)
    : mergeMasks.call(this, inputs, mask);
}

merging.computeMask = mergeMasks;
concatenating.computeMask = concatenateMasks;

/**
 * The mean of each channel over the steps that count.
 *
 * @param sequences `[batch, steps, channels]`.
 * @param mask `[batch, steps]`; all steps count without one.
 * @param keepdims whether the steps stay as a dimension of 1.
 */
export function meanOfSteps(sequences: tf.Tensor, mask: Mask, keepdims = false): tf.Tensor {
  if (!mask) {
    return tf.mean(sequences, 1, keepdims);
  }
  const weights = tf.expandDims(tf.cast(mask, 'float32'), 2);
  return tf.div(tf.sum(tf.mul(sequences, weights), 1, keepdims), tf.sum(weights, 1, keepdims));
}

interface MaskedLayer {
  call(inputs: tf.Tensor | tf.Tensor[], options: { mask?: Mask }): tf.Tensor;
  computeMask: ComputeMask;
}

/**
 * What Keras 3 gives for the steps that do not count, where all inputs have the same mask.
 *
 * @param ofMasked makes it of the first input.
 */
function correctMasked(made: tf.layers.Layer, ofMasked: (first: tf.Tensor) => tf.Tensor): void {
  const layer = prototypeOf<MaskedLayer>(made);
  const { call } = layer;
  layer.call = function (inputs, options) {
    const { mask } = options;
    return tf.tidy(() => {
      const result = call.call(this, inputs, options);
      if (!mask) {
        return result;
      }
      const shape = result.shape.map((size, axis) => (axis < mask.rank ? size : 1));
      return tf.where(tf.reshape(mask, shape), result, ofMasked([inputs].flat()[0] as tf.Tensor));
    });
  };
}

correctMasked(tf.layers.multiply({ name: unnumbered }), (first) => tf.zerosLike(first));
correctMasked(tf.layers.maximum({ name: unnumbered }), (first) => first);
correctMasked(tf.layers.minimum({ name: unnumbered }), (first) => first);

const averaging = prototypeOf<MaskedLayer>(tf.layers.globalAveragePooling1d({ name: unnumbered }));
averaging.call = (inputs, { mask }) =>
  tf.tidy(() => meanOfSteps([inputs].flat()[0] as tf.Tensor, mask));
averaging.computeMask = () => null;

/** In Keras these heed masks, or pass them on. tfjs's constructors set the property to false. */
for (const prototype of [
  averaging,
  prototypeOf(tf.layers.elu({ name: unnumbered })),
  prototypeOf(tf.layers.leakyReLU({ name: unnumbered })),
  prototypeOf(tf.layers.rescaling({ name: unnumbered, scale: 1 })),
]) {
  Object.defineProperty(prototype, 'supportsMasking', { get: () => true, set: () => undefined });
}
