/**
 * What TensorFlow.js computes otherwise than mathematics or Keras, put right where it is. These
 * hold for all of tfjs in this process, so that its own `model.fit` and a graph agree.
 */
import './dilation';
import './gradients';
import './higherOrderGradients';
import './layers';
import './optimizers';
import './regularizers';
