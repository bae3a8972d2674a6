/**
 * A pad to draw digits on, read by networks in the browser.
 *
 * @module
 */
export { type DigitNetwork, type DigitNetworksOptions, digitNetworks } from './digitNetworks';
export { type DrawDigitsOptions, type DrawingPad, drawDigits } from './drawDigits';
