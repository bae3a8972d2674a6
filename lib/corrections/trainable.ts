/**
 * Freezing. As in Keras, a layer hands `trainable` on to the layers in it, where tfjs's models and
 * recurrent layers keep it to themselves: batch normalisation in a frozen model went on with the averages
 * of its batches, and a frozen model came back unfrozen from a file. And as in Keras 3, a layer that is
 * thawed in a frozen model is trained. See https://keras.io/guides/transfer_learning/.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals } from '../tfjsInternals';
import { bidirectional } from './bidirectional';
import { partsOf } from './partsOf';

type Property = PropertyDescriptor & ThisType<tf.layers.Layer>;

const layer = tf.layers.Layer.prototype;
const container = Object.getPrototypeOf(tf.LayersModel.prototype) as tf.LayersModel;
const trainable = Object.getOwnPropertyDescriptor(layer, 'trainable') as Property;

/** A Sequential makes a model of its layers, and sets the property of that to its own. */
let isBuilding = false;

const handedOn: Property = {
  ...trainable,
  set(value: boolean) {
    trainable.set?.call(this, value);
    for (const part of isBuilding ? [] : partsOf(internals(this))) {
      part.trainable = value;
    }
  },
};
Object.defineProperty(layer, 'trainable', handedOn);
Object.defineProperty(container, 'trainable', handedOn);

const { build } = tf.Sequential.prototype;
tf.Sequential.prototype.build = function (inputShape) {
  isBuilding = true;
  try {
    build.call(this, inputShape);
  } finally {
    isBuilding = false;
  }
};

for (const which of ['trainableWeights', 'nonTrainableWeights'] as const) {
  const ofParts: PropertyDescriptor & ThisType<tf.LayersModel> = {
    configurable: true,
    get() {
      return this.layers.flatMap((part) => part[which]);
    },
  };
  Object.defineProperty(container, which, ofParts);
}

/** What is not trained in any case, such as the averages of batch normalisation. */
function averagesOf(one: tf.layers.Layer): tf.LayerVariable[] {
  const inside = internals(one);
  return [...inside._nonTrainableWeights, ...partsOf(inside).flatMap(averagesOf)];
}

/** In an order that does not depend on what is frozen: `setWeights` takes what `getWeights` gave before. */
const weights: PropertyDescriptor & ThisType<tf.LayersModel> = {
  configurable: true,
  get() {
    const all = this.layers.flatMap((part) => part.weights);
    const averages = new Set(this.layers.flatMap(averagesOf));
    return [
      ...all.filter((weight) => !averages.has(weight)),
      ...all.filter((weight) => averages.has(weight)),
    ];
  },
};
Object.defineProperty(container, 'weights', weights);

type LayerClass = tf.serialization.SerializableConstructor<tf.layers.Layer>;

const bidirectionalClass = bidirectional.constructor as unknown as LayerClass;
const { fromConfig } = bidirectionalClass;

/** tfjs does not read it there. */
bidirectionalClass.fromConfig = ((layerClass: LayerClass, config: tf.serialization.ConfigDict) => {
  const made = fromConfig(layerClass, config) as tf.layers.Layer;
  if (config.trainable === false) {
    made.trainable = false;
  }
  return made;
}) as LayerClass['fromConfig'];
tf.serialization.registerClass(bidirectionalClass);
