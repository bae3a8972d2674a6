/**
 * Explains a network's predictions: which parts of a picture a prediction depends on, and how small
 * a change alters it.
 *
 * @module
 */
export type { AdversarialOptions, AdversarialPicture } from './adversarial';
export { adversarial } from './adversarial';
export type { GradCamOptions } from './gradCam';
export { gradCam } from './gradCam';
export type { OcclusionOptions } from './occlusion';
export { occlusionMap } from './occlusion';
