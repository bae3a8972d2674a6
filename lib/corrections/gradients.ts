/** Gradients that tfjs lacks, or computes without regard to an option. */
import * as tf from '@tensorflow/tfjs-node';
import type { NativeBackend } from '../native/backend';
import { internals } from '../tfjsInternals';
import { correctGradient, correctKernel } from './registrations';

interface Conv3dOptions {
  strides: [number, number, number];
  pad: 'valid' | 'same';
}

/** A transposed convolution over volumes is linear in both inputs. */
tf.registerGradient({
  kernelName: 'Conv3DBackpropInputV2',
  inputsToSave: ['dy', 'filter'],
  gradFunc: (upstream, saved, attributes) => {
    const [dy, filter] = saved as [tf.Tensor5D, tf.Tensor5D];
    const { strides, pad } = attributes as unknown as Conv3dOptions;
    const x = upstream as tf.Tensor5D;
    return {
      dy: () => tf.conv3d(x, filter, strides, pad),
      filter: () =>
        tf
          .engine()
          .runKernel(
            'Conv3DBackpropFilterV2',
            { x, dy },
            { strides, pad, filterShape: filter.shape },
          ),
    };
  },
});

/** tfjs-node leaves `halfPixelCenters` out of the gradients of `tf.image.resizeBilinear` and the other. */
for (const kernelName of ['ResizeBilinearGrad', 'ResizeNearestNeighborGrad']) {
  correctKernel(kernelName, (known) => (call) => {
    const backend = call.backend as unknown as NativeBackend;
    const halfPixelCenters = {
      name: 'half_pixel_centers',
      type: backend.binding.TF_ATTR_BOOL,
      value: call.attrs?.halfPixelCenters ?? false,
    };
    const executeSingleOutput: NativeBackend['executeSingleOutput'] = (name, attributes, all) =>
      backend.executeSingleOutput(name, [...attributes, halfPixelCenters], all);
    const completing = Object.assign(Object.create(backend) as NativeBackend, {
      executeSingleOutput,
    });
    return known({ ...call, backend: completing });
  });
}

/** tfjs forgets that an input was broadcast, and gives its gradient the shape of the result. */
for (const kernelName of ['BatchMatMul', 'Maximum', 'Minimum', 'SquaredDifference']) {
  correctGradient(kernelName, (known) => (dy, saved, attributes) => {
    const inputs = { a: saved[0] as tf.Tensor, b: saved[1] as tf.Tensor };
    const gradients = known(dy, saved, attributes);
    return Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [
        name,
        () => summedTo(shape, (gradients[name] as () => tf.Tensor)()),
      ]),
    );
  });
}

function summedTo(shape: number[], gradient: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}

/** Several values may be the largest. They share the gradient, as in TensorFlow; tfjs gives it to each. */
for (const kernelName of ['Max', 'Min']) {
  correctGradient(kernelName, () => (dy, saved, attributes) => {
    const [x, y] = saved as [tf.Tensor, tf.Tensor];
    const { axis, reductionIndices = axis } = attributes as unknown as ExtremeOptions;
    const axes = tf.util.parseAxisParam(reductionIndices as number | number[], x.shape);
    const kept = x.shape.map((size, place) => (axes.includes(place) ? 1 : size));
    return {
      x: () => {
        const isResult = tf.cast(tf.equal(x, tf.reshape(y, kept)), 'float32');
        const share = tf.div(tf.reshape(dy as tf.Tensor, kept), tf.sum(isResult, axes, true));
        return tf.mul(isResult, share);
      },
    };
  });
}

/** The axes of the largest values, and of the smallest ones. */
interface ExtremeOptions {
  reductionIndices?: number | number[];
  axis?: number | number[];
}

/** TensorFlow's gradients where the functions have kinks: at 6 that of larger values, at 0 of larger ones. */
const kinks: Record<string, (dy: tf.Tensor, x: tf.Tensor) => tf.Tensor> = {
  Relu6: (dy, x) => tf.mul(dy, tf.mul(tf.less(x, 6), tf.step(x))),
  Selu: (dy, x) => {
    const [scale, scaleTimesAlpha] = [1.0507009873554805, 1.7580993408473768];
    const ofNegative = tf.mul(tf.mul(dy, scaleTimesAlpha), tf.exp(x));
    return tf.where(tf.less(x, 0), ofNegative, tf.mul(dy, scale));
  },
};
for (const [kernelName, gradient] of Object.entries(kinks)) {
  correctGradient(kernelName, () => (dy, saved) => {
    const [x] = saved as [tf.Tensor];
    return { x: () => gradient(dy as tf.Tensor, x) };
  });
}

