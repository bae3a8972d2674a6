import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeHtml, type MimeBundle } from '../display/index';
import { padPage } from '../files/places';
import type * as tf from '../tensorflow';
import { interact, type PadPicture, pad } from '../widgets/index';
import { type Answer, answerOf, percent } from './page/networks';
import { checkShapes, loadModel, type ShownNetwork } from './pageFiles';

/** A loaded network, and whether it must be disposed here. */
interface ReadyNetwork {
  name: string;
  caption: string;
  model: tf.LayersModel;
  isOurs: boolean;
}

/** The pad as a widget: networks in the kernel read what is drawn in the browser. */
export async function drawInNotebook(networks: readonly ShownNetwork[]) {
  const ready: ReadyNetwork[] = [];
  const onClose = () => {
    for (const { model } of ready.splice(0).filter(({ isOurs }) => isOurs)) {
      model.dispose();
    }
  };
  try {
    for (const { name, caption, model } of networks) {
      const isOurs = typeof model === 'string';
      const loaded = isOurs ? await loadModel(name, model) : model;
      ready.push({ name, caption, model: loaded, isOurs });
      checkShapes(name, loaded);
    }
  } catch (error) {
    onClose();
    throw error;
  }
  const controls = { drawing: { ...pad(), picture: pictureOfPad() } };
  let isUsed = false;
  const output = ({ drawing }: { drawing: PadPicture }) => {
    isUsed ||= Boolean(drawing);
    return isUsed ? answers(ready, drawing) : invitation(ready);
  };
  const panel = await interact(controls, output, { onClose });
  return { close: async () => panel.close() };
}

/** What a saved notebook shows where the pad was. */
function pictureOfPad(): string {
  const image = readFileSync(join(padPage, 'preview.png'), 'base64');
  return (
    '<p>This is a picture of such a pad:</p>\n<img width="760" ' +
    `alt="The pad: a drawn digit and the answers of three networks" ` +
    `src="data:image/png;base64,${image}">`
  );
}

/** What is shown until something is drawn. */
function invitation(networks: readonly ReadyNetwork[]) {
  const names = new Intl.ListFormat('en').format(networks.map(({ name }) => name));
  const text = `Draw a digit: what ${names} ${networks.length > 1 ? 'read' : 'reads'} appears here.`;
  const bundle: MimeBundle = {
    'text/html': `<p style="opacity: 0.7">${escapeHtml(text)}</p>`,
    'text/plain': text,
  };
  return { [Symbol.for('Jupyter.display')]: () => bundle };
}

/** The networks' answers as HTML and text. */
function answers(networks: readonly ReadyNetwork[], picture: PadPicture) {
  const read = networks.map(({ model, ...network }) => {
    return { ...network, answer: picture && answerOf(model, picture) };
  });
  const bundle: MimeBundle = {
    'text/html':
      '<div style="display: flex; flex-wrap: wrap; gap: 8px 28px">' +
      `${pictureHtml(picture)}${read.map(columnHtml).join('')}</div>`,
    'text/plain': picture
      ? read.map(({ name, answer }) => `${name} reads ${inWords(answer)}`).join('\n')
      : 'Nothing is drawn yet.',
  };
  return { [Symbol.for('Jupyter.display')]: () => bundle };
}

function inWords(answer: Answer | undefined): string {
  return answer ? `${answer.digit}, ${percent(answer.probability)}` : 'nothing yet';
}

/** The picture that the networks get, as squares of an SVG. */
function pictureHtml(picture: PadPicture): string {
  const squares = Array.from(picture ?? [], (value, pixel) =>
    value > 0
      ? `<rect x="${pixel % 28}" y="${Math.floor(pixel / 28)}" width="1" height="1" ` +
        `fill="#fff" fill-opacity="${value.toFixed(2)}"/>`
      : '',
  );
  return (
    '<figure style="margin: 0; width: 140px">' +
    '<svg viewBox="0 0 28 28" width="140" height="140" style="background: #000" ' +
    'shape-rendering="crispEdges" role="img" aria-label="The picture that the networks get">' +
    `${squares.join('')}</svg>` +
    '<figcaption style="opacity: 0.7">what the networks get: 28 × 28 pixels</figcaption></figure>'
  );
}

function columnHtml({
  name,
  caption,
  answer,
}: {
  name: string;
  caption: string;
  answer: Answer | undefined;
}): string {
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const share = answer?.probabilities[digit] ?? 0;
    const color = digit === answer?.digit ? '#1f6fb4' : '#8b98a8';
    return (
      '<div style="display: flex; gap: 8px; align-items: center; line-height: 1.25">' +
      `<span style="width: 1ch">${digit}</span>` +
      '<span style="flex: 1; height: 9px; background: rgba(128, 136, 150, 0.2)">' +
      `<span style="display: block; height: 9px; width: ${(100 * share).toFixed(1)}%; ` +
      `background: ${color}"></span></span></div>`
    );
  });
  return (
    `<section data-network="${escapeHtml(name)}" data-answer="${answer?.digit ?? ''}" ` +
    `style="width: 170px"><strong>${escapeHtml(name)}</strong>` +
    `<div style="opacity: 0.7">${escapeHtml(caption)}</div>` +
    `<div style="font-size: 1.4em; margin: 4px 0">${answer ? inWords(answer) : '–'}</div>` +
    `${bars.join('')}</section>`
  );
}
