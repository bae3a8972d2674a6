import * as tf from '../tensorflow';

/** The gradient with respect to one input, found in two ways; one number per number of the input. */
export interface GradientPair {
  /** By the rules of differentiation, as `tf.grads` applies them. */
  analytic: Float32Array;
  /** By finite differences, from values of the function alone. */
  numeric: Float32Array;
}

/** What {@link gradientCheck} found. */
export interface GradientCheck {
  /** One pair per input, in the inputs' order. */
  gradients: GradientPair[];
  /**
   * The relative difference of the two gradients, all inputs together: the length of their
   * difference divided by the sum of their lengths. 0: equal; 1: as different as can be. In 32-bit
   * numbers, a right gradient gives about 1e-3 or less; a wrong one seldom less than 1e-2.
   */
  difference: number;
}

/**
 * Checks the gradient of a function against finite differences: each input number is moved a
 * little up and down, and the change of the result divided by the change of the number must be
 * what `tf.grads` says. It calls the function twice per number: use it for small inputs.
 *
 * Where the function has a kink (relu at 0) within one step, the two differ though both are right.
 *
 * @param f Takes the inputs and returns one number (a loss). It must be free of randomness.
 * @param inputs float32 tensors; they stay the caller's.
 * @param step How far each number is moved. 32-bit numbers hold 7 digits: below about 1e-3 rounding
 *   drowns the difference.
 * @throws An error if the result is more than one number, or not finite; if an input is not
 *   float32; if the step is not above 0.
 * @see https://cs231n.github.io/neural-networks-3/#gradcheck
 *
 * @example
 * const loss = (w: tf.Tensor) => tf.sum(tf.square(w));
 * gradientCheck(loss, [tf.tensor1d([1, 2])]).gradients[0].numeric; // about 2 and 4
 */
export function gradientCheck<Inputs extends tf.Tensor[]>(
  f: (...inputs: Inputs) => tf.Tensor,
  inputs: readonly [...Inputs],
  step = 1e-2,
): GradientCheck {
  if (!(step > 0)) {
    throw new RangeError(`gradientCheck: step must be a number above 0, not ${step}.`);
  }
  inputs.forEach(({ dtype }, index) => {
    if (dtype !== 'float32') {
      throw new TypeError(`gradientCheck: input ${index} is ${dtype}, expected float32.`);
    }
  });
  const valueAt = (...tensors: tf.Tensor[]) => numberOf(f(...(tensors as Inputs)));
  const analytic = analyticGradients(valueAt, [...inputs]);
  const gradients = analytic.map((gradient, index) => ({
    analytic: gradient,
    numeric: numericGradient(valueAt, [...inputs], index, step),
  }));
  return { gradients, difference: relativeDifference(gradients) };
}

type ScalarFunction = (...inputs: tf.Tensor[]) => tf.Scalar;

function numberOf(result: tf.Tensor): tf.Scalar {
  if (result.size !== 1) {
    throw new Error(
      `gradientCheck: the function must return one number, not a tensor of shape [${result.shape}].`,
    );
  }
  return tf.reshape(result, []);
}

function analyticGradients(f: ScalarFunction, inputs: tf.Tensor[]): Float32Array[] {
  const gradients = tf.tidy(() => tf.grads(f)(inputs));
  const values = gradients.map((gradient) => gradient.dataSync<'float32'>());
  tf.dispose(gradients);
  return values;
}

function numericGradient(
  f: ScalarFunction,
  inputs: tf.Tensor[],
  index: number,
  step: number,
): Float32Array {
  const values = (inputs[index] as tf.Tensor).dataSync<'float32'>();
  const resultWith = (place: number, value: number) =>
    tf.tidy(() => {
      const moved = values.slice();
      moved[place] = value;
      const changed = inputs.map((same, i) => (i === index ? tf.tensor(moved, same.shape) : same));
      return finite(f(...changed).dataSync()[0] as number);
    });
  return values.map((value, place) => {
    // What 32-bit numbers make of value + step: the difference is divided by the step really made.
    const [up, down] = [Math.fround(value + step), Math.fround(value - step)];
    return (resultWith(place, up) - resultWith(place, down)) / (up - down);
  });
}

function finite(result: number): number {
  if (!Number.isFinite(result)) {
    throw new Error(`gradientCheck: the function returned ${result}, expected a finite number.`);
  }
  return result;
}

function relativeDifference(gradients: GradientPair[]): number {
  const analytic = gradients.flatMap((pair) => [...pair.analytic]);
  const numeric = gradients.flatMap((pair) => [...pair.numeric]);
  const difference = analytic.map((value, index) => value - (numeric[index] as number));
  const lengths = euclideanLength(analytic) + euclideanLength(numeric);
  return lengths === 0 ? 0 : euclideanLength(difference) / lengths;
}

function euclideanLength(values: number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
