/** What stands for results while a function is captured. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import {
  BOOL_RULES,
  FLOAT_RULES,
  MANY_FLOATS_RULES,
  resultTypes,
} from '../../lib/graph/capture/resultTypes';
import { StandIns } from '../../lib/graph/capture/standIns';
import { graph } from '../../lib/index';
import { nativeBackend } from '../../lib/native/backend';
import { normalizeBatch } from '../../lib/native/batchNormalization';
import * as tf from '../../lib/tensorflow';
import { assertClose, operations } from './graphs';

const numbers = (...shape: number[]) => tf.randomUniform(shape, 0.1, 0.9, 'float32', 1);

/** The function and its gradients. */
const withGradients =
  (body: (...tensors: tf.Tensor[]) => tf.Tensor) =>
  (tensors: tf.Tensor[]): tf.Tensor[] => {
    const gradients = tf.grads((...others: tf.Tensor[]) => tf.sum(body(...others)));
    return [body(...tensors), ...gradients(tensors)];
  };

type Images = tf.Tensor4D;

const { abs, elu, exp, leakyRelu, log, neg, reciprocal, relu, relu6 } = tf;
const { rsqrt, selu, sigmoid, softplus, sqrt, square, tanh } = tf;
const FUNCTIONS = {
  ...{ abs, elu, exp, leakyRelu, log, neg, reciprocal, relu, relu6 },
  ...{ rsqrt, selu, sigmoid, softplus, sqrt, square, tanh },
};

