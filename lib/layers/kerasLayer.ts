/** What the layers of this folder have in common. */

import * as tf from '../tensorflow';
import { declareKnownCode } from '../training/runners/modelCode';

/** Options that every layer of tfjs has: its name, whether it is trained, the shape of its input. */
export interface LayerOptions {
  /** The layer's name; tfjs makes one up otherwise. */
  name?: string;
  /** Whether training changes the layer's weights; true if left out. */
  trainable?: boolean;
  /** For the first layer of a Sequential: the shape of one sample. */
  inputShape?: (number | null)[];
}

/** A shape of tfjs; null where any size goes. */
export type Shape = (number | null)[];

/** How tfjs calls a layer. */
export interface CallOptions {
  /** Whether the model is being trained. */
  training?: boolean;
  /** Which steps of the input count, `[batch, steps]`; none if all do. */
  mask?: tf.Tensor | null;
}

/** A layer whose options are its configuration. */
export abstract class KerasLayer<Options extends object> extends tf.layers.Layer {
  /** The options, with Keras's defaults where nothing was given. */
  protected readonly options: Options;

  constructor(given: LayerOptions, options: Options) {
    super(given as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.options = options;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.options as tf.serialization.ConfigDict) };
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor | tf.Tensor[] {
    return tf.tidy(() => this.compute(onlyTensor(inputs), options));
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.shapeAfter(onlyShape(inputShape));
  }

  /** The layer's output for one input. */
  protected abstract compute(input: tf.Tensor, options: CallOptions): tf.Tensor;

  /** The shape of the output, as that of the input unless a layer says otherwise. */
  protected shapeAfter(inputShape: Shape): Shape {
    return inputShape;
  }
}

const classesOfTfjs = new Set(Object.keys(tf.serialization.SerializationMap.getMap().classNameMap));

/** Classes of layers, and activations, that tfjs lacks, or that compute something else there. */
export const ownClasses = new Set<string>(['CenterCrop', 'Resizing']);

/**
 * What of a layer tfjs alone, in a browser for example, does not compute, or computes otherwise, in
 * words; undefined if it is as here.
 */
export function lackedByTfjs(layer: tf.layers.Layer): string | undefined {
  const className = layer.getClassName();
  if (ownClasses.has(className)) {
    return 'the layer';
  }
  const config = layer.getConfig();
  if (config.activityRegularizer) {
    return 'activityRegularizer';
  }
  const activation = [config.activation, config.recurrentActivation].find((name) =>
    ownClasses.has(String(name)),
  );
  if (activation !== undefined) {
    return `the activation ${activation}`;
  }
  const differs = Object.entries(optionsLackedByTfjs[className] ?? {}).find(([option, known]) =>
    [config[option] ?? known].flat().some((value) => value !== known),
  );
  return differs && `${differs[0]} = ${JSON.stringify(config[differs[0]])}`;
}

const keepdims = { keepdims: false };

/** Options of tfjs's layers that only the classes here have, with the value that tfjs computes. */
const optionsLackedByTfjs: Record<string, tf.serialization.ConfigDict> = {
  Conv1D: { groups: 1 },
  Conv2D: { groups: 1 },
  Conv2DTranspose: { outputPadding: null },
  Conv3D: { groups: 1 },
  Conv3DTranspose: { outputPadding: null },
  DepthwiseConv2D: { dilationRate: 1 },
  ELU: { alpha: 1 },
  GRU: { resetAfter: false },
  GlobalAveragePooling1D: keepdims,
  GlobalAveragePooling2D: keepdims,
  GlobalMaxPooling1D: keepdims,
  GlobalMaxPooling2D: keepdims,
  ReLU: { negativeSlope: 0, threshold: 0 },
  UpSampling2D: { interpolation: 'nearest' },
};

/**
 * Makes a class known to files, in the place of tfjs's own of that name if it has one, and to
 * compiled training as one that reads nothing but its own properties.
 */
export function registerLayer(
  layerClass: abstract new (...options: never[]) => tf.layers.Layer,
): void {
  const { className } = layerClass as unknown as { className: string };
  if (!classesOfTfjs.has(className)) {
    ownClasses.add(className);
  }
  tf.serialization.registerClass(
    layerClass as unknown as tf.serialization.SerializableConstructor<tf.layers.Layer>,
  );
  declareKnownCode(layerClass);
}

/**
 * The class of a layer. tfjs exports functions that make layers, but not their classes.
 *
 * @typeParam Instance the class's instances, with the members that a class derived from it uses
 */
export function classOf<Instance extends tf.layers.Layer>(
  layer: tf.layers.Layer,
): new (
  options: object,
) => Instance {
  return layer.constructor as new (
    options: object,
  ) => Instance;
}

/**
 * Refuses the value of a layer's option.
 *
 * @param rule What the value must be, in words.
 * @throws Error always, which names the layer.
 */
export function refuseOption(
  layer: tf.layers.Layer,
  option: string,
  value: unknown,
  rule: string,
): never {
  throw new Error(
    `The layer "${layer.name}" (${layer.getClassName()}) has ${option} = ${JSON.stringify(value)}, ` +
      `which is not supported; it must be ${rule}.`,
  );
}

/** The one input of a layer. */
export function onlyTensor(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
}

/** The shape of the one input of a layer. */
export function onlyShape(shape: Shape | Shape[]): Shape {
  return Array.isArray(shape[0]) ? shape[0] : (shape as Shape);
}

/** A number for each of some dimensions, as Keras takes it: one number stands for all. */
export function perDimension(value: number | number[], dimensions: number): number[] {
  return typeof value === 'number' ? Array<number>(dimensions).fill(value) : [...value];
}
