/** Files that were damaged, or made to do harm (see fixtures/make_hostile_files.py). */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { saving } from '../../lib/index';
import { parseHdf5 } from '../../lib/saving/hdf5File';
import * as tf from '../../lib/tensorflow';
import { fixture, fixtures } from './fixtures';

const folder = mkdtempSync(path.join(tmpdir(), 'hostile-'));
after(() => rmSync(folder, { recursive: true }));

const refused: Record<string, RegExp> = {
  external_storage: /kernel:0 has its numbers in another file, which is not read/,
  virtual_dataset: /kernel:0 is put together from other files, which are not read/,
  external_link: /kernel:0 is a link into another file \(secret\.h5\), which is not followed/,
  soft_link: /kernel:0 is a link that leads nowhere/,
  circle: /circle\.h5 is damaged .*nested without end/,
  huge: /huge\.h5 is damaged .*says that it holds more than 1525 MB of numbers/,
  bomb: /bomb\.h5 is damaged .*says that it holds more than 38 MB of numbers/,
};

for (const [name, reason] of Object.entries(refused)) {
  test(`${name}.h5 is refused`, async () => {
    await assert.rejects(
      saving.loadKerasH5(path.join(fixtures, 'hostile', `${name}.h5`)),
      (error: Error) => reason.test(error.message) && error.message.includes(`${name}.h5`),
    );
  });
}

test('a link inside the file is followed', async () => {
  const model = await saving.loadKerasH5(path.join(fixtures, 'hostile/soft_link_inside.h5'));
  assert.deepEqual(model.getWeights()[0]?.arraySync(), [[0], [1], [2], [3]]);
  model.dispose();
});

test('a file that stops the HDF5 library does not touch later loads and saves', async () => {
  const good = fixture('keras2_momentum');
  const bytes = readFileSync(good);
  // Each of these breaks the library in a different way; the last one permanently.
  for (const at of [1200, 1600, 2000]) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0, at, at + 200);
    await assert.rejects(parseHdf5(damaged, 'damaged.h5'), /^Error: damaged\.h5 is damaged/);
  }
  const model = await saving.loadKerasH5(good);
  const copy = path.join(folder, 'copy.h5');
  await saving.saveKerasH5(model, copy);
  const loaded = await saving.loadKerasH5(copy);
  for (const one of [model, loaded]) {
    one.dispose();
  }
});

test('a weight of which one bit changed on the disk is an error that names it', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  const file = path.join(folder, 'bit.h5');
  await saving.saveKerasH5(model, file);
  const kernel = model.getWeights()[0]?.dataSync<'float32'>() as Float32Array;
  const bytes = readFileSync(file);
  const place = bytes.indexOf(Buffer.from(kernel.buffer, kernel.byteOffset, kernel.byteLength));
  assert.ok(place > 0);
  bytes.writeUInt8(bytes.readUInt8(place + 5) ^ 1, place + 5);
  writeFileSync(file, bytes);
  await assert.rejects(saving.loadKerasH5(file), /kernel is damaged: its checksum or/);
  model.dispose();
});
