/**
 * Divides a step among the processor's cores while it is recorded: keeps, for the tensors that are
 * divided, the values of their shares, and puts them together where an operation needs all.
 */
import type * as tf from '../tensorflow';
import {
  blockShape,
  divisionOf,
  matrixBlocks,
  type RecordedCall,
  type Role,
  rowAxis,
  rowShares,
  shareShape,
  withSize,
  work,
} from './division';
import { concatenation, constant, type GraphValue, int, type } from './graphNode';
import { type DataId, DT_INT32, nativeType } from './native';
import { type AddNode, type Call, constantOf, FLOAT, integers, reshape } from './rewriteNodes';

/** What the divider needs of the recorder. */
export interface Recording {
  /** The whole value of a tensor. */
  valueOf(tensor: tf.TensorInfo): GraphValue;
  /** The blocks of rows in which the session holds the variable that this tensor is. */
  blocksOfVariable(tensor: tf.TensorInfo): GraphValue[] | null;
  /** Adds what computes a call. */
  compute(call: Call): GraphValue;
  /** A value, with the zeros around it that a part of a gradient leaves out. */
  whole(value: GraphValue, shape: number[]): GraphValue;
  add: AddNode;
}

/** If a larger part of the work than this cannot be divided, none is. */
const MOST_UNDIVIDED = 0.25;

export class Divider {
  /** The rows of each share. */
  readonly sizes: number[];

  /** The shares of the rows of tensors. */
  private readonly shares = new Map<DataId, GraphValue[]>();
  /** The blocks of rows of matrices of weights, and of their gradients. */
  private readonly blocks = new Map<DataId, GraphValue[]>();
  /** The blocks of columns of what is multiplied with such matrices. */
  private readonly columns = new Map<DataId, GraphValue[]>();
  private dividedWork = 0;
  private undividedWork = 0;

  /** @param rows the rows of the batch; 0 leaves it undivided. */
  constructor(
    private readonly rows: number,
    private readonly recording: Recording,
  ) {
    this.sizes = rowShares(rows);
  }

  /** Whether nearly all of the work is divided; null for a batch too small for that. */
  get isDivided(): boolean | null {
    const isMost = this.undividedWork <= MOST_UNDIVIDED * (this.dividedWork + this.undividedWork);
    return isMost || this.sizes.length > 1 ? isMost : null;
  }

  /** Divides an input of the step. */
  divideInput(
    tensor: tf.TensorInfo,
    shares = tensor.shape[0] === this.rows ? this.cut(tensor, 0, this.sizes) : [],
  ): void {
    if (shares.length > 1) {
      this.shares.set(tensor.dataId, shares);
    }
  }

  /** The blocks of rows of a matrix, if it is divided. */
  blocksOf(tensor: tf.TensorInfo): GraphValue[] | null {
    return this.blocks.get(tensor.dataId) ?? this.recording.blocksOfVariable(tensor);
  }

  /** The blocks of rows of a matrix, divided now if it has not been. */
  cutBlocks(tensor: tf.TensorInfo, count: number): GraphValue[] {
    const blocks = this.blocksOf(tensor);
    return blocks?.length === count
      ? blocks
      : this.cut(tensor, 0, equalSizes(tensor.shape[0] as number, count));
  }

  has(dataId: DataId): boolean {
    return this.shares.has(dataId) || this.blocks.has(dataId);
  }

  /** The whole of a divided tensor; undefined if it is not divided. */
  join(tensor: tf.TensorInfo): GraphValue | undefined {
    const shares = this.shares.get(tensor.dataId);
    if (shares !== undefined) {
      const wholes = shares.map((share, index) =>
        this.recording.whole(share, shareShape(tensor.shape, this.sizes[index] as number)),
      );
      return this.concatenate(wholes, rowAxis(tensor.shape), tensor.dtype);
    }
    const blocks = this.blocks.get(tensor.dataId);
    return blocks && this.joinBlocks(blocks, tensor);
  }

