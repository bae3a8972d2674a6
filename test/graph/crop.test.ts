/** What max pooling discards is not computed, and used values do not change. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TensorFunction } from '../../lib/graph/capture/capture';
import * as tf from '../../lib/tensorflow';
import { assertSame, nodes, upstreamGradient } from './graphs';

const filter = (size: number, input: number, output: number, seed: number) =>
  tf.randomNormal([size, size, input, output], 0, 0.5, 'float32', seed) as tf.Tensor4D;
const pictures = (size: number, channels = 1) =>
  tf.randomNormal([3, size, size, channels], 0, 1, 'float32', 9);

/** Value and gradients of a function, with another upstream gradient at each place. */
function withGradients(body: (...inputs: tf.Tensor[]) => tf.Tensor): TensorFunction {
  return (inputs) => {
    const { shape } = tf.tidy(() => body(...inputs));
    const { value, grads } = tf.valueAndGrads(body)(inputs, upstreamGradient(shape));
    return [value, ...grads];
  };
}

type Activation = (x: tf.Tensor4D) => tf.Tensor4D;

/** The two convolutions of the network of notebook 04, for pictures of 14 × 14: 14, 12, 6, 4, 2. */
const layers =
  (activation: Activation, stride = 1) =>
  (x: tf.Tensor, ...weights: tf.Tensor[]) => {
    const [first, bias, second] = weights as [tf.Tensor4D, tf.Tensor1D, tf.Tensor4D];
    const convolved = tf.add(tf.conv2d(x as tf.Tensor4D, first, stride, 'valid'), bias);
    const pooled = tf.maxPool(activation(convolved as tf.Tensor4D), 2, 2, 'valid');
    const again = tf.conv2d(pooled as tf.Tensor4D, second, 1, 'valid');
    return tf.maxPool(activation(again as tf.Tensor4D), 2, 2, 'valid');
  };

const inputs = (size: number) => [
  pictures(size),
  filter(3, 1, 4, 1),
  tf.randomNormal([4], 0, 1, 'float32', 2),
  filter(3, 4, 5, 3),
];

/** The sizes that the graph's slices cut out of pictures. */
function cuts(body: TensorFunction, ...given: tf.Tensor[]): string[] {
  return nodes(body, ...given)
    .filter(({ op }) => op === 'Slice')
    .map(({ inputs: [, , size] }) => {
      const content = size?.node.attributes.value;
      assert.ok(content?.kind === 'tensor');
      return String(new Int32Array(content.value.bytes.buffer).slice(1, 3));
    });
}

describe('convolutions before max pooling', () => {
  const { relu, sigmoid, tanh, elu } = tf;
  const activations: Record<string, Activation> = { relu, sigmoid, tanh, elu, linear: (x) => x };
  for (const [name, activation] of Object.entries(activations)) {
    it(`of pictures of every size give the same values and gradients, with ${name}`, () => {
      for (const size of [10, 11, 12, 13, 14, 15, 16]) {
        assertSame(withGradients(layers(activation)), ...inputs(size));
      }
    });
  }

  it('take strides', () => {
    for (const size of [18, 19, 20, 21, 22]) {
      assertSame(withGradients(layers(tf.relu, 2)), ...inputs(size));
    }
  });

  it('see no more of the pictures than the pooling does, through both layers', () => {
    const body = withGradients(layers(tf.relu));
    const given = inputs(16);
    // 16, 14, 7, 5, 2: of 5 the pooling sees 4, for which 6, 12 and 14 are needed.
    assert.deepEqual(cuts(body, ...given), ['14,14']);
    // Only the gradient of the pictures themselves is needed as a whole.
    assert.equal(nodes(body, ...given).filter(({ op }) => op === 'Pad').length, 1);
    tf.dispose(given);
  });

  it('are left alone where the windows see everything', () => {
    const given = inputs(14);
    assert.deepEqual(cuts(withGradients(layers(tf.relu)), ...given), []);
    tf.dispose(given);
  });

  it('are computed as a whole, once, where something else needs the whole', () => {
    const body = withGradients((x, w) => {
      const convolved = tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'));
      const pooled = tf.maxPool(convolved as tf.Tensor4D, 2, 2, 'valid');
      return tf.add(tf.sum(tf.square(convolved)), tf.sum(tf.square(pooled)));
    });
    const given = [pictures(9), filter(3, 1, 2, 4)];
    const found = nodes(body, ...given).map(({ op }) => op);
    assert.equal(found.filter((op) => op === 'Conv2D').length, 1);
    assertSame(body, ...given);
  });

  it('keep the parts of one operation’s results apart', () => {
    const body = withGradients((x, w) => {
      const halves = tf.split(x, 2) as tf.Tensor4D[];
      const pooled = halves.map((half) =>
        tf.maxPool(tf.conv2d(half, w as tf.Tensor4D, 1, 'valid'), 2, 2, 'valid'),
      );
      return tf.concat(pooled);
    });
    const x = tf.randomNormal([4, 9, 9, 1], 0, 1, 'float32', 5);
    assertSame(body, x, filter(3, 1, 2, 6));
  });

  it('pad their gradient where an operation needs it as a whole', () => {
    const body = withGradients((x, w) => {
      const doubled = tf.mul(x, 2) as tf.Tensor4D;
      return tf.maxPool(tf.conv2d(doubled, w as tf.Tensor4D, 1, 'valid'), 2, 2, 'valid');
    });
    assertSame(body, pictures(9), filter(3, 1, 2, 7));
  });

  it('are left alone in second derivatives, over the edge, and in pictures pooled as they are', () => {
    assertSame(
      withGradients((x, w) => {
        const value = (y: tf.Tensor) =>
          tf.maxPool(tf.conv2d(y as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), 2, 2, 'same');
        return tf.maxPool(
          value(tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')) as tf.Tensor4D,
          2,
          2,
          'valid',
        );
      }),
      pictures(15),
      filter(3, 1, 2, 8),
    );
  });
});
