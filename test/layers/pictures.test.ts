/**
 * Layers that resize and change pictures. The expected values are Keras 3.15's, of the picture `first`;
 * where both ends of a range are the same, as [0.1, 0.1], what a layer draws is certain.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { shardSizes } from '../../lib/graph/passes/shardBatch';
import { graph, layers, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from '../saving/assertClose';

const first = tf.range(0, 12).reshape([1, 3, 4, 1]);

/** What a layer makes of pictures, in training if nothing else is said. */
function applied(layer: tf.layers.Layer, x: tf.Tensor, training = true): number[] {
  return tf.tidy(() => [...(layer.apply(x, { training }) as tf.Tensor).dataSync()]);
}

/** The same, computed as a graph. */
function compiled(layer: tf.layers.Layer, x: tf.Tensor): number[] {
  const step = graph.compile((y: tf.Tensor) => layer.apply(y, { training: true }) as tf.Tensor);
  const output = step(x);
  const values = [...output.dataSync()];
  output.dispose();
  step.dispose();
  return values;
}

const moves: [tf.layers.Layer, number[]][] = [
  [
    layers.randomRotation({ factor: [0.1, 0.1] }),
    [
      0.8743, 1.6833, 4.4318, 7.2906, 0.7598, 3.9199, 7.0801, 10.2402, 3.7094, 6.5682, 9.3167,
      10.1257,
    ],
  ],
  [
    layers.randomRotation({ factor: [-0.25, -0.25], fillMode: 'constant', fillValue: -1 }),
    [3.75, 6.5, 2.5, -0.25, 4.25, 7.5, 3.5, 0.25, 4.75, 8.5, 4.5, 0.75],
  ],
  [
    layers.randomZoom({ heightFactor: [0.5, 0.5], widthFactor: [-0.5, -0.5], fillMode: 'nearest' }),
    [0.75, 1.25, 1.75, 2.25, 4.75, 5.25, 5.75, 6.25, 8.75, 9.25, 9.75, 10.25],
  ],
  [
    layers.randomTranslation({ heightFactor: [1 / 3, 1 / 3], widthFactor: [-0.25, -0.25] }),
    [1, 2, 3, 3, 1, 2, 3, 3, 5, 6, 7, 7],
  ],
  [
    layers.randomTranslation({
      heightFactor: [1 / 3, 1 / 3],
      widthFactor: [-0.125, -0.125],
      fillMode: 'wrap',
    }),
    [8.5, 9.5, 10.5, 8, 0.5, 1.5, 2.5, 0, 4.5, 5.5, 6.5, 4],
  ],
  [
    layers.randomTranslation({
      heightFactor: [-1 / 3, -1 / 3],
      widthFactor: [0.4, 0.4],
      fillMode: 'nearest',
      interpolation: 'nearest',
    }),
    [4, 4, 4, 5, 8, 8, 8, 9, 8, 8, 8, 9],
  ],
  [
    layers.randomBrightness({ factor: [-0.02, -0.02] }),
    [0, 0, 0, 0, 0, 0, 0.9, 1.9, 2.9, 3.9, 4.9, 5.9],
  ],
  [
    layers.randomContrast({ factor: 0, valueRange: [2, 10] }),
    [2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10],
  ],
];

for (const [index, [layer, expected]] of moves.entries()) {
  test(`${layer.getClassName()} (${index}) moves and colours as Keras does, op by op and compiled`, () => {
    const { numTensors } = tf.memory();
    // A batch, so that it is divided among the cores.
    const batch = tf.tile(first, [8, 1, 1, 1]);
    const all = Array<number[]>(8).fill(expected).flat();
    assertClose(applied(layer, batch), all, 1e-4);
    assertClose(compiled(layer, batch), all, 1e-4);
    batch.dispose();
    const single = tf.reshape(first, [3, 4, 1]);
    assertClose(applied(layer, single), expected, 1e-4);
    assert.deepEqual(applied(layer, single, false), [...first.dataSync()]);
    single.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });
}