/** tfjs transposes the gradient, unless the sums go along the last axis. */
correctGradient('Cumsum', () => (dy, _, attributes) => {
  const { axis, exclusive, reverse } = attributes as unknown as CumsumOptions;
  return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
});

interface CumsumOptions {
  axis: number;
  exclusive: boolean;
  reverse: boolean;
}

/**
 * Their results jump or stay as they are: the gradients are 0. tfjs has none of comparisons and of what
 * is made of them (a mask after layers that are trained) and throws, and takes the quotient's for that of
 * its whole part.
 */
const steps = {
  Equal: 2,
  Greater: 2,
  GreaterEqual: 2,
  Less: 2,
  LessEqual: 2,
  NotEqual: 2,
  FloorDiv: 2,
  LogicalAnd: 2,
  LogicalOr: 2,
  LogicalNot: 1,
  All: 1,
  Any: 1,
};
tf.unregisterGradient('FloorDiv');
for (const [kernelName, count] of Object.entries(steps)) {
  const inputsToSave = count === 1 ? ['x'] : ['a', 'b'];
  tf.registerGradient({
    kernelName,
    inputsToSave,
    gradFunc: (_, saved: tf.Tensor[]) =>
      Object.fromEntries(
        inputsToSave.map((name, index) => [
          name,
          () => tf.zeros((saved[index] as tf.Tensor).shape),
        ]),
      ),
  });
}

/** tfjs leaves out what the mirrored values add. */
correctGradient('MirrorPad', () => (dy, _, attributes) => {
  const { paddings, mode } = attributes as unknown as MirrorPadOptions;
  const edge = mode === 'reflect' ? 1 : 0;
  return {
    x: () =>
      paddings.reduce(
        (gradient, padding, axis) => foldedBack(gradient, axis, padding, edge),
        dy as tf.Tensor,
      ),
  };
});

interface MirrorPadOptions {
  paddings: [number, number][];
  mode: 'reflect' | 'symmetric';
}

/** @param edge how many values lie between the mirrored ones and the border. */
function foldedBack(
  gradient: tf.Tensor,
  axis: number,
  [before, after]: [number, number],
  edge: number,
): tf.Tensor {
  const size = (gradient.shape[axis] as number) - before - after;
  const part = (first: number, count: number) =>
    tf.slice(
      gradient,
      gradient.shape.map((_, i) => (i === axis ? first : 0)),
      gradient.shape.map((n, i) => (i === axis ? count : n)),
    );
  const placed = (values: tf.Tensor, first: number) => {
    const rest = size - first - (values.shape[axis] as number);
    return tf.pad(
      tf.reverse(values, axis),
      gradient.shape.map((_, i): [number, number] => (i === axis ? [first, rest] : [0, 0])),
    );
  };
  return tf.addN([
    part(before, size),
    placed(part(0, before), edge),
    placed(part(before + size, after), size - edge - after),
  ]);
}

/** tfjs counts a negative axis from the end in the operation, and not in its gradient. */
correctGradient('Prod', (known) => (dy, saved, attributes) => {
  const { axis } = attributes as unknown as { axis: number | number[] };
  const { shape } = saved[0] as tf.Tensor;
  return known(dy, saved, { ...attributes, axis: tf.util.parseAxisParam(axis, shape) });
});

/** tfjs adds the copies one by one: an operation, or several, for each. */
correctGradient('Tile', () => (dy, saved, attributes) => {
  const { shape } = saved[0] as tf.Tensor;
  const { reps } = attributes as unknown as { reps: number[] };
  const apart = shape.flatMap((size, axis) => [reps[axis] as number, size]);
  const axesOfCopies = shape.map((_, axis) => 2 * axis);
  return { x: () => tf.sum(tf.reshape(dy as tf.Tensor, apart), axesOfCopies) };
});

/** An operation that gives a list of tensors gives its gradient no list if there is one only. */
for (const kernelName of ['SplitV', 'Unpack']) {
  correctGradient(
    kernelName,
    (known) => (dy, saved, attributes) => known([dy].flat(), saved, attributes),
  );
}

const engine = internals(tf.engine());
const { addTapeNode, saveTensorsForBackwardMode } = engine;

/** An input that was left out (of a batch normalisation) has no gradient and nothing to keep for one. */
engine.addTapeNode = function (kernelName, inputs, ...others) {
  const given = Object.entries(inputs).filter(([, input]) => input);
  addTapeNode.call(this, kernelName, Object.fromEntries(given), ...others);
};
engine.saveTensorsForBackwardMode = function (tensors) {
  return saveTensorsForBackwardMode.call(
    this,
    tensors.filter((tensor) => tensor),
  );
};
