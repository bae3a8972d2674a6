/** The lines that Keras (TensorFlow 2.4) prints while it trains. */
import type { Logs } from '../callbacks/callback';

const barWidth = 30;

/** `1875/1875 - 7s - loss: 0.1853 - acc: 0.9443` */
export function finishedLine(done: number, steps: number, seconds: number, logs: Logs): string {
  return `${countText(done, steps)} - ${seconds.toFixed(0)}s${logsText(logs)}`;
}

/** `1875/1875 [==============================] - 10s 5ms/step - loss: 0.0638 - acc: 0.9805` */
export function finishedBarLine(done: number, steps: number, seconds: number, logs: Logs): string {
  const duration = `${seconds.toFixed(0)}s ${stepText(seconds / done)}`;
  return `${countText(done, steps)} ${barText(done, steps)} - ${duration}${logsText(logs)}`;
}

/**
 * ` 937/1875 [==============>...............] - ETA: 5s - loss: 0.0638 - acc: 0.9805`, or, while
 * nobody knows how many steps there are, `     12/Unknown - 3s 250ms/step - loss: 0.0638`.
 */
export function barLine(
  done: number,
  steps: number | undefined,
  seconds: number,
  logs: Logs,
): string {
  if (steps === undefined) {
    const duration = `${seconds.toFixed(0)}s ${stepText(seconds / done)}`;
    return `${String(done).padStart(7)}/Unknown - ${duration}${logsText(logs)}`;
  }
  const left = clockText((seconds / done) * (steps - done));
  return `${countText(done, steps)} ${barText(done, steps)} - ETA: ${left}${logsText(logs)}`;
}

function countText(done: number, steps: number): string {
  return `${String(done).padStart(String(steps).length)}/${steps}`;
}

function barText(done: number, steps: number): string {
  const filled = Math.floor((barWidth * done) / steps);
  const head = filled === 0 ? '' : '='.repeat(filled - 1) + (done < steps ? '>' : '=');
  return `[${head.padEnd(barWidth, '.')}]`;
}

function stepText(seconds: number): string {
  if (seconds >= 1) {
    return `${seconds.toFixed(0)}s/step`;
  }
  return seconds >= 1e-3
    ? `${(seconds * 1e3).toFixed(0)}ms/step`
    : `${(seconds * 1e6).toFixed(0)}us/step`;
}

/** `12s`, `1:09` or `4:00:00`. */
export function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  if (whole <= 60) {
    return `${whole}s`;
  }
  const minutes = Math.floor(whole / 60);
  return whole <= 3600
    ? `${minutes}:${twoDigits(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(whole % 60)}`;
}

function logsText(logs: Logs): string {
  return Object.entries(logs)
    .map(([name, value]) => ` - ${name}: ${valueText(value)}`)
    .join('');
}

/** Four decimals, or an exponent for small values. */
export function valueText(value: number): string {
  if (Math.abs(value) > 1e-3) {
    return value.toFixed(4);
  }
  // Python writes at least two digits of exponent.
  return value.toExponential(4).replace(/(?<=e[+-])(?=\d$)/, '0');
}
