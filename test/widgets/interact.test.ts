import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import * as tf from '../../lib/tensorflow';
import * as widgets from '../../lib/widgets/index';
import { until } from '../browser/until';
import {
  leaveNotebook,
  type PretendedComm,
  type PretendedNotebook,
  pretendNotebook,
} from '../display/pretendNotebook';

afterEach(() => {
  leaveNotebook();
  mock.restoreAll();
});

const stateOf = ({ opened }: PretendedComm) => (opened as { state: Record<string, unknown> }).state;

describe('controls', () => {
  test('values are what the browser sends, in steps', () => {
    const slider = widgets.slider(-1, 1, { step: 0.1, value: 0 });
    assert.equal(slider.initial, 0);
    assert.equal(slider.next({ state: { value: 0.30000000000000004 } }, 0), 0.3);
    assert.equal(slider.describe?.(0.3), '0.3');
    assert.equal(slider.next({ content: 'else' }, 0.5), 0.5);
    const dropdown = widgets.dropdown({ one: [1], two: [2] });
    assert.deepEqual(dropdown.initial, [1]);
    assert.deepEqual(dropdown.next({ state: { index: 1 } }, [1]), [2]);
    assert.equal(widgets.checkbox().next({ state: { value: true } }, false), true);
    assert.equal(widgets.button().next({ content: { event: 'click' } }, 2), 3);
  });

  test('types are those of the controls', () => {
    const word: widgets.Control<'sgd' | 'adam'> = widgets.dropdown(['sgd', 'adam']);
    assert.equal(word.initial, 'sgd');
  });

  test('what makes no control is named', () => {
    assert.throws(() => widgets.slider(1, 0), /slider: 1 to 0 is not a range/);
    assert.throws(() => widgets.slider(0, 1, { step: 0 }), /the step is 0/);
    assert.throws(
      () => widgets.slider(0, 1, { value: 2 }),
      /the value 2 is not in the range 0 to 1/,
    );
    assert.throws(() => widgets.dropdown([]), /nothing to choose from/);
    assert.throws(
      () => widgets.dropdown(['a', 'b'], { value: 'c' as 'a' }),
      /there is no entry c; the entries are a, b/,
    );
  });

  test('the pad gives the picture that lib makes of a drawing', () => {
    const pad = widgets.pad();
    const line = [0.2, 0.4, 0.6, 0.8].map((y) => ({ x: 0.5, y }));
    const picture = pad.next({ state: { strokes: [line] } }, undefined);
    assert.equal(picture?.length, 784);
    assert.equal(picture?.[14 * 28 + 14], 1);
    assert.equal(picture?.[14 * 28 + 4], 0);
    assert.equal(pad.next({ state: { strokes: [] } }, picture), undefined);
  });
});

