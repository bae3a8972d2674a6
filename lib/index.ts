/**
 * Neural networks in TypeScript, on TensorFlow: data sets, the networks of five articles, training
 * as in Keras, plots, and files that Python reads too. Notebooks and applications import from here:
 *
 * ```ts
 * import { datasets, models, training } from './lib/index';
 *
 * const { train, test } = await datasets.mnist();
 * const model = models.mlp({ seed: 0 });
 * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] });
 * await training.fit(model, train.images.div(255), train.labels, { epochs: 3, seed: 0 });
 * await training.evaluate(model, test.images.div(255), test.labels);
 * ```
 *
 * Read {@link datasets} and {@link models} first, then {@link training}; look at results with
 * {@link plots} and keep them with {@link saving}. {@link images} reads pictures of your own,
 * {@link graph} compiles training loops of your own, {@link display} puts outputs into a notebook,
 * {@link widgets} controls such as sliders. {@link lessons} checks the exercises of the notebooks.
 *
 * In these pages `tf` is TensorFlow.js (`@tensorflow/tfjs-node`). Shapes are written as
 * `[rows, 28, 28]`. A tensor you give stays yours to dispose, and so is a tensor you are given.
 *
 * @module
 */
export * as datasets from './datasets/index';
export * as display from './display/index';
export * as drawing from './drawing/index';
export * as explain from './explain/index';
export * as graph from './graph/index';
export * as images from './images/index';
export * as layers from './layers/index';
export * as lessons from './lessons/index';
export * as models from './models/index';
export * as plots from './plots/index';
export * as saving from './saving/index';
export * as training from './training/index';
export * as widgets from './widgets/index';
