import type * as tf from '../tensorflow';
import { asList, asObject, asString, isObject, type Json, type JsonObject, shown } from './json';
import { layerOptionsFromKeras, layerOptionsToKeras } from './kerasLayers';

/**
 * Turns a model's configuration as Keras writes it into the one that `tf.models.modelFromJSON`
 * reads. Keras 3 and Keras 2 (and the Keras 1 way of listing a Sequential's layers) are understood.
 * Throws an error that names the layer that cannot be loaded.
 */
export function modelConfigFromKeras(modelConfig: Json): JsonObject {
  const model = asObject(modelConfig, 'The model configuration');
  const className = asString(model.class_name, "The model's class_name");
  if (className === 'Sequential') {
    return sequentialFromKeras(model.config as Json);
  }
  if (className === 'Functional' || className === 'Model') {
    return functionalFromKeras(asObject(model.config, "The model's config"));
  }
  throw new Error(
    `The file holds a model of class ${className}; only Sequential and Functional can be loaded.`,
  );
}

/**
 * The configuration of a `tf.LayersModel` as Keras reads it. The layout is that of Keras 2, which
 * Keras 3 reads as well.
 */
export function modelConfigToKeras(model: tf.LayersModel): JsonObject {
  const json = asObject(model.toJSON(null, false) as unknown as Json, 'The model configuration');
  const config = asObject(json.config, "The model's config");
  const layers = asList(config.layers, "The model's layers").map((layer) =>
    layerToKeras(asObject(layer, 'A layer')),
  );
  if (json.class_name !== 'Sequential') {
    return { class_name: 'Functional', config: { ...config, layers } };
  }
  const startsWithInput = asObject(layers[0], 'The first layer').class_name === 'InputLayer';
  const [input] = model.inputs;
  if (!input) {
    throw new Error('The model has no input shape yet: give its first layer one.');
  }
  const inputLayer = {
    class_name: 'InputLayer',
    config: {
      batch_input_shape: input.shape,
      dtype: input.dtype,
      sparse: false,
      name: input.name.split('/')[0] ?? input.name,
    },
  };
  return {
    class_name: 'Sequential',
    config: {
      name: config.name ?? null,
      layers: startsWithInput ? layers : [inputLayer, ...layers],
    },
  };
}

function layerToKeras(layer: JsonObject): JsonObject {
  const className = asString(layer.class_name, "A layer's class_name");
  const config = asObject(layer.config, "A layer's config");
  const name = asString(config.name, "A layer's name");
  if (name.includes('/')) {
    throw new Error(`Keras allows no "/" in the name of a layer, as in "${name}": rename it.`);
  }
  const converted = layerOptionsToKeras(className, config);
  if (className === 'InputLayer') {
    const { batch_input_shape = null, dtype = null } = config;
    Object.assign(converted, { batch_input_shape, dtype, sparse: false });
  }
  return { ...layer, class_name: className, config: converted };
}

function sequentialFromKeras(config: Json): JsonObject {
  const { name, layers, buildInputShape } = isObject(config)
    ? { name: config.name, layers: config.layers, buildInputShape: config.build_input_shape }
    : { name: 'sequential', layers: config, buildInputShape: undefined };
  const all = asList(layers, "The model's layers").map((layer) => asObject(layer, 'A layer'));
  const isInput = (layer: JsonObject) => layer.class_name === 'InputLayer';
  const [first, ...others] = all.filter((layer) => !isInput(layer)).map(sequentialLayer);
  if (!first) {
    throw new Error('The file holds a Sequential model without a layer.');
  }

  const inputShape = all.map(inputShapeOf).find((shape) => shape !== undefined) ?? buildInputShape;
  if (!inputShape) {
    throw new Error('The file does not tell the input shape of its Sequential model.');
  }
  // As in Keras, the input is not a layer of its own: the first layer gets its shape.
  const firstConfig = { ...(first.config as JsonObject), batch_input_shape: inputShape };
  return {
    class_name: 'Sequential',
    config: { name: name ?? 'sequential', layers: [{ ...first, config: firstConfig }, ...others] },
  };
}

function sequentialLayer(layer: JsonObject): JsonObject {
  const className = asString(layer.class_name, "A layer's class_name");
  const config = asObject(layer.config, "A layer's config");
  return { class_name: className, config: layerOptionsFromKeras(className, config) };
}

function inputShapeOf(layer: JsonObject): Json | undefined {
  const config = asObject(layer.config, "A layer's config");
  return config.batch_shape ?? config.batch_input_shape ?? undefined;
}

function functionalFromKeras(config: JsonObject): JsonObject {
  const layers = asList(config.layers, "The model's layers").map((entry) => {
    const layer = asObject(entry, 'A layer');
    const { class_name, config: options } = sequentialLayer(layer);
    const converted = options as JsonObject;
    if (class_name === 'InputLayer') {
      converted.batch_input_shape = inputShapeOf(layer) ?? null;
      converted.dtype = (layer.config as JsonObject).dtype ?? 'float32';
    }
    const nodes = asList(layer.inbound_nodes, `The connections of layer ${shown(converted.name)}`);
    return {
      class_name,
      config: converted,
      name: converted.name,
      inbound_nodes: nodes.map((node) => inboundNode(node, shown(converted.name))),
    } as JsonObject;
  });
  return {
    class_name: 'Model',
    config: {
      name: config.name ?? 'functional',
      layers,
      input_layers: tensorList(config.input_layers),
      output_layers: tensorList(config.output_layers),
    },
  };
}

/** Keras 3 writes a single input or output without the list around it. */
function tensorList(tensors: Json | undefined): Json[] {
  const list = asList(tensors, 'The list of inputs or outputs');
  return typeof list[0] === 'string' ? [list] : list;
}

/**
 * One call of a layer: the tensors that go into it, each as `[layer, node, tensor, {}]`. Keras 2
 * has this form; Keras 3 writes the arguments of the call with tensors described in them.
 */
function inboundNode(node: Json, layer: string): Json[] {
  if (Array.isArray(node)) {
    for (const tensor of node) {
      checkNoArguments(asList(tensor, 'A connection')[3], layer);
    }
    return node;
  }
  const { args, kwargs } = asObject(node, `A connection of layer ${layer}`);
  checkNoArguments(kwargs, layer);
  return tensorsIn(asList(args, `The arguments of layer ${layer}`), layer);
}

function tensorsIn(args: Json[], layer: string): Json[] {
  return args.flatMap((arg) => {
    if (Array.isArray(arg)) {
      return tensorsIn(arg, layer);
    }
    const config = isObject(arg) && arg.class_name === '__keras_tensor__' ? arg.config : undefined;
    if (!isObject(config)) {
      throw new Error(`Layer ${layer} is called with ${shown(arg)}, which is not supported.`);
    }
    return [[...asList(config.keras_history, 'A connection'), {}]];
  });
}

function checkNoArguments(kwargs: Json | undefined, layer: string): void {
  const given = isObject(kwargs)
    ? Object.entries(kwargs).filter(([, value]) => value !== null)
    : [];
  if (given.length > 0) {
    throw new Error(`Layer ${layer} is called with ${shown(kwargs)}, which is not supported.`);
  }
}
