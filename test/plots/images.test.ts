import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Jimp } from 'jimp';
import { type Figure, image, imageGrid } from '../../lib/plots';
import * as tf from '../../lib/tensorflow';

/** The PNG inside a figure, decoded by a library that did not write it. */
async function picture(figure: Figure) {
  const { source } = figure.data[0] as { source: string };
  assert.match(source, /^data:image\/png;base64,/);
  return Jimp.read(Buffer.from(source.slice(source.indexOf(',') + 1), 'base64'));
}

/** Red, green and blue at a place of the PNG. */
async function color(figure: Figure, x: number, y: number): Promise<number[]> {
  const rgba = (await picture(figure)).getPixelColor(x, y);
  return [rgba >>> 24, (rgba >>> 16) & 255, (rgba >>> 8) & 255];
}

/** The opacity, from 0 (transparent) to 255 (a pixel of a picture). */
async function opacity(figure: Figure, x: number, y: number): Promise<number> {
  return (await picture(figure)).getPixelColor(x, y) & 255;
}

describe('image', () => {
  test('holds the pixels as they are, and nothing around them', async () => {
    const drawn = image([
      [0, 51],
      [102, 255],
    ]);
    const png = await picture(drawn);
    const left = (png.width - 2) >> 1;
    const shades = [0, 1].flatMap((y) => [0, 1].map((x) => color(drawn, left + x, y)));
    assert.deepEqual(
      (await Promise.all(shades)).map(([red]) => red),
      [0, 51, 102, 255],
    );
    assert.equal(await opacity(drawn, png.width - 1, png.height - 1), 0);
    assert.equal(await opacity(drawn, left, 0), 255);
  });

  test('takes 0 to 1, a channel dimension, a batch of one, and colours', async () => {
    const before = tf.memory().numTensors;
    const grey = tf.tensor([0.2, 1, 0, 0.4], [2, 2]);
    const expected = image(grey).data;
    for (const shape of [
      [2, 2, 1],
      [1, 2, 2],
      [1, 2, 2, 1],
    ]) {
      const reshaped = grey.reshape(shape);
      const { data } = image(reshaped);
      reshaped.dispose();
      assert.deepEqual(data, expected);
    }
    grey.dispose();
    const orange = image([[[255, 128, 0]]]);
    const { width } = await picture(orange);
    assert.deepEqual(await color(orange, (width - 1) >> 1, 0), [255, 128, 0]);
    assert.equal(tf.memory().numTensors, before);
  });

  test('averages a photo down instead of storing every pixel', async () => {
    const photo = tf.ones([1200, 1800]);
    const figure = image(photo);
    photo.dispose();
    const { width, height } = await picture(figure);
    assert.ok(width < 700 && height < 500, `${width} × ${height}`);
    assert.ok(figure.layout.width < 400);
  });

  test('a caption stands below the picture and has room', () => {
    const plain = image(tf.zeros([28, 28]));
    const { layout } = image(tf.zeros([28, 28]), { caption: 'seven\nor one' });
    assert.equal(layout.annotations?.[0]?.text, 'seven<br>or one');
    assert.ok(layout.height >= plain.layout.height + 34);
  });

  test('minimum and maximum say what is black and white; beyond is cut off', async () => {
    const drawn = image([[-3, 0, 3]], { minimum: -2, maximum: 2 });
    const { width } = await picture(drawn);
    const left = (width - 3) >> 1;
    assert.deepEqual(await color(drawn, left, 0), [0, 0, 0]);
    assert.deepEqual(await color(drawn, left + 1, 0), [128, 128, 128]);
    assert.deepEqual(await color(drawn, left + 2, 0), [255, 255, 255]);
  });

  test('refuses what is no picture', () => {
    const before = tf.memory().numTensors;
    assert.throws(() => image([1, 2, 3]), /shape \[1,3\]/);
    assert.throws(() => image(tf.zeros([2, 2, 2])), /shape \[1,2,2,2\]/);
    assert.throws(() => image([[0, Number.NaN]]), /pixel of NaN/);
    assert.throws(() => image([[-1, 1]]), /from -1 to 1, which is neither/);
    assert.throws(() => image([[0, 300]]), /from 0 to 300, which is neither/);
    assert.throws(() => image([[0, 1]], { minimum: 2, maximum: 2 }), /must be less/);
    assert.equal(tf.memory().numTensors, before + 1, 'only the tensor given is left');
  });
});

describe('imageGrid', () => {
  /** Twenty-two pictures of 28 × 28, each of one shade: 0, 10, 20, … */
  const shades = tf.tidy(() =>
    tf
      .range(0, 22)
      .mul(10)
      .reshape([22, 1, 1])
      .mul(tf.ones([22, 28, 28])),
  );

  test('places the first pictures row by row', async () => {
    const figure = imageGrid(shades, { rows: 4, columns: 5 });
    const png = await picture(figure);
    for (let index = 0; index < 20; index++) {
      const x = Math.floor(((index % 5) + 0.5) * (png.width / 5));
      const y = Math.floor((Math.floor(index / 5) + 0.5) * (png.height / 4));
      assert.deepEqual(await color(figure, x, y), [index * 10, index * 10, index * 10]);
    }
  });

  test('leaves places without a picture transparent', async () => {
    const figure = imageGrid(shades, { rows: 3, columns: 9 });
    const { width, height } = await picture(figure);
    assert.equal(await opacity(figure, width - 10, height - 10), 0);
  });

  test('a grid of 20 digits is light', () => {
    const noise = tf.randomUniform([20, 28, 28], 0, 255, 'float32', 1);
    const size = JSON.stringify(imageGrid(noise, { rows: 4, columns: 5 })).length;
    noise.dispose();
    assert.ok(size < 50_000, `${size} bytes, and digits compress better than noise`);
  });

  test('captions stand centred below their pictures, with their colours', () => {
    const captions = ['trouser', 'ankle boot', 'a long caption that needs more room'];
    const { layout } = imageGrid(shades.slice(0, 3), {
      rows: 1,
      columns: 3,
      captions,
      captionColors: ['green', 'red', 'green'],
    });
    const notes = layout.annotations ?? [];
    assert.deepEqual(
      notes.map(({ text, font }) => [text, font?.color]),
      captions.map((text, index) => [text, index === 1 ? 'red' : 'green']),
    );
    const plain = imageGrid(shades, { rows: 1, columns: 3 });
    assert.ok(layout.width > plain.layout.width + 300, 'wide captions push the columns apart');
  });

  test('refuses captions that do not fit, and grids that are none', () => {
    const grid = { rows: 2, columns: 2 };
    assert.throws(
      () => imageGrid(shades, { ...grid, captions: ['one'] }),
      /4 pictures are shown, but captions has 1 entries/,
    );
    assert.throws(
      () => imageGrid(shades, { ...grid, captionColors: [] }),
      /captionColors has 0 entries/,
    );
    assert.throws(() => imageGrid(shades, { rows: 0, columns: 2 }), /rows must be a whole number/);
    assert.throws(() => imageGrid(shades, { rows: 1, columns: 1.5 }), /columns must be.*not 1.5/);
    assert.throws(() => imageGrid(tf.zeros([0, 28, 28]), grid), /shape \[0,28,28\]/);
  });
});
