// What processes that are killed during a save leave behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryName } from '../../lib/files/temporaryNames';
import { saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const root = mkdtempSync(path.join(tmpdir(), 'checkpoint-kills-'));
after(() => rmSync(root, { recursive: true }));

test('ended at every moment of a replacement: the checkpoint is whole, and so after more saves', async () => {
  let stopAt = 1;
  for (let ended = true; ended; stopAt++) {
    const left = mkdtempSync(path.join(root, 'step-'));
    await saveFilled(path.join(left, 'model.ckpt'), 1);
    ended = await saveAndStop(path.join(left, 'model.ckpt'), 2, stopAt);
    for (const next of ['look', 'save'] as const) {
      const folder = `${left}-${next}`;
      const prefix = path.join(folder, 'model.ckpt');
      cpSync(left, folder, { recursive: true });
      if (next === 'look') {
        assert.equal(await saving.latestCheckpoint(folder), prefix);
      }
      const other = path.join(folder, 'other.ckpt');
      await saveFilled(other, 3);
      const value = await filledWith(prefix);
      assert.ok(value === 1 || value === 2, `step ${stopAt}: ${value}`);
      assert.equal(await filledWith(other), 3);
      assert.equal(await saving.latestCheckpoint(folder), other);
      await saveFilled(prefix, 4);
      assert.equal(await filledWith(prefix), 4);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes('tmp')),
        [],
      );
    }
  }
  assert.ok(stopAt > 8, `${stopAt - 2} moments were tried`);
});

test('a checkpoint that another process is replacing is waited for', async () => {
  const folder = mkdtempSync(path.join(root, 'busy-'));
  const prefix = path.join(folder, 'model.ckpt');
  await saveFilled(prefix, 1);
  // The temporary name of a running process: this one.
  const temporary = path.join(folder, temporaryName('model.ckpt'));
  await saveFilled(temporary, 2);
  const latest = saving.latestCheckpoint(folder);
  await sleep(200);
  // Renamed, as it is read meanwhile.
  const note = path.join(folder, 'checkpoint');
  writeFileSync(`${note}.new`, 'model_checkpoint_path: "model.ckpt"\n');
  renameSync(`${note}.new`, note);
  assert.equal(await latest, prefix);
});

async function saveFilled(prefix: string, value: number): Promise<void> {
  const tensors = { a: tf.fill([300, 100], value), b: tf.fill([7], value) };
  await saving.saveCheckpoint(prefix, tensors);
  tf.dispose(tensors);
}

/** The one value that all numbers of a checkpoint have; NaN if they differ. */
async function filledWith(prefix: string): Promise<number> {
  const tensors = await saving.loadCheckpoint(prefix);
  const values = Object.values(tensors).flatMap((tensor) => [...tensor.dataSync()]);
  tf.dispose(tensors);
  return values.every((value) => value === values[0]) ? (values[0] as number) : Number.NaN;
}

/** Returns whether the saving process was killed before it had finished. */
async function saveAndStop(prefix: string, value: number, stopAt: number): Promise<boolean> {
  const program = path.join(__dirname, 'saveAndStop.js');
  const changes = { STOP_AT_CHANGE: String(stopAt), CHANGES: 'rename,copyFile,rm' };
  const env = { ...process.env, ...changes };
  const child = spawn(process.execPath, [program, prefix, String(value)], { env });
  const [, signal] = await once(child, 'exit');
  return signal === 'SIGKILL';
}

test('killed at any moment, 20 times: the latest checkpoint is whole and the newest', async () => {
  const folders = Array.from({ length: 2 }, () => mkdtempSync(path.join(root, 'killed-')));
  await Promise.all(folders.map((folder) => killRepeatedly(folder, 10)));
});

async function killRepeatedly(folder: string, times: number): Promise<void> {
  let reported = 0;
  for (let kill = 0; kill < times; kill++) {
    const child = spawn(process.execPath, [
      path.join(__dirname, 'saveForever.js'),
      folder,
      String(reported + 1),
    ]);
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    await once(child.stdout, 'data');
    await sleep(Math.random() * 60);
    child.kill('SIGKILL');
    await once(child, 'close');
    reported = Number(output.trim().split('\n').at(-1));

    const latest = await saving.latestCheckpoint(folder);
    assert.ok(!latest?.endsWith('.tmp'), `${latest} is a temporary file`);
    const { a, b } = await saving.loadCheckpoint(latest as string);
    const values = [...(a as tf.Tensor).dataSync(), ...(b as tf.Tensor).dataSync()];
    const [n] = values as [number];
    assert.ok(
      values.every((value) => value === n),
      'all values are of one save',
    );
    assert.ok(n === reported || n === reported + 1, `${n} is loaded, ${reported} was saved`);
    reported = n;
    tf.dispose([a, b]);
  }
}
