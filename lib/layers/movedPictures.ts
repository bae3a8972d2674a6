/** Pictures turned, enlarged or shifted, each in a way of its own. */
import { callOperation, string, type } from '../native/attributes';
import { DT_FLOAT } from '../native/backend';
import * as tf from '../tensorflow';

/** A number for all pictures, or one for each, `[batch, 1]`. */
type Entry = number | tf.Tensor;

/**
 * Where the pixels of pictures come from: `x` and `y`, counted from the centre to the right and
 * down, times these factors, and moved by the shift.
 */
export interface Movement {
  x: [ofX: Entry, ofY: Entry];
  y: [ofX: Entry, ofY: Entry];
  shift?: [x: Entry, y: Entry];
}

/** How pixels between others are found, and those outside the picture. */
export interface Filling {
  fillMode: 'reflect' | 'wrap' | 'constant' | 'nearest';
  interpolation: 'bilinear' | 'nearest';
  fillValue: number;
}

/** Pictures, `[batch, height, width, channels]`, whose pixels come from elsewhere in them. */
export function moved(pictures: tf.Tensor4D, movement: Movement, filling: Filling): tf.Tensor {
  return tf.tidy(() => transformed(pictures, matrices(pictures, movement), filling));
}

/** Eight numbers for each picture, counted from its first pixel, as TensorFlow takes them. */
function matrices(pictures: tf.Tensor4D, { x, y, shift = [0, 0] }: Movement): tf.Tensor {
  const [batch, height, width] = pictures.shape;
  const column = (entry: Entry) => (typeof entry === 'number' ? tf.fill([batch, 1], entry) : entry);
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const row = ([ofX, ofY]: Entry[], centre: number, by: Entry) => {
    const [a, b] = [column(ofX as Entry), column(ofY as Entry)];
    const origin = tf.add(tf.mul(a, -centreX), tf.mul(b, -centreY));
    return [a, b, tf.add(tf.add(origin, centre), by)];
  };
  const entries = [...row(x, centreX, shift[0]), ...row(y, centreY, shift[1])];
  return tf.concat([...entries, tf.zeros([batch, 2])], 1);
}

/**
 * TensorFlow's gradient is taken, too: it moves the gradient back, and interpolates there, which is
 * not quite what interpolating pixels adds up to.
 */
function transformed(pictures: tf.Tensor, transforms: tf.Tensor, filling: Filling): tf.Tensor {
  const differentiable = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([transforms]);
    return {
      value: projected(input as tf.Tensor, transforms, filling),
      gradFunc: (upstream, saved: tf.Tensor[]) =>
        transformed(upstream, inverse(saved[0] as tf.Tensor), { ...filling, fillValue: 0 }),
    };
  });
  return differentiable(pictures);
}

function projected(
  pictures: tf.Tensor,
  transforms: tf.Tensor,
  { fillMode, fillValue, interpolation }: Filling,
): tf.Tensor {
  return tf.tidy(() => {
    const size = tf.tensor1d(pictures.shape.slice(1, 3), 'int32');
    const attributes = {
      dtype: type(DT_FLOAT),
      fill_mode: string(fillMode.toUpperCase()),
      interpolation: string(interpolation.toUpperCase()),
    };
    const inputs = [pictures, transforms, size, tf.scalar(fillValue)];
    return callOperation('ImageProjectiveTransformV3', attributes, inputs);
  });
}

/** The movements back. */
function inverse(transforms: tf.Tensor): tf.Tensor {
  const [a, b, c, d, e, f, ...zeros] = tf.split(transforms, 8, 1) as [
    ...[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
    ...tf.Tensor[],
  ];
  const difference = (p: tf.Tensor, q: tf.Tensor, r: tf.Tensor, s: tf.Tensor) =>
    tf.sub(tf.mul(p, q), tf.mul(r, s));
  const first = [e, tf.neg(b), difference(b, f, c, e)];
  const second = [tf.neg(d), a, difference(c, d, a, f)];
  const entries = tf.concat([...first, ...second], 1);
  return tf.concat([tf.div(entries, difference(a, e, b, d)), ...zeros], 1);
}
