/**
 * The file formats that the library reads, except pictures, with functions that make and load them.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pageFiles } from '../../lib/drawing/pageFiles';
import { datasets, models, saving, training } from '../../lib/index';
import { readOptimizerState } from '../../lib/saving/optimizerState';
import * as tf from '../../lib/tensorflow';
import { fixture, fixtures } from '../saving/fixtures';

/** One format of files. */
export interface Format {
  /** For the table. */
  readonly title: string;
  /** False if the numbers have no checksum, so damage may change them. */
  readonly hasChecksum: boolean;
  /** Makes the undamaged files in an empty folder. */
  make(folder: string): Promise<void>;
  /** Loads the files of the folder, and returns a text that describes all that was loaded. */
  load(folder: string): Promise<string>;
}

function network(): tf.LayersModel {
  const { conv2d, maxPooling2d, flatten, dropout, dense } = tf.layers;
  const [inputShape, activation] = [[28, 28, 1], 'relu'] as const;
  // With names of their own, the layers of all networks are the same.
  const model = tf.sequential({
    name: 'network',
    layers: [
      conv2d({
        name: 'conv2d',
        filters: 4,
        kernelSize: 3,
        activation,
        inputShape: [...inputShape],
      }),
      maxPooling2d({ name: 'pooling', poolSize: 4 }),
      flatten({ name: 'flatten' }),
      dropout({ name: 'dropout', rate: 0.25 }),
      dense({ name: 'dense', units: 10, activation: 'softmax' }),
    ],
  });
  const [optimizer, loss] = ['adam', 'sparseCategoricalCrossentropy'];
  model.compile({ optimizer, loss, metrics: ['accuracy'] });
  return model;
}

/** Makes a network whose optimiser has a state, and saves it. */
async function withTrained(save: (model: tf.LayersModel) => Promise<void>): Promise<void> {
  const model = network();
  const [x, y] = [tf.randomUniform([8, 28, 28, 1]), tf.zeros([8], 'int32')];
  await training.fit(model, x, y, { verbose: 0 });
  await save(model);
  tf.dispose([x, y]);
  disposeModel(model);
}

function disposeModel(model: tf.LayersModel): void {
  model.optimizer?.dispose();
  model.dispose();
}

/** Loads with `load`, describes the whole model, and frees it. */
async function loaded(load: () => Promise<tf.LayersModel>): Promise<string> {
  const model = await load();
  try {
    return await contentOf(model);
  } finally {
    disposeModel(model);
  }
}

async function contentOf(model: tf.LayersModel): Promise<string> {
  const { loss, metrics, optimizer } = model;
  const weights = model.getWeights().map(valuesOf);
  const state = optimizer ? optimizerContentOf(model) : undefined;
  return JSON.stringify([model.toJSON(null, false), `${loss}`, metrics, weights, state]);
}

function optimizerContentOf(model: tf.LayersModel) {
  const { optimizer } = model;
  const { iterations, slots } = readOptimizerState(model);
  const content = Object.entries(slots).map(([name, tensors]) => [name, ...tensors.map(valuesOf)]);
  tf.dispose(slots);
  return [optimizer.getClassName(), optimizer.getConfig(), iterations, content];
}