const sizes: [tf.layers.Layer, number[], number[]][] = [
  [layers.resizing({ height: 2, width: 3 }), [2, 3], [1.1667, 2.5, 3.8333, 7.1667, 8.5, 9.8333]],
  [tf.layers.resizing({ height: 2, width: 3 }), [2, 3], [1.1667, 2.5, 3.8333, 7.1667, 8.5, 9.8333]],
  [
    layers.resizing({ height: 2, width: 3, interpolation: 'nearest' }),
    [2, 3],
    [0, 2, 3, 8, 10, 11],
  ],
  [
    layers.resizing({ height: 2, width: 2, cropToAspectRatio: true }),
    [2, 2],
    [1.25, 2.75, 7.25, 8.75],
  ],
  [
    layers.resizing({ height: 2, width: 2, padToAspectRatio: true, fillValue: -1 }),
    [2, 2],
    [1.5, 3.5, 7.5, 9.5],
  ],
  [
    layers.resizing({ height: 2, width: 6, padToAspectRatio: true }),
    [2, 6],
    [0, 0.5, 1.8333, 3.1667, 2, 0, 0, 3.5, 7.8333, 9.1667, 5, 0],
  ],
  [tf.layers.centerCrop({ height: 2, width: 2 }), [2, 2], [1, 2, 5, 6]],
  [tf.layers.centerCrop({ height: 1, width: 3 }), [1, 3], [4, 5, 6]],
  [tf.layers.centerCrop({ height: 4, width: 2 }), [4, 2], [1, 1, 3.5, 3.5, 6.5, 6.5, 9, 9]],
];

test('pictures get the size and the values that Keras gives them, in batches and alone', () => {
  const { numTensors } = tf.memory();
  const single = tf.reshape(first, [3, 4, 1]);
  for (const [layer, size, expected] of sizes) {
    const what = JSON.stringify(layer.getConfig());
    assert.deepEqual(layer.computeOutputShape([null, 3, 4, 1]), [null, ...size, 1], what);
    assertClose(applied(layer, first), expected, 1e-4);
    assertClose(applied(layer, first, false), expected, 1e-4);
    assertClose(compiled(layer, first), expected, 1e-4);
    assert.deepEqual(layer.computeOutputShape([3, 4, 1]), [...size, 1], what);
    assertClose(applied(layer, single), expected, 1e-4);
  }
  single.dispose();
  assert.equal(tf.memory().numTensors, numTensors);
});

test('a picture that is turned hands its gradient back as TensorFlow does', () => {
  const layer = layers.randomRotation({ factor: [0.1, 0.1] });
  const x = first.clone();
  const gradient = tf.grad((y: tf.Tensor) =>
    tf.sum(tf.mul(layer.apply(y, { training: true }) as tf.Tensor, first)),
  )(x);
  const expected = [
    4.2906, 2.4472, 1.3167, 2.1257, 7.8132, 6.2711, 4.729, 3.1868, 8.8743, 9.6833, 8.5528, 6.7094,
  ];
  assertClose([...gradient.dataSync()], expected, 1e-4);
  tf.dispose([x, gradient]);
});

const height = 5;
const width = 7;
const count = 2000;

/** Pictures whose two channels say where a pixel is, from the centre. */
function places(): tf.Tensor4D {
  const position = (pixel: number) => {
    const column = pixel % width;
    const row = Math.floor(pixel / width) % height;
    return [column - (width - 1) / 2, row - (height - 1) / 2];
  };
  const values = Array.from({ length: count * height * width }, (_, pixel) => position(pixel));
  return tf.tensor4d(values.flat(), [count, height, width, 2]);
}

/** Of each picture after a layer in training, op by op and as a graph, from where in it came a pixel. */
function origins(layer: tf.layers.Layer, right: number, down: number): [number, number][][] {
  const pictures = places();
  const pixel = ((height - 1) / 2 + down) * width + (width - 1) / 2 + right;
  const all = [applied(layer, pictures), compiled(layer, pictures)].map((values) =>
    Array.from({ length: count }, (_, i): [number, number] => {
      const at = 2 * (i * height * width + pixel);
      return [values[at] as number, values[at + 1] as number];
    }),
  );
  pictures.dispose();
  return all;
}

/** Asserts that numbers are drawn evenly from a range, another one for each picture. */
function assertUniform(numbers: number[], from: number, to: number): void {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [least, greatest] = [sorted[0] as number, sorted.at(-1) as number];
  const rounding = 1e-5 * (to - from + 1);
  assert.ok(least >= from - rounding && greatest <= to + rounding, `${least} to ${greatest}`);
  // Five times the deviation that such a share has by chance.
  const limit = (5 * 0.5) / Math.sqrt(numbers.length);
  for (const share of [0.1, 0.25, 0.5, 0.75, 0.9]) {
    const below = numbers.filter((one) => one < from + share * (to - from)).length / numbers.length;
    assert.ok(Math.abs(below - share) < limit, `${below} below the share ${share}`);
  }
  assert.ok(new Set(numbers).size > 0.9 * numbers.length);
}

test('angles are drawn evenly, for each picture, from -factor to factor of a full turn', () => {
  for (const [factor, from, to] of [
    [0.1, -0.1, 0.1],
    [[0.2, -0.1], -0.1, 0.2],
  ] as [number | [number, number], number, number][]) {
    for (const each of origins(layers.randomRotation({ factor }), 1, 0)) {
      assertClose(
        each.map(([x, y]) => Math.hypot(x, y)),
        each.map(() => 1),
        1e-5,
      );
      assertUniform(
        each.map(([x, y]) => Math.atan2(y, x) / (2 * Math.PI)),
        from,
        to,
      );
    }
  }
});

