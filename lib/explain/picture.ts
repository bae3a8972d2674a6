import * as tf from '../tensorflow';

/** Checks that there is one picture, of the model's input shape. */
export function requireOnePicture(
  where: string,
  model: tf.LayersModel,
  picture: tf.Tensor4D,
): void {
  const [input] = model.inputs;
  const wanted = input?.shape.slice(1);
  const fits = String(picture.shape.slice(1)) === String(wanted) && picture.shape[0] === 1;
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || picture.rank !== 4 || !fits) {
    throw new Error(
      `${where}: the picture has the shape [${picture.shape}]; the model takes ` +
        `[1, ${wanted?.join(', ')}], and it must have one input and one output.`,
    );
  }
}

/** The class to explain: the one given, or the predicted one. */
export function classOf(
  where: string,
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  wanted: number | undefined,
): number {
  const count = model.outputs[0]?.shape.at(-1) ?? 0;
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 0 && wanted < count)) {
    throw new Error(
      `${where}: there is no class ${wanted}; the model has the classes 0 to ${count - 1}.`,
    );
  }
  return wanted ?? answerOf(model, picture);
}

/** The class to which the model gives the highest probability. */
export function answerOf(model: tf.LayersModel, picture: tf.Tensor4D): number {
  return tf.tidy(() => classWithMost(apply(model, picture)));
}

/** The class with the highest probability. */
export function classWithMost(outputs: tf.Tensor2D): number {
  return outputs.argMax(-1).dataSync()[0] ?? Number.NaN;
}

/** The model's outputs, computed so that tfjs can differentiate them. */
export function apply(model: tf.LayersModel, pictures: tf.Tensor): tf.Tensor2D {
  return model.apply(pictures, { training: false }) as tf.Tensor2D;
}
