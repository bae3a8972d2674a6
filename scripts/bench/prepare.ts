/**
 * Writes the input of all sides: `node build/scripts/bench/prepare.js FOLDER`. MNIST as bytes
 * (train-images, train-labels, test-images, test-labels), the initial weights of each network as
 * float32 in NAME.weights, and their description in manifest.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { datasets } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { batchSize } from '../trainings';
import type { Manifest, NetworkManifest } from './measurement';
import { network, settings } from './networks';
import { type NetworkName, networkNames } from './sides';

async function prepare(folder: string, withFashion: boolean): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeData(folder, '', await datasets.mnist());
  if (withFashion) {
    writeData(folder, 'fashion-mnist-', await datasets.fashionMnist());
  }
  const networks = networkNames.map((name) => [name, writeWeights(folder, name)]);
  const manifest: Manifest = Object.fromEntries(networks);
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
}

function writeData(folder: string, prefix: string, data: datasets.ImageDataset): void {
  for (const part of ['train', 'test'] as const) {
    const { images, labels } = data[part];
    const start = path.join(folder, `${prefix}${part}`);
    writeFileSync(`${start}-images`, Uint8Array.from(images.dataSync()));
    writeFileSync(`${start}-labels`, Uint8Array.from(labels.dataSync()));
    tf.dispose([images, labels]);
  }
}

function writeWeights(folder: string, name: NetworkName): NetworkManifest {
  const { weights } = network(name, false, batchSize);
  const bytes = weights.map((weight) =>
    Buffer.from(new Uint8Array(weight.dataSync().slice().buffer)),
  );
  writeFileSync(path.join(folder, `${name}.weights`), Buffer.concat(bytes));
  const { picture, divisor, optimizer } = settings[name];
  return { picture, divisor, optimizer, weights: weights.map(({ shape }) => shape) };
}

prepare(process.argv[2] as string, process.argv.includes('--fashion'));