test('height and width are zoomed alike, or each by itself', () => {
  for (const each of origins(layers.randomZoom({ heightFactor: [-0.3, 0.2] }), 1, 1)) {
    assertUniform(
      each.map(([x]) => x),
      0.7,
      1.2,
    );
    assertClose(
      each.map(([x]) => x),
      each.map(([, y]) => y),
      1e-5,
    );
  }
  const layer = layers.randomZoom({ heightFactor: 0.2, widthFactor: [0.1, 0.4] });
  for (const each of origins(layer, 1, 1)) {
    assertUniform(
      each.map(([x]) => x),
      1.1,
      1.4,
    );
    assertUniform(
      each.map(([, y]) => y),
      0.8,
      1.2,
    );
    assertIndependent(each, [1.25, 1]);
  }
});

test('pictures are shifted by fractions of their own height and width', () => {
  const layer = layers.randomTranslation({ heightFactor: 0.2, widthFactor: [0, 0.2] });
  for (const each of origins(layer, 0, 0)) {
    assertUniform(
      each.map(([x]) => -x / width),
      0,
      0.2,
    );
    assertUniform(
      each.map(([, y]) => -y / height),
      -0.2,
      0.2,
    );
    assertIndependent(each, [-0.1 * width, 0]);
  }
});

/** Asserts that the second number says nothing on the first. */
function assertIndependent(pairs: [number, number][], middle: [number, number]): void {
  const same = pairs.filter(([x, y]) => x > middle[0] === y > middle[1]).length / pairs.length;
  assert.ok(Math.abs(same - 0.5) < 2.5 / Math.sqrt(pairs.length), String(same));
}

test('half of the pictures are flipped, in each direction by itself only where Keras 2 does it', () => {
  const shares = {
    horizontal: { '1,1': 0.5, '-1,1': 0.5 },
    vertical: { '1,1': 0.5, '1,-1': 0.5 },
    horizontalAndVertical: { '1,1': 0.5, '-1,-1': 0.5 },
    horizontalAndVerticalOfKeras2: { '1,1': 0.25, '1,-1': 0.25, '-1,1': 0.25, '-1,-1': 0.25 },
  } as const;
  for (const [mode, expected] of Object.entries(shares)) {
    const layer = layers.randomFlip({ mode: mode as keyof typeof shares });
    for (const each of origins(layer, 1, 1)) {
      const found = each.map(String);
      assert.deepEqual([...new Set(found)].sort(), Object.keys(expected).sort(), mode);
      for (const [place, share] of Object.entries(expected)) {
        const actual = found.filter((one) => one === place).length / count;
        assert.ok(Math.abs(actual - share) < 2.5 / Math.sqrt(count), `${mode} ${place}: ${actual}`);
      }
    }
  }
});

test('contrast and brightness are drawn for each picture, and leave its average or its differences', () => {
  const [right, other] = [1, -1];
  const range: [number, number] = [-10, 10];
  for (const [factor, from, to] of [
    [0.2, 0.8, 1.2],
    [[0.1, 0.4], 0.9, 1.4],
  ] as [number | [number, number], number, number][]) {
    const layer = layers.randomContrast({ factor, valueRange: range });
    for (const each of origins(layer, right, other)) {
      assertUniform(
        each.map(([x]) => x),
        from,
        to,
      );
      assertClose(
        each.map(([x]) => -x),
        each.map(([, y]) => y),
        1e-5,
      );
    }
  }
  const layer = layers.randomBrightness({ factor: [-0.1, 0.3], valueRange: range });
  for (const each of origins(layer, right, other)) {
    assertUniform(
      each.map(([x]) => x - right),
      -2,
      6,
    );
    assertClose(
      each.map(([x]) => x - right),
      each.map(([, y]) => y - other),
      1e-5,
    );
  }
});

test('a graph draws other numbers at each run, and divides the pictures among the cores', () => {
  const { numTensors } = tf.memory();
  const pictures = places();
  const layer = layers.randomRotation({ factor: 0.5 });
  const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 8]);
  const turn = (x: tf.Tensor) => {
    const turned = layer.apply(x, { training: true }) as tf.Tensor4D;
    return tf.mean(tf.relu(tf.conv2d(turned, filter, 1, 'same')), [1, 2]);
  };
  const step = graph.compile(turn);
  const [one, two] = [step(pictures), step(pictures)];
  assert.notDeepEqual(one.dataSync(), two.dataSync());
  const text = graph.describe(turn, pictures, { after: 'shardBatch' });
  const shares = shardSizes(count, availableParallelism()).length;
  assert.equal(text.match(/ = ImageProjectiveTransformV3/g)?.length, shares, text);
  tf.dispose([one, two, pictures, filter]);
  step.dispose();
  assert.equal(tf.memory().numTensors, numTensors);
});

