/** What can be told of a loaded model's layers only when the shapes of their inputs are known. */
import type * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import { layersOfModel } from './layerStructure';

/** Counts the axis of a loaded model's concatenations from the front. */
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
  const { axis } = internals(layer);
  const shapes = layer.inboundNodes[0]?.inputShapes as (number | null)[][] | undefined;
  const rank = shapes?.[0]?.length;
  if (typeof axis !== 'number' || rank === undefined) {
    return;
  }
  if (layer.getClassName() === 'Concatenate' && axis < 0) {
    // tfjs in a browser takes every negative axis for the last one.
    Object.assign(layer, { axis: rank + axis });
  }
}
