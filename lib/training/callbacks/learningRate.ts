import { learningRateOf, setLearningRate } from '../../saving/optimizerState';
import type * as tf from '../../tensorflow';
import { compiledModel } from '../compiledModel';

/** The learning rate of a model in training, for the callback named `owner`. */
export class LearningRate {
  private model: tf.LayersModel | undefined;

  constructor(private readonly owner: string) {}

  of(model: tf.LayersModel): void {
    this.model = model;
  }

  get value(): number {
    return learningRateOf(this.optimizer);
  }

  set value(rate: number) {
    if (!Number.isFinite(rate) || rate < 0) {
      throw new RangeError(
        `${this.owner}: a learning rate must be a number of at least 0, not ${rate}.`,
      );
    }
    setLearningRate(this.optimizer, rate);
  }

  private get optimizer(): tf.Optimizer {
    if (!this.model) {
      throw new Error(`${this.owner} works as a callback of fit only.`);
    }
    return compiledModel(this.model).optimizer as tf.Optimizer;
  }
}
