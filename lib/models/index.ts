/**
 * The networks of the articles, Keras's initial weights, and Keras's `summary`.
 *
 * @module
 */
export { cnn } from './cnn';
export { kerasInitializers, type LayerInitializers, type ModelOptions } from './initializers';
export { lenet } from './lenet';
export { lenet5 } from './lenet5';
export { mlp } from './mlp';
export { summary } from './summary';
