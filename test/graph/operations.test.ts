/** The compiler's table of operations, compared with those that tfjs-node can call. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { matMul } from '../../lib/graph/builders';
import {
  COSTS,
  GRADIENT_KERNELS,
  hasSmallOperations,
  isLittleWork,
  isWorthSharding,
  OPERATIONS,
} from '../../lib/graph/operations';
import { DT_FLOAT } from '../../lib/native/backend';
import {
  assignVariable,
  type Graph,
  type GraphValue,
  placeholder,
  variableHandle,
} from '../../lib/native/graphNode';
import * as tf from '../../lib/tensorflow';
import { graphOf } from './graphs';
import { USUAL_CALL } from './shardSmall';

/** Operations that no kernel calls, but captured functions or passes do. */
const OWN = [
  'MatMul',
  'BiasAdd',
  'BiasAddGrad',
  'ReadVariableOp',
  'ImageProjectiveTransformV3',
  ...GRADIENT_KERNELS.keys(),
];

/** A new version of tfjs-node may call others; add entries for those that need one. */
const WITHOUT_ENTRY = `
  AddN All Any ArgMax ArgMin BatchToSpaceND Bincount BroadcastArgs Complex ComplexAbs
  CropAndResize Cumprod Cumsum DepthToSpace Diag Dilation2D Dilation2DBackpropFilter
  Dilation2DBackpropInput Einsum Equal ExpandDims FFT Fill GatherNd IFFT Imag LRN LRNGrad LinSpace
  MirrorPad Multinomial NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 OneHot Range
  Real ScatterNd SpaceToBatchND SparseToDense StaticRegexReplace StridedSlice TensorScatterUpdate
  TopKV2 UniqueV2 UnsortedSegmentSum
`;

/** The operations of TensorFlow that the kernels of tfjs-node call, as its code names them. */
function operationsOfKernels(): string[] {
  const folder = path.dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
  const kernels = path.join(folder, 'dist/kernels');
  const files = readdirSync(kernels).filter((file) => file.endsWith('.js'));
  const found = files.flatMap((file) => {
    const code = readFileSync(path.join(kernels, file), 'utf8');
    const calls = code.matchAll(/\.execute\w+\(\s*(?:tfjs_\d\.(\w+)|'(\w+)')/g);
    return [...calls].map(([, constant, literal]) => literal ?? nameOf(constant as string));
  });
  return [...new Set(found)].sort();
}

function nameOf(constant: string): string {
  const name = (tf as unknown as Record<string, unknown>)[constant];
  assert.equal(typeof name, 'string', `tfjs does not name the operation ${constant}`);
  return name as string;
}

it('the operations of tfjs-node without an entry are these: they stay as they are called', (t) => {
  const called = operationsOfKernels();
  const unknown = called.filter((op) => OPERATIONS[op] === undefined);
  t.diagnostic(`${unknown.length} of ${called.length} operations have no entry: ${unknown}`);
  assert.deepEqual(unknown, WITHOUT_ENTRY.trim().split(/\s+/));
});

it('no entry is of an operation that does not exist', () => {
  const called = operationsOfKernels();
  const stale = Object.keys(OPERATIONS).filter((op) => !called.includes(op) && !OWN.includes(op));
  assert.deepEqual(stale, []);
});

it('little work is that of one picture, not of many, and not training', () => {
  const one = product(1, 784, 1000);
  assert.equal(isLittleWork(one), true);
  assert.equal(isLittleWork(product(200, 784, 1000)), false);
  const [output] = one.outputs as [GraphValue];
  const ofCore = { node: { ...output.node, core: 0 }, index: 0 };
  assert.equal(isLittleWork({ ...one, outputs: [ofCore] }), false);
  const handle = variableHandle('v', DT_FLOAT, [1, 1000]);
  const updates = one.outputs.map((value) => assignVariable(handle, value));
  assert.equal(isLittleWork({ ...one, updates }), false);
});

it('a long chain of operations is worth sharding, one of small operations is not', () => {
  const chain = (size: number, length = 2) => {
    const x = placeholder('x', DT_FLOAT, [32, size]);
    const w = placeholder('w', DT_FLOAT, [size, size]);
    const products = Array(length).fill(w) as GraphValue[];
    return graphOf([x, w], [products.reduce((y) => matMul(y, w, false, false), x)]);
  };
  const { call } = COSTS;
  COSTS.call = USUAL_CALL;
  try {
    assert.equal(isWorthSharding(chain(256)), true);
    assert.equal(isWorthSharding(chain(16)), false);
    assert.equal(isWorthSharding(chain(256, 4), chain(256, 6)), true);
    assert.equal(isWorthSharding(chain(256, 4), chain(256, 8)), false);
  } finally {
    COSTS.call = call;
  }
});

it('an operation is divided where that saves more than it costs, the sooner the more cores', () => {
  const large = product(32, 2000, 2000);
  assert.equal(hasSmallOperations(large, 1), true);
  assert.equal(hasSmallOperations(large, 2), false);
  const smaller = product(32, 300, 300);
  assert.deepEqual(
    [2, 16].map((cores) => hasSmallOperations(smaller, cores)),
    [true, false],
  );
});

function product(rows: number, inner: number, columns: number): Graph {
  const x = placeholder('x', DT_FLOAT, [rows, inner]);
  const w = placeholder('w', DT_FLOAT, [inner, columns]);
  return graphOf([x, w], [matMul(x, w, false, false)]);
}