/** Functions that call all operations of which the results are known, each in several ways. */
const cases: [string, (tensors: tf.Tensor[]) => tf.Tensor[], () => tf.Tensor[]][] = [
  ...(['same', 'valid'] as const).flatMap((padding): typeof cases => [
    [
      `convolution, ${padding}`,
      withGradients((x, w) => tf.conv2d(x as Images, w as Images, [2, 1], padding)),
      () => [numbers(3, 9, 8, 2), numbers(3, 2, 2, 4)],
    ],
    [
      `dilated convolution, ${padding}`,
      ([x, w]) => [tf.conv2d(x as Images, w as Images, 1, padding, 'NHWC', [2, 3])],
      () => [numbers(1, 12, 13, 2), numbers(3, 2, 2, 4)],
    ],
    [
      `depthwise convolution, ${padding}`,
      withGradients((x, w) => tf.depthwiseConv2d(x as Images, w as Images, 2, padding)),
      () => [numbers(3, 9, 8, 2), numbers(3, 3, 2, 3)],
    ],
    [
      `max pooling, ${padding}`,
      withGradients((x) => tf.maxPool(x as Images, [3, 2], [2, 3], padding)),
      () => [numbers(3, 9, 8, 2)],
    ],
    [
      `average pooling, ${padding}`,
      withGradients((x) => tf.avgPool(x as Images, [3, 2], [2, 3], padding)),
      () => [numbers(3, 9, 8, 2)],
    ],
  ]),
  [
    'explicit padding',
    ([x, w]) => [
      tf.conv2d(
        x as Images,
        w as Images,
        1,
        [
          [0, 0],
          [1, 2],
          [3, 0],
          [0, 0],
        ],
        'NHWC',
        1,
        'floor',
      ),
    ],
    () => [numbers(1, 9, 8, 2), numbers(3, 2, 2, 4)],
  ],
  [
    'batch normalisation',
    withGradients((x, gamma, beta) => normalizeBatch(x, gamma, beta, 0.01).normalized),
    () => [numbers(4, 3, 5, 2), numbers(2), numbers(2)],
  ],
  [
    'batch normalisation of a prediction',
    ([x, mean]) => [tf.batchNorm4d(x as Images, mean as tf.Tensor1D, mean as tf.Tensor1D)],
    () => [numbers(4, 3, 5, 2), numbers(2)],
  ],
  ...[false, true].flatMap((left): typeof cases =>
    [false, true].map((right): (typeof cases)[number] => [
      `products, ${left ? 'first' : 'none'} and ${right ? 'second' : 'none'} transposed`,
      ([a, b, c, d]) => [
        tf.matMul(a as tf.Tensor, b as tf.Tensor, left, right),
        tf.matMul(c as tf.Tensor, d as tf.Tensor, left, right),
      ],
      () => [
        numbers(...(left ? [3, 2] : [2, 3])),
        numbers(...(right ? [5, 3] : [3, 5])),
        numbers(4, 1, ...(left ? [3, 2] : [2, 3])),
        numbers(7, ...(right ? [5, 3] : [3, 5])),
      ],
    ]),
  ),
  [
    'a dense layer and its gradients',
    withGradients((x, w, b) => tf.fused.matMul({ a: x, b: w, bias: b, activation: 'relu' })),
    () => [numbers(4, 3), numbers(3, 5), numbers(5)],
  ],
  [
    'shapes and places',
    ([x, y]) => [
      tf.reshape(x as tf.Tensor, [4, -1]),
      tf.transpose(x as tf.Tensor, [2, 0, 1]),
      tf.slice(x as tf.Tensor, [0, 1, 2], [2, -1, 2]),
      tf.concat([x as tf.Tensor, y as tf.Tensor], -1),
      tf.concat([y as tf.Tensor, y as tf.Tensor, y as tf.Tensor], 0),
      ...tf.split(x as tf.Tensor, [1, 3], -1),
      tf.tile(x as tf.Tensor, [1, 2, 3]),
      tf.pad(x as tf.Tensor, [
        [0, 0],
        [1, 2],
        [0, 3],
      ]),
      tf.zerosLike(x as tf.Tensor),
      tf.onesLike(x as tf.Tensor),
    ],
    () => [numbers(2, 3, 4), numbers(2, 3, 1)],
  ],
  [
    'reductions',
    ([x]) => [
      tf.sum(x as tf.Tensor, -1),
      tf.sum(x as tf.Tensor, [0, 2], true),
      tf.mean(x as tf.Tensor),
      tf.max(x as tf.Tensor, 1, true),
      tf.sum(tf.cast(x as tf.Tensor, 'int32'), 0),
    ],
    () => [numbers(2, 3, 4)],
  ],
  [
    'arithmetic with broadcasting',
    ([x, y]) =>
      [
        tf.add,
        tf.sub,
        tf.mul,
        tf.div,
        tf.maximum,
        tf.minimum,
        tf.pow,
        tf.squaredDifference,
      ].flatMap((operation) => [
        operation(x as tf.Tensor, y as tf.Tensor),
        operation(y as tf.Tensor, tf.scalar(2)),
      ]),
    () => [numbers(2, 1, 4), numbers(3, 1)],
  ],
  [
    'comparisons',
    ([x, y]) => {
      const comparisons = [
        tf.equal,
        tf.notEqual,
        tf.greater,
        tf.greaterEqual,
        tf.less,
        tf.lessEqual,
      ];
      const [a, b, ...others] = comparisons.map((compare) =>
        compare(x as tf.Tensor, y as tf.Tensor),
      );
      const [first, second] = [a as tf.Tensor, b as tf.Tensor];
      return [
        tf.logicalAnd(first, second),
        tf.logicalOr(first, second),
        tf.logicalNot(first),
        tf.cast(first, 'float32'),
        tf.where(first, tf.ones([3, 4]), tf.zeros([3, 4])),
        ...others,
      ];
    },
    () => [numbers(3, 4), numbers(4)],
  ],
  ...Object.entries(FUNCTIONS).map(([name, compute]): (typeof cases)[number] => [
    name,
    withGradients((x) => compute(x)),
    () => [numbers(2, 3)],
  ]),
  ['softmax', withGradients((x) => tf.softmax(x)), () => [numbers(2, 3)]],
];

describe('the types of results that are told before', () => {
  const seen = new Set<string>();
  afterEach(() => mock.restoreAll());

  for (const [name, body, inputs] of cases) {
    it(`${name}: are those of the results`, () => {
      mock.method(StandIns.prototype, 'outputsOf', (...[node, inputs, , execute]: OutputsOf) => {
        const outputs = execute(inputs);
        const types = resultTypes(node);
        if (types) {
          seen.add(node.op);
          const real = outputs.map(({ shape, dtype }) => ({ shape, dtype }));
          assert.deepEqual(types, real, node.op);
        }
        return outputs;
      });
      const given = inputs();
      operations(body, ...given);
      tf.dispose(given);
    });
  }

  it('all rules were compared', () => {
    const all = { ...BOOL_RULES, ...FLOAT_RULES, ...MANY_FLOATS_RULES };
    assert.deepEqual(
      Object.keys(all).filter((op) => !seen.has(op)),
      [],
    );
  });
});

