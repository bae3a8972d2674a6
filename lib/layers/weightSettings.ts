/** How a layer's weight starts, is penalised and is bounded. */
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';

type Initializer = ReturnType<typeof tf.initializers.zeros>;
type Regularizer = ReturnType<typeof tf.regularizers.l2>;
type Constraint = ReturnType<typeof tf.constraints.nonNeg>;

/** As the options of `tf.layers.dense` are: a name, an object of tfjs, or its configuration. */
export type InitializerOption = string | ReturnType<typeof tf.initializers.zeros>;
/** As the options of `tf.layers.dense` are: a name, an object of tfjs, or its configuration. */
export type RegularizerOption = string | ReturnType<typeof tf.regularizers.l2>;
/** As the options of `tf.layers.dense` are: a name, an object of tfjs, or its configuration. */
export type ConstraintOption = string | ReturnType<typeof tf.constraints.nonNeg>;

/** What tfjs makes of the options for one weight. */
export interface WeightSettings {
  initializer: Initializer;
  regularizer: Regularizer;
  constraint: Constraint;
  /** The options as a layer's configuration has them, `kernelInitializer` and so on. */
  config: tf.serialization.ConfigDict;
}

interface Options {
  initializer: InitializerOption | undefined;
  regularizer: RegularizerOption | undefined;
  constraint: ConstraintOption | undefined;
}

interface ParsedKernel {
  kernelInitializer: Initializer;
  kernelRegularizer: Regularizer;
  kernelConstraint: Constraint;
}

/**
 * Reads `NAMEInitializer`, `NAMERegularizer` and `NAMEConstraint` of a layer's options. tfjs exports
 * nothing that reads them, so its Dense layer does it.
 */
export function weightSettings(
  name: string,
  options: object,
  initially: InitializerOption,
): WeightSettings {
  const given = options as Record<string, never>;
  const { initializer, regularizer, constraint }: Options = {
    initializer: given[`${name}Initializer`] ?? initially,
    regularizer: given[`${name}Regularizer`],
    constraint: given[`${name}Constraint`],
  };
  const dense = tf.layers.dense({
    name: unnumbered,
    units: 1,
    kernelInitializer: initializer as never,
    kernelRegularizer: regularizer as never,
    kernelConstraint: constraint as never,
  });
  const { kernelInitializer, kernelRegularizer, kernelConstraint } =
    dense as unknown as ParsedKernel;
  const config = dense.getConfig();
  return {
    initializer: kernelInitializer,
    regularizer: kernelRegularizer,
    constraint: kernelConstraint,
    config: {
      [`${name}Initializer`]: config.kernelInitializer ?? null,
      [`${name}Regularizer`]: config.kernelRegularizer ?? null,
      [`${name}Constraint`]: config.kernelConstraint ?? null,
    },
  };
}