  joinBlocks(blocks: GraphValue[], { shape, dtype }: tf.TensorInfo): GraphValue {
    const matrix = this.concatenate(blocks, 0, dtype);
    return shape.length === 2
      ? matrix
      : reshape(matrix, shape, this.recording.add, nativeType(dtype));
  }

  /** Computes a call share by share. Returns the result if it is whole, null if the call is not divided. */
  divide(call: RecordedCall): GraphValue | 'divided' | null {
    const result = this.multiply(call) ?? this.reshapeMatrix(call) ?? this.divideRows(call);
    const amount = work(call);
    if (result === null) {
      this.undividedWork += amount;
    } else {
      this.dividedWork += amount;
    }
    return result;
  }

  private divideRows(call: RecordedCall): GraphValue | 'divided' | null {
    const { tensors, output } = call;
    if (this.sizes.length < 2) {
      return null;
    }
    const division = divisionOf(call, this.rows, (input) =>
      constantOf(this.recording.valueOf(input)),
    );
    const isDivided = division?.roles.some(
      (role, index) => role === 'rows' && this.shares.has((tensors[index] as tf.TensorInfo).dataId),
    );
    if (!division || !isDivided) {
      return null;
    }
    const { roles, result } = division;
    const inputs = tensors.map((tensor, index) =>
      this.inputs(tensor, roles[index] as Role, output),
    );
    const shares = this.sizes.map((size, share) =>
      this.recording.compute({
        ...call,
        inputs: inputs.map((values) => values[share] as GraphValue),
        tensors: tensors.map((tensor, index) =>
          roles[index] === 'rows' ? resized(tensor, shareShape(tensor.shape, size)) : tensor,
        ),
        output: result === 'rows' ? resized(output, shareShape(output.shape, size)) : output,
      }),
    );
    if (result === 'sum') {
      return this.total(shares);
    }
    this.shares.set(output.dataId, shares);
    return 'divided';
  }

  /** What each share takes for an input. */
  private inputs(tensor: tf.TensorInfo, role: Role, output: tf.TensorInfo): GraphValue[] {
    if (role === 'rows') {
      const shares =
        this.shares.get(tensor.dataId) ?? this.cut(tensor, rowAxis(tensor.shape), this.sizes);
      this.shares.set(tensor.dataId, shares);
      return shares;
    }
    if (role === 'shape') {
      return this.sizes.map((size) => constant(integers(shareShape(output.shape, size))));
    }
    const whole = this.recording.valueOf(tensor);
    return this.sizes.map(() => whole);
  }

  /** A product with a matrix of weights in blocks, or the gradient of such a matrix. */
  private multiply(call: RecordedCall): GraphValue | 'divided' | null {
    if (call.op !== 'BatchMatMulV2' || call.output.dtype !== 'float32') {
      return null;
    }
    const { attributes, tensors, output } = call;
    const [left, right] = tensors as [tf.TensorInfo, tf.TensorInfo];
    const [adjointLeft, adjointRight] = [attributes.adj_x?.value, attributes.adj_y?.value];
    const blocks = this.blocksOf(right);
    if (blocks !== null && !adjointLeft) {
      return adjointRight
        ? this.productWithAdjoint(call, blocks)
        : this.productWithBlocks(call, blocks);
    }
    const count = matrixBlocks(output.shape.slice(-2));
    const areMatrices = [left, right, output].every(
      ({ shape }) => rowAxis(shape) === shape.length - 2,
    );
    if (!adjointLeft || adjointRight || count === 1 || !areMatrices) {
      return null;
    }
    this.blocks.set(output.dataId, this.gradientInBlocks(call, count));
    return 'divided';
  }

