/** What can be told of a loaded model's layers only when the shapes of their inputs are known. */
import type * as tf from '../tensorflow';
import { layersOfModel } from './layerStructure';

interface LayerWithAxis {
  axis?: number | number[];
}

/** Layers that tfjs computes along the last axis only. */
const lastAxisOnly = ['BatchNormalization'];

/**
 * Makes the axes of a loaded model's layers mean in tfjs what they mean in Keras.
 * Throws if a layer works along an axis for which tfjs has no computation.
 */
export function settleAxes(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    if (layersOfModel(layer)) {
      settleAxes(layer as unknown as tf.LayersModel);
    } else if (layer.inboundNodes.length > 0) {
      settleAxis(layer);
    }
  }
}

function settleAxis(layer: tf.layers.Layer): void {
  const { axis } = layer as LayerWithAxis;
  const shapes = layer.inboundNodes[0]?.inputShapes as (number | null)[][] | undefined;
  const rank = shapes?.[0]?.length;
  if (typeof axis !== 'number' || rank === undefined) {
    return;
  }
  const fromFront = axis < 0 ? rank + axis : axis;
  const className = layer.getClassName();
  if (lastAxisOnly.includes(className) && fromFront !== rank - 1) {
    throw new Error(
      `the layer "${layer.name}" (${className}) has axis = ${axis} for an input of ${rank} ` +
        `dimensions, which is not supported; only the last axis, ${rank - 1}, is.`,
    );
  }
  if (className === 'Concatenate') {
    // tfjs takes every negative axis for the last one.
    Object.assign(layer, { axis: fromFront });
  }
}
