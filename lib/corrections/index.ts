/**
 * Corrects what TensorFlow.js computes wrongly, or differently from Keras. The corrections apply to
 * all of tfjs in this process, so that its own `model.fit` and a graph agree.
 */
import './activityRegularizers';
import './depthwise';
import './dilation';
import './filterGradients';
import './gradients';
import './higherOrderGradients';
import './initializers';
import './layers';
import './maskedValues';
import './masks';
import './optimizers';
import './orthogonal';
import './pictures';
import './recurrent';
import './regularizers';
import './repeatedInputs';
import './trainable';
