/**
 * Controls in a notebook: a function is called again whenever the reader changes one of them.
 *
 * @module
 */
export type { Control } from './control';
export type { CheckboxOptions, DropdownOptions, SliderOptions } from './controls';
export { button, checkbox, dropdown, slider } from './controls';
export type { Controls, Interaction, InteractOptions, ValuesOf } from './interact';
export { interact } from './interact';
export type { ModelMessage, ModelState } from './model';
export { type PadPicture, pad } from './pad';