type OutputsOf = Parameters<StandIns['outputsOf']>;

describe('capturing', () => {
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    mock.restoreAll();
    assert.equal(tf.memory().numTensors, before);
  });

  /** The results for two inputs, the second of which no result of the first enters. */
  function resultsOf(step: (x: tf.Tensor) => tf.Tensor): tf.Tensor[] {
    return [numbers(3, 4), tf.ones([3, 4])].map((x) => step(x));
  }

  /** Runs the step by itself and compiled: the results are to be the same. */
  function assertSameAsEager(step: (x: tf.Tensor, kept: { value?: tf.Tensor }) => tf.Tensor): void {
    const eager: { value?: tf.Tensor } = {};
    const compiled: { value?: tf.Tensor } = {};
    tf.tidy(() => {
      const compiledStep = graph.compile((x: tf.Tensor) => step(x, compiled));
      const expected = resultsOf((x) => step(x, eager));
      assertClose(resultsOf(compiledStep), expected, 1e-6);
      compiledStep.dispose();
    });
    tf.dispose([eager.value, compiled.value] as tf.Tensor[]);
  }

  it('runs no operation whose results are known', () => {
    const executeSingleOutput = mock.method(nativeBackend(), 'executeSingleOutput');
    const { calls } = executeSingleOutput.mock;
    const inputs = [numbers(2, 8, 8, 3), numbers(3, 3, 3, 4), numbers(4)];
    operations(
      withGradients((x, w, b) => tf.relu(tf.conv2d(x as Images, w as Images, 1, 'same').add(b))),
      ...inputs,
    );
    const called = calls.map(({ arguments: [op] }) => op);
    assert.deepEqual([...new Set(called)], []);
    tf.dispose(inputs);
  });

  it('gives what the function keeps its values', () => {
    assertSameAsEager((x, kept) => {
      kept.value ??= tf.keep(tf.mean(tf.square(x)));
      return tf.sub(x, kept.value);
    });
  });

  it('gives it its values where an operation without a rule comes between', () => {
    assertSameAsEager((x, kept) => {
      kept.value ??= tf.keep(tf.cumsum(tf.mul(x, 2), 1));
      return tf.add(x, kept.value);
    });
  });

  it('gives a variable that the function makes its first value', () => {
    assertSameAsEager((x, kept) => {
      kept.value ??= tf.variable(tf.exp(x));
      return tf.mul(x, kept.value);
    });
  });

  it('gives it the values of variables as they were when the operation was called', () => {
    const assigned = tf.tidy(() => tf.variable(tf.zeros([3, 4])));
    assertSameAsEager((x, kept) => {
      assigned.assign(tf.mul(x, 3));
      kept.value ??= tf.keep(tf.mul(assigned, 2));
      assigned.assign(x);
      return tf.add(x, kept.value);
    });
    assigned.dispose();
  });

  it('gives an operation the values of its inputs that refuses zeros', () => {
    assertSameAsEager((x) => {
      const many = tf.sum(tf.cast(tf.greater(x, 0), 'int32'));
      return tf.cast(tf.floorDiv(tf.scalar(100, 'int32'), many), 'float32');
    });
  });

  it('gives what is kept its values when the function fails', () => {
    let kept: tf.Tensor | undefined;
    const step = graph.compile((x: tf.Tensor) => {
      kept ??= tf.keep(tf.mul(x, 3));
      throw new Error('as planned');
    });
    const x = tf.tensor1d([1, 2]);
    assert.throws(() => step(x), /as planned/);
    assert.deepEqual([...(kept as tf.Tensor).dataSync()], [3, 6]);
    tf.dispose([x, kept as tf.Tensor]);
    step.dispose();
  });
});
