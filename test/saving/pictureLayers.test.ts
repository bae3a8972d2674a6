/** Layers that resize and change pictures, in the files of Keras 2 and Keras 3. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { layers, saving } from '../../lib/index';
import type { Json } from '../../lib/saving/json';
import { makeModel } from '../../lib/saving/kerasModel';
import * as tf from '../../lib/tensorflow';

const folder = mkdtempSync(path.join(tmpdir(), 'picture-layers-'));
after(() => rmSync(folder, { recursive: true }));

const inputShape = [4, 6, 1];

function modelOf(...all: tf.layers.Layer[]): tf.Sequential {
  return tf.sequential({ layers: [tf.layers.inputLayer({ inputShape }), ...all] });
}

function predicted(model: tf.LayersModel): number[] {
  return tf.tidy(() => {
    const pictures = tf.reshape(tf.range(0, 48), [2, ...inputShape]);
    return [...(model.predict(pictures) as tf.Tensor).dataSync()];
  });
}

/** The options of all layers but the input, whose shape the first other one may have. */
function optionsOf(model: tf.LayersModel): object[] {
  const all = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  return all.map((layer) => {
    const { batchInputShape, dtype, ...options } = layer.getConfig();
    return options;
  });
}

test('they come back from both kinds of files as they were', async () => {
  const file = (extension: string) => path.join(folder, `all.${extension}`);
  const move = { fillMode: 'constant', interpolation: 'nearest', fillValue: 0.5 } as const;
  const { numTensors } = tf.memory();
  const model = modelOf(
    layers.randomFlip({ mode: 'horizontal' }),
    layers.randomRotation({ factor: [-0.1, 0.2], ...move }),
    layers.randomZoom({ heightFactor: 0.2 }),
    layers.randomZoom({ heightFactor: 0.2, widthFactor: [0.1, 0.3], ...move }),
    layers.randomTranslation({ heightFactor: 0.2, widthFactor: [0, 0.3], ...move }),
    layers.randomContrast({ factor: 0.3 }),
    layers.randomBrightness({ factor: 0.3, valueRange: [0, 1] }),
    layers.resizing({ height: 5, width: 3, interpolation: 'nearest', cropToAspectRatio: true }),
    tf.layers.centerCrop({ height: 2, width: 2 }),
  );
  for (const extension of ['keras', 'h5']) {
    await saving.saveModel(model, file(extension));
    const copy = await saving.loadModel(file(extension));
    assert.deepEqual(optionsOf(copy), optionsOf(model));
    assert.deepEqual(predicted(copy), predicted(model));
    copy.dispose();
  }
  model.dispose();
  assert.equal(tf.memory().numTensors, numTensors);
});

test('flips in both directions are those of the Keras that wrote the file', async () => {
  for (const [mode, file] of [
    ['horizontalAndVertical', 'flips.keras'],
    ['horizontalAndVerticalOfKeras2', 'flips.h5'],
  ] as const) {
    const model = modelOf(layers.randomFlip({ mode }));
    await saving.saveModel(model, path.join(folder, file));
    const copy = await saving.loadModel(path.join(folder, file));
    assert.equal(copy.layers.at(-1)?.getConfig().mode, mode);
    model.dispose();
    copy.dispose();
  }
});

for (const [layer, file, message] of [
  [
    layers.randomFlip({ mode: 'horizontalAndVerticalOfKeras2' }),
    'model.keras',
    /Keras 3 flips in both or in none.*or save the model as \.h5/,
  ],
  [layers.randomFlip(), 'model.h5', /Keras 2 flips in each by itself\. Save the model as \.keras/],
  [
    layers.randomContrast({ factor: 0.1, valueRange: [0, 1] }),
    'model.h5',
    /value_range = \[0,1\].*Keras 2 has no such option/,
  ],
  [
    layers.resizing({ height: 2, width: 2, padToAspectRatio: true }),
    'model.h5',
    /pad_to_aspect_ratio = true.*Keras 2 has no such option/,
  ],
] as const) {
  test(`a ${layer.getClassName()} that Keras computes otherwise is refused in ${file}`, async () => {
    const model = modelOf(layer);
    await assert.rejects(saving.saveModel(model, path.join(folder, file)), message);
    model.dispose();
  });
}