describe('interact in a notebook', () => {
  let notebook: PretendedNotebook;
  beforeEach(() => {
    notebook = pretendNotebook();
  });
  const move = (value: number) =>
    notebook.comms[0]?.receive({ method: 'update', state: { value }, buffer_paths: [] });
  const texts = () => notebook.bundles.map((bundle) => bundle['text/plain']);

  test('shows controls, a result, and the values it belongs to; then the result of others', async () => {
    const controls = { size: widgets.slider(0, 9, { step: 1 }), big: widgets.checkbox() };
    const interaction = await widgets.interact(controls, ({ size, big }) => `${size} ${big}`);
    assert.deepEqual(texts(), [
      'Controls: size, big. Run this cell to use them.',
      '0 false',
      'size: 0, big: no',
    ]);
    const [slider, , box] = notebook.comms as [PretendedComm, PretendedComm, PretendedComm];
    assert.equal(stateOf(slider).description, 'size');
    assert.deepEqual(stateOf(box).children, ['IPY_MODEL_comm-0', 'IPY_MODEL_comm-1']);
    move(4);
    await until('the caption follows', 20, () => texts().at(-1) === 'size: 4, big: no');
    assert.equal(texts().at(-2), '4 false');
    assert.deepEqual(interaction.values, { size: 4, big: false });
    assert.equal(notebook.ids.at(-2), notebook.ids[1], 'in place of the first result');
    interaction.close();
    assert.deepEqual(notebook.openComms(), []);
  });

  test('a slow function gets the latest values and none of those in between', async () => {
    const got: number[] = [];
    let goOn = () => {};
    await widgets.interact({ size: widgets.slider(0, 9, { step: 1 }) }, async ({ size }) => {
      got.push(size);
      if (size === 1) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
    });
    move(1);
    await until('the function is at work', 20, () => got.length === 2);
    [2, 3, 4].map(move);
    goOn();
    await until('the function has the last value', 20, () => got.at(-1) === 4);
    assert.deepEqual(got, [0, 1, 4]);
  });

  test('an error takes the place of the result until the next movement', async () => {
    await widgets.interact({ size: widgets.slider(0, 9, { step: 1 }) }, ({ size }) => {
      if (size === 1) {
        throw new RangeError('not 1');
      }
      return size;
    });
    move(1);
    await until('the error is shown', 20, () => texts().at(-1) === 'size: 1');
    assert.match(String(notebook.bundles.at(-2)?.['application/vnd.jupyter.stderr']), /not 1/);
    move(2);
    await until('the result is back', 20, () => texts().at(-1) === 'size: 2');
    assert.equal(texts().at(-2), '2');
  });

  test('an error of the first call is the caller’s, and leaves no comm open', async () => {
    const onClose = mock.fn();
    const failing = () => {
      throw new RangeError('never');
    };
    await assert.rejects(
      widgets.interact({ size: widgets.slider(0, 9) }, failing, { onClose }),
      /never/,
    );
    assert.deepEqual(notebook.openComms(), []);
    assert.equal(onClose.mock.callCount(), 1);
    await assert.rejects(widgets.interact({}, failing), /interact needs a control/);
  });

  test('a figure is redrawn at once, and its picture for the saved notebook follows', async () => {
    await widgets.interact({ size: widgets.slider(1, 9, { step: 1 }) }, ({ size }) => ({
      data: [{ type: 'bar', x: ['a'], y: [size] }],
      layout: { width: 300, height: 200 },
    }));
    const figures = () => notebook.bundles.filter((one) => 'application/vnd.plotly.v1+json' in one);
    assert.ok('image/png' in (figures()[0] ?? {}));
    move(5);
    await until('the figure is redrawn', 20, () => figures().length === 2);
    assert.match(JSON.stringify(figures()[1]), /"y":\[5\]/);
    assert.ok(!('image/png' in (figures()[1] ?? {})));
    await until('its picture follows', 60, () => figures().length === 3);
    assert.ok('image/png' in (figures()[2] ?? {}));
    assert.notEqual(figures()[2]?.['image/png'], figures()[0]?.['image/png']);
  });

  test('no movement leaves a tensor behind, whether it is part of the way or the result', async () => {
    const { numTensors } = tf.memory();
    const picture = tf.ones([2, 2]);
    const seen: tf.Tensor[] = [];
    await widgets.interact({ size: widgets.slider(0, 9, { step: 1 }) }, ({ size }) => {
      const noisy = picture.mul(size).add(1);
      seen.push(noisy);
      if (size === 2) {
        throw new RangeError('not 2');
      }
      if (size === 3) {
        tf.keep(noisy);
      }
      return size === 4 ? noisy.dataSync().join() : noisy;
    });
    for (const size of [1, 2, 3, 4]) {
      move(size);
      await until('it is drawn', 20, () => texts().at(-1) === `size: ${size}`);
    }
    assert.match(String(texts()[3]), /2, 2/, 'a tensor is shown before it is disposed');
    assert.deepEqual(
      seen.map(({ isDisposed }) => isDisposed),
      [true, true, true, false, true],
    );
    assert.equal(tf.memory().numTensors, numTensors + 2, 'the picture, and the one that is kept');
    tf.dispose([picture, ...seen]);
  });

  test('the tensors of an async function are its own: it may need them after a wait', async () => {
    const { numTensors } = tf.memory();
    await widgets.interact({ size: widgets.slider(2, 9, { step: 1 }) }, async ({ size }) => {
      const made = tf.fill([2], size);
      await new Promise((resolve) => setImmediate(resolve));
      const text = made.dataSync().join();
      made.dispose();
      return text;
    });
    assert.equal(texts()[1], '2,2');
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test('when its cell is run again, nothing is drawn any more', async () => {
    let calls = 0;
    const onClose = mock.fn();
    const draw = () => ++calls;
    await widgets.interact({ size: widgets.slider(0, 9, { step: 1 }) }, draw, { onClose });
    const { comm } = notebook.comms[0] as PretendedComm;
    comm.onClose?.({ data: {}, metadata: {}, buffers: [] });
    assert.deepEqual(notebook.openComms(), []);
    assert.equal(onClose.mock.callCount(), 1);
  });
});

test('outside a notebook no tensor is left either', async () => {
  mock.method(console, 'log', () => {});
  const { numTensors } = tf.memory();
  await widgets.interact({ size: widgets.slider(2, 9) }, ({ size }) => tf.fill([2], size).square());
  assert.equal(tf.memory().numTensors, numTensors);
});

test('outside a notebook the function is called once, with the first values', async () => {
  const log = mock.method(console, 'log', () => {});
  const onClose = mock.fn();
  const controls = { size: widgets.slider(2, 9), pad: widgets.pad() };
  const { values } = await widgets.interact(controls, ({ size, pad }) => `${size} ${pad}`, {
    onClose,
  });
  assert.deepEqual(
    log.mock.calls.map((call) => call.arguments),
    [['2 undefined']],
  );
  assert.deepEqual(values, { size: 2, pad: undefined });
  assert.equal(onClose.mock.callCount(), 1);
});
