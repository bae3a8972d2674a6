import * as tf from '@tensorflow/tfjs-node';
import type { NamedGradients, Slot } from '../tfjsInternals';
import { namedGradients, prepareStep } from './stepSettings';

/** A tensor as tfjs's optimisers store it. */
interface StoredTensor {
  name: string;
  tensor: tf.Tensor;
}

/**
 * An optimiser of Keras that tfjs lacks: some variables for each weight, and a step made of operations.
 * In a compiled training the same operations are recorded (`lib/graph/capture/optimizerUpdates.ts`).
 */
export abstract class SlotOptimizer<Settings extends object = object> extends tf.Optimizer {
  /** Keras 3's names of the variables that are kept for each weight. */
  abstract readonly slotNames: readonly string[];
  /** What these hold before the first step. */
  readonly initialValue: number = 0;
  /** By slot, then by weight. */
  readonly slots: Slot[][] = [];

  /**
   * @param learningRate of the next step.
   * @param settings its other options.
   */
  constructor(
    public learningRate: number,
    protected readonly settings: Readonly<Settings>,
  ) {
    super();
  }

  getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, ...this.settings };
  }

  /** Numbers that the next step needs, the same for all weights. */
  abstract scalars(): Readonly<Record<string, number>>;

  /** Changes a weight and its slots. Called within a tidy. */
  abstract step(
    weight: tf.Variable,
    gradient: tf.Tensor,
    slots: tf.Variable[],
    scalars: Readonly<Record<string, tf.Scalar>>,
  ): void;

  /** The slots of one kind, one for each weight, in the order of the gradients. */
  slotsOf(kind: number): Slot[] {
    this.slots[kind] ??= [];
    return this.slots[kind];
  }

  override applyGradients(gradients: NamedGradients): void {
    tf.tidy(() => {
      const prepared = prepareStep(this, gradients, (_, read) => tf.scalar(read()));
      const scalars = Object.fromEntries(
        Object.entries(this.scalars()).map(([name, value]) => [name, tf.scalar(value)]),
      );
      for (const [index, { name, tensor }] of namedGradients(prepared).entries()) {
        const weight = tf.engine().registeredVariables[name] as tf.Variable;
        const slots = this.slotNames.map((slotName, kind) => {
          const all = this.slotsOf(kind);
          all[index] ??= {
            originalName: `${name}/${slotName}`,
            variable: tf.variable(tf.fill(weight.shape, this.initialValue), false),
          };
          return all[index].variable;
        });
        if (tensor) {
          this.step(weight, tensor, slots, scalars);
        }
      }
    });
    this.incrementIterations();
  }

  override async getWeights(): Promise<StoredTensor[]> {
    const slots = this.slots.flat();
    return [
      await this.saveIterations(),
      ...slots.map(({ originalName, variable }) => ({ name: originalName, tensor: variable })),
    ];
  }

  override async setWeights(values: StoredTensor[]): Promise<void> {
    const slots = await this.extractIterations(values);
    const count = slots.length / Math.max(1, this.slotNames.length);
    for (const kind of this.slotNames.keys()) {
      const own = slots.slice(kind * count, (kind + 1) * count);
      tf.dispose(this.slotsOf(kind).map(({ variable }) => variable));
      this.slots[kind] = own.map(({ name, tensor }) => ({
        originalName: name,
        variable: tf.variable(tensor, false),
      }));
    }
  }

  override dispose(): void {
    tf.dispose(this.slots.flat().map(({ variable }) => variable));
    this.slots.length = 0;
  }
}