  /** Columns of the left matrix times rows of the right one: the products are added. */
  private productWithBlocks(call: RecordedCall, blocks: GraphValue[]): GraphValue {
    const [left, right] = call.tensors as [tf.TensorInfo, tf.TensorInfo];
    const [size, width] = blockShape(right.shape, blocks.length);
    const columns = this.columnsOf(left, blocks.length);
    const products = blocks.map((weights, index) =>
      this.recording.compute({
        ...call,
        inputs: [columns[index] as GraphValue, weights],
        tensors: [
          resized(left, withSize(left.shape, left.shape.length - 1, size)),
          resized(right, [size, width]),
        ],
      }),
    );
    return this.total(products);
  }

  /** Each block of rows gives some columns of the product. */
  private productWithAdjoint(call: RecordedCall, blocks: GraphValue[]): GraphValue {
    const { output } = call;
    const [left, right] = call.tensors as [tf.TensorInfo, tf.TensorInfo];
    const [size, width] = blockShape(right.shape, blocks.length);
    const products = blocks.map((weights) =>
      this.recording.compute({
        ...call,
        inputs: [this.recording.valueOf(left), weights],
        tensors: [left, resized(right, [size, width])],
        output: resized(output, withSize(output.shape, output.shape.length - 1, size)),
      }),
    );
    return this.concatenate(products, output.shape.length - 1, output.dtype);
  }

  /** Columns of the left matrix give rows of the product. */
  private gradientInBlocks(call: RecordedCall, count: number): GraphValue[] {
    const [left, right] = call.tensors as [tf.TensorInfo, tf.TensorInfo];
    const [size, width] = blockShape(call.output.shape, count);
    return this.columnsOf(left, count).map((columns) =>
      this.recording.compute({
        ...call,
        inputs: [columns, this.recording.valueOf(right)],
        tensors: [resized(left, withSize(left.shape, left.shape.length - 1, size)), right],
        output: resized(call.output, [size, width]),
      }),
    );
  }

  /** A matrix stays in blocks when axes of size 1 are put before it or taken away. */
  private reshapeMatrix({ op, tensors, output }: RecordedCall): 'divided' | null {
    const [values] = tensors as [tf.TensorInfo];
    const blocks = op === 'Reshape' ? this.blocksOf(values) : null;
    const isSame = String(withoutOnes(values?.shape)) === String(withoutOnes(output.shape));
    if (blocks === null || !isSame) {
      return null;
    }
    this.blocks.set(output.dataId, blocks);
    return 'divided';
  }

  private columnsOf(tensor: tf.TensorInfo, count: number): GraphValue[] {
    const columns =
      this.columns.get(tensor.dataId) ??
      this.cut(tensor, tensor.shape.length - 1, equalSizes(tensor.shape.at(-1) as number, count));
    this.columns.set(tensor.dataId, columns);
    return columns;
  }

  /** Cuts a tensor into pieces of these sizes. */
  private cut(tensor: tf.TensorInfo, axis: number, sizes: number[]): GraphValue[] {
    const value = this.recording.valueOf(tensor);
    const attributes = { T: type(nativeType(tensor.dtype) as number), Index: type(DT_INT32) };
    let start = 0;
    return sizes.map((size) => {
      const begin = tensor.shape.map((_, place) => (place === axis ? start : 0));
      start += size;
      const limits = [begin, withSize(tensor.shape, axis, size)].map((limit) =>
        constant(integers(limit)),
      );
      return this.recording.add('Slice', [value, ...limits], attributes);
    });
  }

  private concatenate(values: GraphValue[], axis: number, dtype: tf.DataType): GraphValue {
    return this.recording.add(...concatenation(values, axis, nativeType(dtype) as number));
  }

  private total(values: GraphValue[]): GraphValue {
    return this.recording.add('AddN', values, { ...FLOAT, N: int(values.length) });
  }
}

/** What stands for a piece of a tensor. */
function resized({ dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return { dataId, dtype, shape };
}

function equalSizes(total: number, count: number): number[] {
  return Array.from({ length: count }, () => total / count);
}

function withoutOnes(shape: number[] | undefined): number[] {
  return (shape ?? []).filter((size) => size !== 1);
}
