/** A layer of the class Bidirectional, whose prototype several corrections change. */
import * as tf from '@tensorflow/tfjs-node';
import { unnumbered } from '../tfjsInternals';

export const bidirectional = tf.layers.bidirectional({
  name: unnumbered,
  layer: tf.layers.simpleRNN({ name: unnumbered, units: 1 }) as tf.RNN,
  mergeMode: 'concat',
});
