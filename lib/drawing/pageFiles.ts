import { readFile, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { padPage } from '../files/places';
import { makeTemporaryFolder } from '../files/temporaryFolder';
import { loadLayersModel, saveLayersModel } from '../saving/index';
import { readLayersModel } from '../saving/loadLayersModel';
import type * as tf from '../tensorflow';
import type { PageFile, PageFiles } from './padServer';
import type { NetworkDescription } from './page/networks';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.bin': 'application/octet-stream',
};

const pageFileNames = ['index.html', 'pad.css', 'style.css', 'page.js'];

/** A model as the page shows it. */
export interface ShownNetwork {
  readonly name: string;
  readonly caption: string;
  /** The model itself, or the folder that `saveLayersModel` saved it in. */
  readonly model: tf.LayersModel | string;
}

/** All files of the page, in memory: its own, and the networks in the format of TensorFlow.js. */
export async function pageFiles(networks: readonly ShownNetwork[]): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  for (const name of pageFileNames) {
    const file = await pageFile(join(padPage, name));
    files.set(name === 'index.html' ? '' : name, file);
  }
  const descriptions: NetworkDescription[] = [];
  for (const [index, { name, caption, model }] of networks.entries()) {
    const description = { id: idOf(name, index, descriptions), name, caption };
    descriptions.push(description);
    for (const [fileName, file] of await networkFiles(name, model)) {
      files.set(`networks/${description.id}/${fileName}`, file);
    }
  }
  const content = Buffer.from(JSON.stringify(descriptions));
  return files.set('networks.json', { type: types['.json'] as string, content });
}

/** `LeNet-5` becomes `lenet5`; a number if nothing is left or the name is taken. */
function idOf(name: string, index: number, others: readonly NetworkDescription[]): string {
  const id = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return id === '' || others.some((other) => other.id === id) ? `network${index + 1}` : id;
}

async function networkFiles(
  name: string,
  model: tf.LayersModel | string,
): Promise<Map<string, PageFile>> {
  if (typeof model === 'string') {
    const loaded = await loadModel(name, model);
    try {
      checkShapes(name, loaded);
    } finally {
      loaded.dispose();
    }
    return filesOfModel(model);
  }
  checkShapes(name, model);
  const folder = makeTemporaryFolder('network');
  try {
    await saveLayersModel(model, folder);
    return await filesOfModel(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads a network that `saveLayersModel` has saved. */
export async function loadModel(name: string, folder: string): Promise<tf.LayersModel> {
  return loadLayersModel(folder).catch((error: Error) => {
    throw new Error(
      `The network ${name} cannot be loaded from ${folder}: ${error.message.replace(/\.$/, '')}. ` +
        'Save it there with saving.saveLayersModel.',
      { cause: error },
    );
  });
}

async function filesOfModel(folder: string): Promise<Map<string, PageFile>> {
  const { text, weights } = await readLayersModel(folder);
  const files = new Map<string, Buffer>([['model.json', text], ...weights]);
  return new Map(
    [...files].map(([name, content]) => [name, { type: typeOf(name), content }] as const),
  );
}

async function pageFile(path: string): Promise<PageFile> {
  return { type: typeOf(path), content: await readFile(path) };
}

function typeOf(path: string): string {
  return types[extname(path)] ?? 'application/octet-stream';
}

/** The pad gives 28 · 28 pixels and shows ten probabilities. */
export function checkShapes(name: string, { inputs, outputs }: tf.LayersModel): void {
  const [input, output] = [inputs[0]?.shape ?? [], outputs[0]?.shape ?? []];
  const sizes = (shape: tf.Shape) => shape.reduce<number>((product, n) => product * (n ?? 1), 1);
  const fits = inputs.length === 1 && sizes(input) === 28 * 28;
  if (!fits || outputs.length !== 1 || sizes(output) !== 10) {
    throw new Error(
      `The network ${name} takes [${shown(input)}] and gives [${shown(output)}]. ` +
        'The pad needs networks that take one picture of 28 × 28 pixels, in any shape, and give ' +
        'ten probabilities.',
    );
  }
}

function shown(shape: tf.Shape): string {
  return shape.map((size) => size ?? 'batch').join(', ');
}