function valuesOf(tensor: tf.Tensor): string {
  const values = tensor.dataSync();
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return `${tensor.dtype} ${tensor.shape} ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Loads weights into a new network; if that fails, the network must be unchanged. */
async function loadedWeights(load: (model: tf.LayersModel) => Promise<void>): Promise<string> {
  return loaded(async () => {
    const model = network();
    const before = await contentOf(model);
    await load(model).catch(async (error: Error) => {
      const isUnchanged = (await contentOf(model)) === before;
      disposeModel(model);
      throw isUnchanged ? error : new Error(`half-loaded weights remain after: ${error.message}`);
    });
    return model;
  });
}

const tensorflowCheckpoint = ['.index', '.data-00000-of-00002', '.data-00001-of-00002'];

const idxFiles = {
  'pictures-idx3-ubyte': [[0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 28, 0, 0, 0, 28], 40 * 28 * 28],
  'labels-idx1-ubyte': [[0, 0, 8, 1, 0, 0, 0, 40], 40],
} as const;

/** Pictures in the form of MNIST's, as their file has them. */
function idxFile(name: keyof typeof idxFiles): Buffer {
  const [header, count] = idxFiles[name];
  const values = Array.from({ length: count }, (_, index) => (index * 7) % 10);
  return Buffer.from([...header, ...values]);
}

const idxNames = Object.keys(idxFiles) as (keyof typeof idxFiles)[];

const pictures: datasets.DatasetDescription<string> = {
  title: 'Pictures',
  folder: '.',
  files: idxNames.map((name) => ({
    name,
    bytes: idxFile(name).length,
    sha256: createHash('sha256').update(idxFile(name)).digest('hex'),
  })),
  sources: { offline: datasets.offlineFolder },
  website: 'https://example.org',
  decode: (files) => [...files].map(([name, bytes]) => name + idxContent(bytes)).join(),
};

function idxContent(source: Uint8Array | string): string {
  const { shape, values } = datasets.readIdx(source);
  return `${shape} ${Buffer.from(values).toString('base64')}`;
}

function copyFixtures(names: readonly string[], folder: string): void {
  for (const name of names) {
    copyFileSync(path.join(fixtures, name), path.join(folder, path.basename(name)));
  }
}

/** By the names that `--only` takes. */
export const formats: Readonly<Record<string, Format>> = {
  h5: {
    title: '`.h5`',
    hasChecksum: true,
    make: (folder) => withTrained((model) => saving.saveModel(model, `${folder}/model.h5`)),
    load: (folder) => loaded(() => saving.loadModel(`${folder}/model.h5`)),
  },
  keras: {
    title: '`.keras`',
    hasChecksum: true,
    make: (folder) => withTrained((model) => saving.saveModel(model, `${folder}/model.keras`)),
    load: (folder) => loaded(() => saving.loadModel(`${folder}/model.keras`)),
  },
  weights: {
    title: '`.weights.h5`',
    hasChecksum: true,
    make: (folder) => withTrained((model) => saving.saveWeights(model, `${folder}/a.weights.h5`)),
    load: (folder) => loadedWeights((model) => saving.loadWeights(model, `${folder}/a.weights.h5`)),
  },
  checkpoint: {
    title: 'checkpoint',
    hasChecksum: true,
    make: (folder) => withTrained((model) => saving.saveWeights(model, `${folder}/cp-0001.ckpt`)),
    load: (folder) =>
      loadedWeights(async (model) => {
        await saving.loadWeights(model, (await saving.latestCheckpoint(folder)) ?? 'none');
      }),
  },
  'tensorflow-checkpoint': {
    title: "TensorFlow's checkpoint in two parts",
    hasChecksum: true,
    make: async (folder) =>
      copyFixtures(
        tensorflowCheckpoint.map((suffix) => `tensorflow2/parts.ckpt${suffix}`),
        folder,
      ),
    load: async (folder) => {
      const tensors = await saving.loadCheckpoint(`${folder}/parts.ckpt`);
      const content = Object.entries(tensors).map(([name, tensor]) => name + valuesOf(tensor));
      tf.dispose(tensors);
      return content.sort().join();
    },
  },
  'keras-h5': {
    title: "`.h5` of Keras's",
    hasChecksum: false,
    make: async (folder) => copyFileSync(fixture('keras2_adam'), `${folder}/keras2.h5`),
    load: (folder) => loaded(() => saving.loadModel(`${folder}/keras2.h5`)),
  },
  web: {
    title: '`model.json` and its weights',
    hasChecksum: true,
    make: async (folder) => {
      const model = models.cnn({ seed: 0 });
      await saving.saveLayersModel(model, folder);
      model.dispose();
    },
    load: async (folder) => {
      await pageFiles([{ name: 'CNN', caption: '', model: folder }]);
      return loaded(() => saving.loadLayersModel(folder));
    },
  },
  dataset: {
    title: 'a data set, IDX in gzip',
    hasChecksum: true,
    make: async (folder) => {
      for (const name of idxNames) {
        writeFileSync(path.join(folder, `${name}.gz`), gzipSync(idxFile(name)));
      }
    },
    load: (folder) => {
      process.env.DATASETS_OFFLINE_FOLDER = folder;
      return datasets.loadDataset(pictures, { onProgress: () => {} });
    },
  },
  idx: {
    title: 'IDX alone',
    hasChecksum: false,
    make: async (folder) => {
      const [name] = idxNames as [keyof typeof idxFiles];
      writeFileSync(path.join(folder, name), idxFile(name));
    },
    load: async (folder) => idxContent(path.join(folder, idxNames[0] as string)),
  },
};
