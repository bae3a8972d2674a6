import type * as tf from '../../lib/tensorflow';

/** A network for training, evaluation and prediction. */
export interface Network {
  weights: tf.Tensor[];
  setWeights(weights: tf.Tensor[]): void;
  /** Trains for two epochs, in the stored order, and reports each epoch's mean loss. */
  fit(x: tf.Tensor, y: tf.Tensor1D, epochEnd: (loss: number) => void): Promise<void>;
  /** The mean loss. */
  evaluate(x: tf.Tensor, y: tf.Tensor1D): Promise<number>;
  /** @param rows per batch; by default the side chooses. */
  predict(x: tf.Tensor, rows?: number): Promise<tf.Tensor>;
  /** The method for single pictures, if there is one. */
  predictor?(): OneAnswer;
}

/** Answers one picture, given as numbers. */
export interface OneAnswer {
  (pixels: Float32Array): Float32Array;
  dispose(): void;
}
