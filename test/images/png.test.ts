import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { read, toPng, writePng } from '../../lib/images';
import * as tf from '../../lib/tensorflow';

test('grey values survive the way to a PNG and back', async () => {
  const values = [0, 51, 102, 153, 204, 255];
  const before = tf.memory().numTensors;
  const shapes: [number, number][] = [[2, 3]];
  for (const shape of [...shapes, [2, 3, 1]]) {
    const float = tf.tidy(() => tf.tensor(values, shape).div(255));
    const integer = tf.tensor(values, shape, 'int32');
    const raw = tf.tensor(values, shape);
    const contents = [
      await toPng(float),
      await toPng(integer),
      await toPng(raw, { valueRange: [0, 255] }),
    ];
    tf.dispose([float, integer, raw]);
    for (const content of contents) {
      const picture = await read(content);
      assert.deepEqual([picture.width, picture.height, [...picture.pixels]], [3, 2, values]);
    }
  }
  assert.equal(tf.memory().numTensors, before);
});

test('colours and enlargement', async () => {
  const green = tf.tensor3d([0, 1, 0, 1, 1, 1], [1, 2, 3]);
  const picture = await read(await toPng(green, { scale: 3 }));
  green.dispose();
  assert.deepEqual([picture.width, picture.height], [6, 3]);
  assert.deepEqual([...picture.pixels.slice(0, 6)], [150, 150, 150, 255, 255, 255]);
});

test('what is no picture is refused with the value seen', async () => {
  const cases: [tf.Tensor, object, RegExp][] = [
    [tf.zeros([4]), {}, /shape \[4\] is not a picture/],
    [tf.zeros([1, 28, 28, 1]), {}, /shape \[1,28,28,1\] is not a picture/],
    [tf.zeros([2, 2, 2]), {}, /shape \[2,2,2\]/],
    [tf.fill([2, 2], 200), {}, /value 200, outside 0 to 1/],
    [tf.fill([2, 2], Number.NaN), {}, /value NaN/],
    [tf.zeros([2, 2]), { scale: 1.5 }, /scale is 1.5/],
  ];
  for (const [tensor, options, message] of cases) {
    await assert.rejects(toPng(tensor, options), message);
    tensor.dispose();
  }
});

test('a PNG file is written whole or not at all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'write-png-'));
  const tensor = tf.eye(4);
  await writePng(join(folder, 'eye.png'), tensor);
  assert.deepEqual(await readFile(join(folder, 'eye.png')), await toPng(tensor));
  await mkdir(join(folder, 'taken.png', 'inside'), { recursive: true });
  await assert.rejects(writePng(join(folder, 'taken.png'), tensor), /taken\.png cannot be written/);
  assert.deepEqual((await readdir(folder)).sort(), ['eye.png', 'taken.png']);
  tensor.dispose();
  await rm(folder, { recursive: true });
});
