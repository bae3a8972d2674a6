/**
 * Writes what all sides start from: `node build/scripts/bench/prepare.js FOLDER`. MNIST as bytes
 * (train-images, train-labels, test-images, test-labels), the initial weights of each network as
 * float32 in NAME.weights, and all that a side must know about them in manifest.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { datasets } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import type { Manifest, NetworkManifest } from './measurement';
import { network, settings } from './networks';
import { type NetworkName, networkNames } from './sides';

async function prepare(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const mnist = await datasets.mnist();
  for (const part of ['train', 'test'] as const) {
    const { images, labels } = mnist[part];
    writeFileSync(path.join(folder, `${part}-images`), Uint8Array.from(images.dataSync()));
    writeFileSync(path.join(folder, `${part}-labels`), Uint8Array.from(labels.dataSync()));
    tf.dispose([images, labels]);
  }
  const networks = networkNames.map((name) => [name, writeWeights(folder, name)]);
  const manifest: Manifest = Object.fromEntries(networks);
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
}

function writeWeights(folder: string, name: NetworkName): NetworkManifest {
  const { weights } = network(name, false);
  const bytes = weights.map((weight) =>
    Buffer.from(new Uint8Array(weight.dataSync().slice().buffer)),
  );
  writeFileSync(path.join(folder, `${name}.weights`), Buffer.concat(bytes));
  return { ...settings[name], weights: weights.map(({ shape }) => shape) };
}

prepare(process.argv[2] as string);