/** A layer of a functional model, as Keras 3.15 writes it. */
function entry(className: string, name: string, config: object, from?: string) {
  const tensor = (layer: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, ...inputShape], dtype: 'float32', keras_history: [layer, 0, 0] },
  });
  // Keras 3 notes a default of these layers as if it had been given.
  const kwargs = className === 'Sequential' ? { mask: null } : { training: true };
  const inbound_nodes = from === undefined ? [] : [{ args: [tensor(from)], kwargs }];
  const data_format = { data_format: 'channels_last' };
  return {
    class_name: className,
    name,
    inbound_nodes,
    config: { name, ...data_format, ...config },
  };
}

/** A model in which one option of the RandomZoom is another one. */
function configOf(others: object): Json {
  const input = {
    class_name: 'InputLayer',
    name: 'pictures',
    inbound_nodes: [],
    config: { name: 'pictures', batch_shape: [null, ...inputShape], dtype: 'float32' },
  };
  const inside = [
    input,
    entry('RandomFlip', 'flip', { mode: 'horizontal', seed: 1 }),
    entry('RandomRotation', 'rotation', { factor: [-0.1, 0.1], fill_mode: 'reflect', seed: null }),
  ].map(({ class_name, config }) => ({ class_name, config }));
  const moved = { interpolation: 'bilinear', fill_value: 0.0, seed: null };
  const { data_format, ...augmentation } = entry('Sequential', 'augmentation', {}).config;
  const zoom = { height_factor: 0.1, width_factor: null, fill_mode: 'wrap', ...moved, ...others };
  const fit = { crop_to_aspect_ratio: false, pad_to_aspect_ratio: true, antialias: false };
  const config: object = {
    class_name: 'Functional',
    config: {
      name: 'model',
      layers: [
        input,
        {
          ...entry('Sequential', 'augmentation', {}, 'pictures'),
          config: { ...augmentation, layers: inside },
        },
        entry('RandomZoom', 'zoom', zoom, 'augmentation'),
        entry(
          'Resizing',
          'smaller',
          { height: 2, width: 3, fill_mode: 'constant', ...fit },
          'zoom',
        ),
      ],
      input_layers: ['pictures', 0, 0],
      output_layers: ['smaller', 0, 0],
    },
  };
  return config as Json;
}

test('a model with layers inside it that change pictures is read as Keras 3 writes it', async () => {
  const { numTensors } = tf.memory();
  const model = await makeModel(configOf({}), 3, () => {});
  // Means of four, as in Keras.
  assert.deepEqual(predicted(model).slice(0, 6), [3.5, 5.5, 7.5, 15.5, 17.5, 19.5]);
  assert.deepEqual(model.getLayer('zoom').getConfig().fillMode, 'wrap');
  const pictures = tf.tidy(() => tf.reshape(tf.range(0, 48), [2, ...inputShape]));
  const drawn = [1, 2].map(() =>
    tf.tidy(() => [...(model.apply(pictures, { training: true }) as tf.Tensor).dataSync()]),
  );
  assert.notDeepEqual(drawn[0], drawn[1]);
  pictures.dispose();
  model.dispose();
  assert.equal(tf.memory().numTensors, numTensors);
});

test('options that a layer lacks are named with it', async () => {
  for (const [option, value, message] of [
    ['data_format', 'channels_first', /"zoom" \(RandomZoom\) has data_format = "channels_first"/],
    ['interpolation', 'bicubic', /"zoom" \(RandomZoom\) has interpolation = "bicubic"/],
    ['fill_mode', 'mirror', /"zoom" \(RandomZoom\) has fillMode = "mirror"/],
    ['width_factor', 1.5, /"zoom" \(RandomZoom\) has widthFactor = 1.5/],
    ['antialias', true, /"zoom" \(RandomZoom\) has antialias = true/],
  ] as const) {
    await assert.rejects(
      makeModel(configOf({ [option]: value }), 3, () => {}),
      message,
    );
  }
});
