/**
 * Pictures of digits: from files to a network's input, and from tensors to PNG files.
 *
 * @module
 */
export { type DigitOptions, readDigit, resize, toDigit, toTensor } from './digit';
export type { Polarity } from './findInk';
export type { Picture } from './picture';
export { type PngOptions, toPng, writePng } from './png';
export { read } from './read';