test('a model trains with other pictures in each epoch, and predicts with the same', async () => {
  const { numTensors } = tf.memory();
  const augmentation = tf.sequential({
    layers: [
      layers.randomFlip({ mode: 'horizontal', inputShape: [8, 8, 1] }),
      layers.randomRotation({ factor: 0.1 }),
      layers.randomZoom({ heightFactor: 0.2 }),
    ],
  });
  const convolution = tf.layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu' });
  // In the middle, where gradients go through it.
  const shift = layers.randomTranslation({ heightFactor: 0.2, widthFactor: 0.2 });
  const output = tf.layers.dense({ units: 1 });
  const model = tf.sequential({
    layers: [augmentation, convolution, shift, tf.layers.flatten(), output],
  });
  const x = tf.randomUniform([32, 8, 8, 1], 0, 1, 'float32', 5);
  const y = tf.randomUniform([32, 1], 0, 1, 'float32', 6);
  for (const isCompiled of [false, true]) {
    // Nothing is learned, so only the pictures differ.
    model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
    const options = { epochs: 3, verbose: 0, compiled: isCompiled } as const;
    const { history } = await training.fit(model, x, y, options);
    assert.equal(new Set(history.loss as number[]).size, 3);
    assert.deepEqual(applied(model, x, false), applied(model, x, false));
    model.optimizer.dispose();
  }
  const weights = () => convolution.getWeights().map((weight) => [...weight.dataSync()]);
  const before = weights();
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
  await training.fit(model, x, y, { epochs: 1, verbose: 0, compiled: true });
  assert.notDeepEqual(weights(), before);
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([x, y]);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('what is no picture, or no option, is refused by name', () => {
  const flip = layers.randomFlip({ name: 'flip' });
  const numbers = tf.zeros([2, 3]);
  const whole = tf.zeros([2, 3, 3, 1], 'int32');
  assert.throws(
    () => applied(flip, numbers),
    /"flip" \(RandomFlip\) takes pictures, .* not the shape \[2, 3\]/,
  );
  assert.throws(() => flip.computeOutputShape([null, 3]), /"flip".* not the shape \[null, 3\]/);
  assert.throws(
    () => applied(flip, whole),
    /"flip" \(RandomFlip\) takes .* float32 numbers, not of int32/,
  );
  assert.throws(
    () => applied(tf.layers.centerCrop({ height: 1, width: 1 }), numbers),
    /CenterCrop.* takes pictures/,
  );
  tf.dispose([numbers, whole]);
  const size = { height: 2, width: 2 };
  for (const [make, message] of [
    [
      () => layers.randomFlip({ mode: 'diagonal' as 'vertical' }),
      /mode = "diagonal".*one of horizontal, /,
    ],
    [
      () => layers.randomRotation({ factor: 30 }),
      /\(RandomRotation\) has factor = 30, .* from -1 to 1/,
    ],
    [() => layers.randomRotation({} as { factor: number }), /has factor = undefined/],
    [() => layers.randomZoom({ heightFactor: [-1, 0.5] }), /heightFactor = \[-1,0.5\].*above -1/],
    [() => layers.randomTranslation({ heightFactor: 0, widthFactor: 2 }), /widthFactor = 2/],
    [() => layers.randomContrast({ factor: [0.3, 0.1] }), /factor = \[0.3,0.1\].*lesser one first/],
    [() => layers.randomContrast({ factor: -0.1 }), /factor = \[-0.1,-0.1\].* from 0 to 1/],
    [() => layers.randomBrightness({ factor: 0.1, valueRange: [1, 0] }), /valueRange = \[1,0\]/],
    [
      () => layers.randomZoom({ heightFactor: 0.1, fillMode: 'mirror' as 'wrap' }),
      /fillMode = "mirror".*reflect, wrap/,
    ],
    [
      () => layers.randomRotation({ factor: 0.1, interpolation: 'bicubic' as 'nearest' }),
      /interpolation = "bicubic"/,
    ],
    [() => layers.resizing({ height: 2, width: 0.5 }), /width = 0.5.*whole number from 1/],
    [
      () => layers.resizing({ ...size, interpolation: 'area' as 'nearest' }),
      /interpolation = "area".*bilinear or nearest/,
    ],
    [
      () => layers.resizing({ ...size, cropToAspectRatio: true, padToAspectRatio: true }),
      /padToAspectRatio = true.*false where cropToAspectRatio/,
    ],
  ] as [() => tf.layers.Layer, RegExp][]) {
    assert.throws(make, message);
  }
});
