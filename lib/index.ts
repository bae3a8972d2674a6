/** The one door to the library: notebooks and applications import from here. */
export * as datasets from './datasets/index';
export * as display from './display/index';
export * as graph from './graph/index';
export * as images from './images/index';
export * as models from './models/index';
export * as plots from './plots/index';
export * as saving from './saving/index';
export * as training from './training/index';
