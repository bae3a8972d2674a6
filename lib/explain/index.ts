/**
 * Why a network answers what it answers: the parts of a picture that an answer rests on, and how
 * little has to change until the answer is another.
 *
 * @module
 */
export type { AdversarialOptions, AdversarialPicture } from './adversarial';
export { adversarial } from './adversarial';
export type { GradCamOptions } from './gradCam';
export { gradCam } from './gradCam';
export type { OcclusionOptions } from './occlusion';
export { occlusionMap } from './occlusion';
