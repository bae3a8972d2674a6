/**
 * Masks: which steps of a sequence count.
 *
 * tfjs hands the mask of a layer's input over in the options of the call, which all layers of a model
 * share, and hands none into or out of a model in a model. Here a mask goes with its tensor, as in
 * Keras 3; tfjs has the property for it, and disposes the mask with the tensor.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, prototypeOf, unnumbered } from '../tfjsInternals';

type Mask = tf.Tensor | null | undefined;
/** tfjs's declaration does not say that there may be no mask. */
type ComputeMask = (inputs: tf.Tensor | tf.Tensor[], mask?: Mask | Mask[]) => Mask | Mask[];

interface MaskingLayer extends Pick<tf.layers.Layer, 'apply'> {
  computeMask: ComputeMask;
  setMaskMetadata(): void;
}

interface MergingLayer extends Pick<tf.layers.Layer, 'name' | 'getClassName'> {
  axis?: number;
  computeMask: ComputeMask;
}

/** The mask that others are copies of. */
const originals = new WeakMap<tf.Tensor, tf.Tensor>();

/** Masks of merged values whose masks differed: Keras 2 and Keras 3 disagree about these. */
const disputed = new WeakSet<tf.Tensor>();

/** Which steps of a layer's output count, `[rows, steps]`; undefined if all do. */
export function maskOf({ kerasMask }: tf.Tensor): tf.Tensor | undefined {
  return kerasMask;
}

function originalOf(mask: tf.Tensor): tf.Tensor {
  return originals.get(mask) ?? mask;
}

function isDisputed(mask: tf.Tensor): boolean {
  return disputed.has(originalOf(mask));
}

function setMask(value: tf.Tensor, mask: Mask): void {
  const { kerasMask: before } = value;
  if (mask) {
    const copy = tf.keep(tf.clone(mask));
    originals.set(copy, originalOf(mask));
    value.kerasMask = copy;
  } else {
    Reflect.deleteProperty(value, 'kerasMask');
  }
  before?.dispose();
}

const layers = tf.layers.Layer.prototype as unknown as MaskingLayer;
const { apply } = layers;

layers.apply = function (this: tf.layers.Layer, inputs, options: { mask?: tf.Tensor } = {}) {
  const values = [inputs].flat().filter((input) => input instanceof tf.Tensor);
  const [first] = values;
  if (!first) {
    return apply.call(this, inputs, options);
  }
  // A mask that a caller gives; those of a model's layers are with their tensors already.
  const given = first.kerasMask ? undefined : options.mask;
  if (given) {
    setMask(first, given);
  }
  try {
    const masks = values.map(maskOf);
    refuseDisputed(this, masks);
    if (this instanceof tf.LayersModel) {
      // Its layers find the masks with the tensors, and set those of its outputs.
      Reflect.deleteProperty(options, 'mask');
      return apply.call(this, inputs, options);
    }
    options.mask = masks[0] as tf.Tensor;
    const outputs = apply.call(this, inputs, options);
    setMasks(this, values, masks, [outputs].flat() as tf.Tensor[]);
    return outputs;
  } finally {
    Reflect.deleteProperty(options, 'mask');
    if (given) {
      setMask(first, null);
    }
  }
};

function setMasks(
  layer: tf.layers.Layer,
  inputs: tf.Tensor[],
  masks: Mask[],
  outputs: tf.Tensor[],
): void {
  tf.tidy(() => {
    const { computeMask } = layer as unknown as MaskingLayer;
    const { supportsMasking } = internals(layer);
    const made = supportsMasking ? [computeMask.call(layer, inputs, masks)].flat() : [];
    for (const [index, output] of outputs.entries()) {
      setMask(output, made.length === outputs.length ? made[index] : made[0]);
    }
  });
}

// What tfjs has begun of this, without the masks of the inputs.
layers.setMaskMetadata = () => undefined;

