/**
 * Activity regularisers: penalties on what a layer puts out. tfjs knows the option in some layers,
 * and refuses to run any that has it. As in Keras, the penalty of each output of each call is divided
 * by the number of rows. See https://keras.io/api/layers/regularizers/.
 */
import * as tf from '@tensorflow/tfjs-node';
import {
  type ActivityRegularizer,
  internals,
  type LayerInternals,
  prototypeOf,
  unnumbered,
} from '../tfjsInternals';
import { bidirectional } from './bidirectional';

/** The penalties of one layer, by the call. */
type Calls = Map<string, tf.Tensor[]>;

/** Penalties of the outputs in the step that runs now; null where none does. */
let collected: Map<LayerInternals, Calls> | null = null;

/** Runs a step of a model in which `calculateLosses` includes the penalties of outputs. */
export function withActivityPenalties<Result>(step: () => Result): Result {
  const before = collected;
  const own = new Map<LayerInternals, Calls>();
  collected = own;
  try {
    return step();
  } finally {
    collected = before;
    for (const calls of own.values()) {
      tf.dispose([...calls.values()]);
    }
  }
}

/** The penalties of a layer's outputs so far in this step. */
export function activityPenalties(layer: LayerInternals): tf.Scalar[] {
  return [...(collected?.get(layer)?.values() ?? [])].flat() as tf.Scalar[];
}

/** Reads the option as layers of tfjs take it: a name, an object of tfjs, or its configuration. */
export function activityRegularizer(option: unknown): ActivityRegularizer | null {
  const dense = tf.layers.dense({
    name: unnumbered,
    units: 1,
    activityRegularizer: option as never,
  });
  return internals(dense).activityRegularizer ?? null;
}

function note(
  layer: LayerInternals,
  regularizer: ActivityRegularizer,
  inputs: unknown,
  results: unknown,
): void {
  const outputs = [results].flat();
  if (!collected || !outputs.every((output) => output instanceof tf.Tensor)) {
    return;
  }
  const calls: Calls = collected.get(layer) ?? new Map();
  collected.set(layer, calls);
  // tfjs calls a layer with several outputs anew for each one that is used.
  const key =
    outputs.length > 1
      ? [inputs as tf.Tensor | tf.Tensor[]]
          .flat()
          .map(({ id }) => id)
          .join(' ')
      : `call ${calls.size}`;
  if (!calls.has(key)) {
    calls.set(
      key,
      outputs.map((output) => tf.keep(penalty(regularizer, output))),
    );
  }
}

function penalty(regularizer: ActivityRegularizer, output: tf.Tensor): tf.Tensor {
  const rows = Math.max(output.shape[0] ?? 1, 1);
  return tf.tidy(() => tf.div(regularizer.apply(output), rows));
}

const { apply, getConfig } = tf.layers.Layer.prototype;

tf.layers.Layer.prototype.apply = function (inputs, options) {
  const layer = internals(this);
  const { activityRegularizer: regularizer } = layer;
  if (!regularizer) {
    return apply.call(this, inputs, options);
  }
  // tfjs throws where it sees one.
  layer.activityRegularizer = null;
  try {
    const outputs = apply.call(this, inputs, options);
    note(layer, regularizer, inputs, outputs);
    return outputs;
  } finally {
    layer.activityRegularizer = regularizer;
  }
};

interface BidirectionalLayer {
  forwardLayer: tf.layers.Layer;
  backwardLayer: tf.layers.Layer;
  call(inputs: tf.Tensor | tf.Tensor[], options: object): tf.Tensor | tf.Tensor[];
}

const bidirectionalPrototype = prototypeOf<BidirectionalLayer>(bidirectional);
const callOfTfjs = bidirectionalPrototype.call;

/** tfjs calls both layers directly, not by `apply`. */
bidirectionalPrototype.call = function (inputs, options) {
  const { forwardLayer, backwardLayer } = this;
  return noting(forwardLayer, () =>
    noting(backwardLayer, () => callOfTfjs.call(this, inputs, options)),
  );
};

/** Notes the penalties of a layer whose `call` is called. */
function noting<Result>(layer: tf.layers.Layer, run: () => Result): Result {
  const inside = internals(layer);
  const { activityRegularizer: regularizer } = inside;
  if (!regularizer) {
    return run();
  }
  const { call } = inside;
  inside.call = (inputs, options) => {
    const outputs = call.call(layer, inputs, options);
    note(inside, regularizer, inputs, outputs);
    return outputs;
  };
  try {
    return run();
  } finally {
    // What its class has is back then.
    Reflect.deleteProperty(inside, 'call');
  }
}

tf.layers.Layer.prototype.getConfig = function () {
  const { activityRegularizer: regularizer } = internals(this);
  const config = getConfig.call(this);
  return regularizer ? { ...config, activityRegularizer: serialized(regularizer) } : config;
};

function serialized(regularizer: ActivityRegularizer): tf.serialization.ConfigDict {
  return { className: regularizer.getClassName(), config: regularizer.getConfig() };
}

type FromConfig = tf.serialization.FromConfigMethod<tf.serialization.Serializable>;

/** A layer made from its configuration gets the option, whether its class takes it or not. */
function withOption(fromConfig: FromConfig): FromConfig {
  return (layerClass, config, ...others) => {
    const { activityRegularizer: option = null } = config;
    const made = fromConfig(layerClass, config, ...others);
    if (option !== null && made instanceof tf.layers.Layer) {
      internals(made as tf.layers.Layer).activityRegularizer ??= activityRegularizer(option);
    }
    return made;
  };
}

const registered = tf.serialization.SerializationMap.getMap().classNameMap;
for (const entry of Object.values(registered)) {
  const [registeredClass, fromConfig] = entry;
  const { prototype } = registeredClass;
  if (prototype instanceof tf.layers.Layer) {
    entry[1] = withOption(fromConfig);
    Object.assign(registeredClass, { fromConfig: entry[1] });
  }
}
Object.assign(tf.layers.Layer, {
  fromConfig: withOption(tf.serialization.Serializable.fromConfig as FromConfig),
});
