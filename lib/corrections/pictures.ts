/**
 * Layers that resize and crop pictures. tfjs's Resizing forgets the batch in the shape it gives, takes
 * the corners of pixels for their centres, and does not crop; its CenterCrop takes other pixels than
 * those in the middle, and distorts pictures that are too small.
 */
import * as tf from '@tensorflow/tfjs-node';
import { prototypeOf, unnumbered } from '../tfjsInternals';

type Shape = (number | null)[];

/** The size that pictures are to have, and how they come to it. */
export interface Fit {
  height: number;
  width: number;
  interpolation?: 'nearest' | 'bilinear';
  cropToAspectRatio?: boolean;
  padToAspectRatio?: boolean;
  fillValue?: number;
}

interface FittingLayer extends Fit, tf.layers.Layer {}

/**
 * What a layer makes of its pictures, `[batch, height, width, channels]`, or of a single one without
 * the batch.
 *
 * @throws Error that names the layer, if they are no such pictures.
 */
export function withPictures(
  layer: tf.layers.Layer,
  inputs: tf.Tensor | tf.Tensor[],
  compute: (pictures: tf.Tensor4D) => tf.Tensor,
): tf.Tensor {
  const input = [inputs].flat()[0] as tf.Tensor;
  checkShape(layer, input.shape);
  if (input.dtype !== 'float32') {
    throw new Error(
      `The layer "${layer.name}" (${layer.getClassName()}) takes pictures of float32 numbers, not of ` +
        `${input.dtype}: convert them with tf.cast before.`,
    );
  }
  return tf.tidy(() =>
    input.rank === 4
      ? compute(input as tf.Tensor4D)
      : tf.squeeze(compute(tf.expandDims(input)), [0]),
  );
}

/** Throws an error that names the layer, if a shape is not that of pictures or of a picture. */
export function checkShape(layer: tf.layers.Layer, shape: Shape): void {
  if (shape.length !== 3 && shape.length !== 4) {
    throw new Error(
      `The layer "${layer.name}" (${layer.getClassName()}) takes pictures, [batch, height, width, ` +
        `channels], or one, [height, width, channels], not the shape [${shape.map(String).join(', ')}].`,
    );
  }
}

function fittedShape(this: FittingLayer, inputShape: Shape | Shape[]): Shape {
  const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
  checkShape(this, shape);
  return [...shape.slice(0, -3), this.height, this.width, shape.at(-1) ?? null];
}

const resizing = prototypeOf<FittingLayer>(
  tf.layers.resizing({ height: 1, width: 1, name: unnumbered }),
);
resizing.computeOutputShape = fittedShape;
resizing.call = function (inputs) {
  return withPictures(this, inputs, (pictures) => {
    if (this.cropToAspectRatio) {
      return resized(cropped(pictures, this), this);
    }
    return resized(this.padToAspectRatio ? padded(pictures, this) : pictures, this);
  });
};

const centerCrop = prototypeOf<FittingLayer>(
  tf.layers.centerCrop({ height: 1, width: 1, name: unnumbered }),
);
centerCrop.computeOutputShape = fittedShape;
centerCrop.call = function (inputs) {
  return withPictures(this, inputs, (pictures) => {
    const [, height, width] = pictures.shape;
    return height >= this.height && width >= this.width
      ? middle(pictures, this)
      : resized(cropped(pictures, this), this);
  });
};

function resized(pictures: tf.Tensor4D, { height, width, interpolation }: Fit): tf.Tensor4D {
  const { resizeBilinear, resizeNearestNeighbor } = tf.image;
  const resize = interpolation === 'nearest' ? resizeNearestNeighbor : resizeBilinear;
  return resize(pictures, [height, width], false, true);
}

/** The largest part in the middle that has the proportions of the size. */
function cropped(pictures: tf.Tensor4D, fit: Fit): tf.Tensor4D {
  const [, height, width] = pictures.shape;
  const proportional = inProportion(pictures, fit);
  const smaller = (size: number, other: number) => Math.max(Math.min(size, other), 1);
  return middle(pictures, {
    height: smaller(height, proportional.height),
    width: smaller(width, proportional.width),
  });
}

/** Borders that give pictures the proportions of the size; an odd pixel is left out, as in Keras. */
function padded(pictures: tf.Tensor4D, fit: Fit): tf.Tensor4D {
  const [, height, width] = pictures.shape;
  const proportional = inProportion(pictures, fit);
  const border = (size: number, wanted: number): [number, number] => {
    const half = Math.floor(Math.max(wanted - size, 0) / 2);
    return [half, half];
  };
  const borders = [border(height, proportional.height), border(width, proportional.width)] as const;
  return tf.pad(pictures, [[0, 0], ...borders, [0, 0]], fit.fillValue ?? 0);
}

/** The height that belongs to the pictures' width in the proportions of the size, and the reverse. */
function inProportion(pictures: tf.Tensor4D, fit: Fit): Fit {
  const [, height, width] = pictures.shape;
  return {
    height: Math.floor((width * fit.height) / fit.width),
    width: Math.floor((height * fit.width) / fit.height),
  };
}

function middle(pictures: tf.Tensor4D, { height, width }: Fit): tf.Tensor4D {
  const [batch, allRows, allColumns, channels] = pictures.shape;
  const begin = [0, Math.floor((allRows - height) / 2), Math.floor((allColumns - width) / 2), 0];
  return tf.slice(pictures, begin, [batch, height, width, channels]);
}
