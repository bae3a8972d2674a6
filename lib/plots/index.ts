/**
 * Image grids, curves and confusion matrices as Plotly figures: {@link show} displays one,
 * {@link saveFigure} writes it to a file.
 *
 * @module
 */
export type { AnswersOptions, ClassNumbers } from './answers';
export { answers, classAccuracies } from './answers';
export type { ClassFigureOptions } from './classification';
export { confusionMatrix, probabilities } from './classification';
export { compareProbabilities } from './compareProbabilities';
export type { Curve, CurvesOptions, RecordedHistory } from './curves';
export { accuracyCurves, curves, lossCurves } from './curves';
export type { FeatureMapsOptions } from './featureMaps';
export { featureMaps } from './featureMaps';
export type { Figure, ImageTrace } from './figure';
export { palette } from './figure';
export type { ImageGridOptions, ImageOptions } from './images';
export { image, imageGrid } from './images';
export type { MisclassifiedOptions } from './misclassified';
export { misclassified } from './misclassified';
export type { NetworkOptions } from './network';
export { network } from './network';
export type { PixelRange, Pixels } from './pixels';
export { saveFigure, show } from './show';
export { showSvg } from './showSvg';