/** Whether what a layer gives has no mask; it may go by one itself. */
function endsMask(layer: tf.layers.Layer): boolean {
  const { supportsMasking, returnSequences } = internals(layer);
  const isMean = layer.getClassName() === 'GlobalAveragePooling1D';
  return !supportsMasking || returnSequences === false || isMean;
}

/** Whether steps of a value may be masked: it comes from an Embedding with `maskZero`, or from Masking. */
export const carriesMask = noted(
  ({ sourceLayer }) =>
    sourceLayer.getClassName() === 'Masking' || internals(sourceLayer).maskZero === true,
);

/** Whether a value in a model may be masked if the model's inputs are. */
const handsMaskOn = noted(({ sourceLayer }) => sourceLayer.getClassName() === 'InputLayer');

type Property = (value: tf.SymbolicTensor) => boolean;

/** Noted, as in a network with branches many paths lead to a value. */
function noted(begins: Property): Property {
  const known = new WeakMap<tf.SymbolicTensor, boolean>();
  const has: Property = (value) => {
    const found = known.get(value) ?? (begins(value) || comesThrough(value, has));
    known.set(value, found);
    return found;
  };
  return has;
}

function comesThrough({ sourceLayer, inputs }: tf.SymbolicTensor, has: Property): boolean {
  if (!(sourceLayer instanceof tf.LayersModel)) {
    return !endsMask(sourceLayer) && inputs.some(has);
  }
  const { outputs } = sourceLayer;
  return outputs.some(carriesMask) || (inputs.some(has) && outputs.some(handsMaskOn));
}

function refuseDisputed(layer: tf.layers.Layer, masks: Mask[]): void {
  if (masks.some((mask) => mask && isDisputed(mask)) && goesByMask(layer)) {
    throw new Error(
      `The layer "${layer.name}" (${layer.getClassName()}) goes by the mask of ${differingMasks} Put ` +
        'such layers before the merging, or give all inputs the same mask.',
    );
  }
}

/** @throws Error if it is not certain which steps count. */
export function requireOneMask(mask: tf.Tensor): void {
  if (isDisputed(mask)) {
    throw new Error(
      `The loss would go by the mask of ${differingMasks} Give all inputs the same mask.`,
    );
  }
}

const differingMasks =
  'merged inputs that had different masks, or some of them none. That is not supported: Keras 2 and ' +
  'Keras 3 differ in it.';

/** Whether what the layer computes depends on the mask; others only pass it on. */
function goesByMask(layer: tf.layers.Layer): boolean {
  const { returnSequences } = internals(layer);
  const passOn: unknown[] = [layers.computeMask, mergeMasks, concatenateMasks];
  return (
    !(layer instanceof tf.LayersModel) &&
    (returnSequences !== undefined || !passOn.includes(layer.computeMask))
  );
}

const merging = Object.getPrototypeOf(
  prototypeOf(tf.layers.add({ name: unnumbered })),
) as MergingLayer;
const concatenating = prototypeOf<MergingLayer>(tf.layers.concatenate({ name: unnumbered }));
const { computeMask: concatenatedMask } = concatenating;

/** Of these, Keras 3 leaves out the values that are masked. */
const leavingOut = ['Multiply', 'Maximum', 'Minimum'];

function mergeMasks(this: MergingLayer, _: tf.Tensor | tf.Tensor[], mask?: Mask | Mask[]): Mask {
  const masks = [mask].flat();
  const first = masks.find((one) => one != null);
  if (!first || masks.every((one) => one && originalOf(one) === originalOf(first))) {
    return first;
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
): Mask {
  const { axis = -1 } = this;
  const [{ rank }] = [inputs].flat() as [tf.Tensor];
  const areKnown = [mask].flat().every((one) => one != null && !isDisputed(one));
  return areKnown && axis !== -1 && axis !== rank - 1
    ? (concatenatedMask.call(this, inputs, mask) as Mask)
    : mergeMasks.call(this, inputs, mask);
}

merging.computeMask = mergeMasks;
concatenating.computeMask = concatenateMasks;
