import type * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import type { KerasVersion } from './hardSigmoid';
import { asList, asObject, asString, isObject, type Json, type JsonObject, shown } from './json';
import {
  attentionInputs,
  inboundNode,
  isCausal,
  maskOperations,
  nodeToKeras,
  operationAsLayer,
  perhapsCausal,
} from './kerasConnections';
import { layerOptionsFromKeras, layerOptionsToKeras } from './kerasLayers';
import { nameFromKeras, nameToKeras } from './layerNames';
import { partsOf } from './layerStructure';

/** What tfjs says that a model's class is. */
const tfjsModelClasses = ['Sequential', 'Functional', 'Model'];

/** The classes of models; `Model` is the older name of `Functional`. */
const modelClasses = ['Sequential', 'Functional', 'Model'];

/**
 * Turns a model's configuration as Keras writes it into the one that `tf.models.modelFromJSON`
 * reads. Keras 3 and Keras 2 (and the Keras 1 way of listing a Sequential's layers) are understood.
 * Throws an error that names the layer that cannot be loaded.
 *
 * @param version Which Keras wrote it.
 */
export function modelConfigFromKeras(modelConfig: Json, version: KerasVersion): JsonObject {
  const model = asObject(modelConfig, 'The model configuration');
  const className = asString(model.class_name, "The model's class_name");
  if (!modelClasses.includes(className)) {
    throw new Error(
      `The file holds a model of class ${className}; only Sequential and Functional can be loaded.`,
    );
  }
  refuseMaskedZeros(model);
  // A Sequential inside another model may get its shape from there.
  const { input_shape } = isObject(model.build_config) ? model.build_config : {};
  return className === 'Sequential'
    ? sequentialFromKeras(model.config as Json, version, input_shape)
    : functionalFromKeras(asObject(model.config, "The model's config"), version);
}

/** Only in a Bidirectional layer do recurrent ones give 0 where the input is masked. */
function refuseMaskedZeros(model: JsonObject): void {
  const text = JSON.stringify(model, (_, value) =>
    isObject(value) && value.class_name === 'Bidirectional' ? null : value,
  );
  const masks = /"class_name":"Masking"|"mask_zero":true/.test(text);
  if (masks && text.includes('"zero_output_for_mask":true')) {
    throw new Error(
      'The model has masks and a recurrent layer with zero_output_for_mask = true, which is supported ' +
        'in a Bidirectional layer only.',
    );
  }
}

/**
 * The configuration of a `tf.LayersModel` as Keras reads it. The layout is that of Keras 2, which
 * Keras 3 reads as well, except that it counts the calls of a model in another model from 0
 * (not where it is an output, unless it is a Sequential).
 */
export function modelConfigToKeras(model: tf.LayersModel, version: KerasVersion = 2): JsonObject {
  const json = asObject(model.toJSON(null, false) as unknown as Json, 'The model configuration');
  return modelToKeras(json, model, version);
}

function modelToKeras(json: JsonObject, model: tf.LayersModel, version: KerasVersion): JsonObject {
  const config = asObject(json.config, "The model's config");
  const connections = (all: Json | undefined, counted0: string[]) => {
    const isCounted0 = (name: string) => counted0.includes(model.getLayer(name).getClassName());
    return withNames(all, nameToKeras, (name) => (version === 3 && isCounted0(name) ? -1 : 0));
  };
  const layers = asList(config.layers, "The model's layers").map((entry) => {
    const layer = asObject(entry, 'A layer');
    const name = asString(asObject(layer.config, "A layer's config").name, "A layer's name");
    const inside = model.getLayer(name);
    const converted = layerToKeras(layer, name, inside, version);
    if (layer.inbound_nodes === undefined) {
      return converted;
    }
    const nodes = connections(layer.inbound_nodes, tfjsModelClasses);
    return {
      ...converted,
      name: nameToKeras(name),
      inbound_nodes: asList(nodes, 'The connections').map((node) =>
        nodeToKeras(node, inside, version),
      ),
    };
  });
  const tensors = (all: Json | undefined, counted0: string[]) => {
    const list = connections(all, counted0);
    // In Keras 3 a list of one would not be the same as its only element.
    return version === 3 && Array.isArray(list) && list.length === 1 ? (list[0] ?? null) : list;
  };
  const name = typeof config.name === 'string' ? nameToKeras(config.name) : null;
  if (json.class_name === 'Sequential') {
    const startsWithInput = layers[0]?.class_name === 'InputLayer';
    const all = startsWithInput ? layers : [inputLayerOf(model), ...layers];
    return { class_name: 'Sequential', config: { name, layers: all } };
  }
  return {
    class_name: 'Functional',
    config: {
      name,
      layers,
      input_layers: tensors(config.input_layers, []),
      output_layers: tensors(config.output_layers, ['Sequential']),
    },
  };
}

function inputLayerOf({ inputs: [input] }: tf.LayersModel): JsonObject {
  if (!input) {
    throw new Error('The model has no input shape yet: give its first layer one.');
  }
  const name = nameToKeras(input.name.split('/')[0] ?? input.name);
  const { shape, dtype } = input;
  return {
    class_name: 'InputLayer',
    config: { batch_input_shape: shape, dtype, sparse: false, name },
  };
}

function layerToKeras(
  json: JsonObject,
  name: string,
  layer: tf.layers.Layer,
  version: KerasVersion,
): JsonObject {
  const className = asString(json.class_name, "A layer's class_name");
  const config = asObject(json.config, "A layer's config");
  if (name.includes('/')) {
    throw new Error(`Keras allows no "/" in the name of a layer, as in "${name}": rename it.`);
  }
  if (modelClasses.includes(className)) {
    return modelToKeras(json, layer as tf.LayersModel, version);
  }
  if (className === 'MultiHeadAttention' && version === 2) {
    throw new Error(
      `The layer "${name}" (MultiHeadAttention) cannot be saved as .h5, where Keras 2 and Keras 3 have ` +
        'it in different forms; save the model as .keras.',
    );
  }
  if (className === 'ThresholdedReLU' && version === 3) {
    throw new Error(
      `The layer "${name}" (ThresholdedReLU) cannot be saved as .keras: Keras 3 has none. Make it ` +
        'layers.relu({ threshold }), which computes the same, or save the model as .h5, for Keras 2.',
    );
  }
  const { model, options } = modelInWrapper(config);
  const converted = layerOptionsToKeras(className, options, version);
  if (model) {
    const [wrapped] = partsOf(layer);
    const inside = modelToKeras(model, wrapped?.layer as tf.LayersModel, version);
    // Keras 3 does not find the class in an .h5 file without its module.
    converted.layer = inside.class_name === 'Sequential' ? { ...inside, module: 'keras' } : inside;
  }
  if (className.startsWith('SpatialDropout')) {
    // There is nothing to train, and Keras 3 knows no such option here.
    delete converted.trainable;
  }
  if (className === 'InputLayer') {
    const { batch_input_shape = null, dtype = null } = config;
    Object.assign(converted, { batch_input_shape, dtype, sparse: false });
  }
  // Arguments of the call in Keras.
  delete converted.use_causal_mask;
  delete converted.inputs;
  if (className === 'SeparableConv2D') {
    // tfjs leaves it out of the configuration.
    converted.depth_multiplier = internals(layer).depthMultiplier;
  }
  return { class_name: className, config: converted };
}

/** Takes a model that a TimeDistributed holds out of its configuration. */
function modelInWrapper(config: JsonObject): { model?: JsonObject; options: JsonObject } {
  const { layer, ...options } = config;
  return isObject(layer) && modelClasses.includes(String(layer.class_name))
    ? { model: layer, options }
    : { options: config };
}

/**
 * Connections, and lists of inputs or outputs, with the names of layers in them converted, and the
 * number of the call moved on.
 */
function withNames(
  connections: Json | undefined,
  convert: (name: string) => string,
  moved: (name: string) => number = () => 0,
): Json {
  if (!Array.isArray(connections)) {
    return connections ?? null;
  }
  const [name, call, ...others] = connections;
  // A tensor is `[layer, call, output]`, perhaps with the arguments of the call.
  return typeof name === 'string' && typeof call === 'number'
    ? [convert(name), call + moved(name), ...others]
    : connections.map((one) => withNames(one, convert, moved));
}

function sequentialFromKeras(
  config: Json,
  version: KerasVersion,
  shapeFromOutside?: Json,
): JsonObject {
  const { name, layers, buildInputShape } = isObject(config)
    ? { name: config.name, layers: config.layers, buildInputShape: config.build_input_shape }
    : { name: 'sequential', layers: config, buildInputShape: undefined };
  const all = asList(layers, "The model's layers").map((layer) => asObject(layer, 'A layer'));
  const isInput = (layer: JsonObject) => layer.class_name === 'InputLayer';
  const [first, ...others] = all
    .filter((layer) => !isInput(layer))
    .map((layer) => layerFromKeras(layer, version));
  if (!first) {
    throw new Error('The file holds a Sequential model without a layer.');
  }

  const inputShape =
    all.map(inputShapeOf).find((shape) => shape !== undefined) ??
    buildInputShape ??
    shapeFromOutside;
  if (!inputShape) {
    throw new Error('The file does not tell the input shape of its Sequential model.');
  }
  return {
    class_name: 'Sequential',
    config: {
      name: modelName(name, 'sequential'),
      layers: [withInputShape(first, inputShape), ...others],
    },
  };
}

/** As in Keras, the input is not a layer of its own: the first layer gets its shape. */
function withInputShape(first: JsonObject, shape: Json): JsonObject {
  // A model inside has it already.
  if (modelClasses.includes(String(first.class_name))) {
    return first;
  }
  const config = { ...(first.config as JsonObject), batch_input_shape: shape };
  return { ...first, config };
}

function modelName(name: Json | undefined, otherwise: string): string {
  return typeof name === 'string' ? nameFromKeras(name) : otherwise;
}

function layerFromKeras(layer: JsonObject, version: KerasVersion): JsonObject {
  const className = asString(layer.class_name, "A layer's class_name");
  if (modelClasses.includes(className)) {
    return modelConfigFromKeras(layer, version);
  }
  const { model, options } = modelInWrapper(asObject(layer.config, "A layer's config"));
  const config = layerOptionsFromKeras(className, options);
  return {
    class_name: className,
    config: model ? { ...config, layer: modelConfigFromKeras(model, version) } : config,
  };
}

function inputShapeOf(layer: JsonObject): Json | undefined {
  const config = asObject(layer.config, "A layer's config");
  return config.batch_shape ?? config.batch_input_shape ?? undefined;
}

function functionalFromKeras(config: JsonObject, version: KerasVersion): JsonObject {
  const all = asList(config.layers, "The model's layers").map((entry) =>
    asObject(entry, 'A layer'),
  );
  const masks = maskOperations(all);
  const entries = all.filter(({ name }) => !masks.has(String(name))).map(operationAsLayer);
  const converted = entries.map((entry) => layerFromKeras(entry, version));
  const names = entries.map((entry) => asString(entry.name, "A layer's name"));
  // In tfjs and Keras 2 a model's own inputs are its first call, in Keras 3 they are not one.
  // (Except that a functional model's outputs are counted from 1 in both.)
  const isOneOf = (classes: string[], name: string) =>
    classes.includes(String(entries[names.indexOf(name)]?.class_name));
  const connections = (json: Json, counted0: string[]): Json =>
    withNames(json, nameFromKeras, (name) => (version === 3 && isOneOf(counted0, name) ? 1 : 0));
  const layers = entries.map((entry, i) => {
    const { class_name = null, config: options } = converted[i] as JsonObject;
    const name = shown(names[i]);
    const nodes = asList(entry.inbound_nodes, `The connections of layer ${name}`);
    if (class_name === 'InputLayer') {
      const { dtype } = asObject(entry.config, "A layer's config");
      const shape = inputShapeOf(entry) ?? null;
      Object.assign(options as JsonObject, { batch_input_shape: shape, dtype: dtype ?? 'float32' });
    }
    if (perhapsCausal.includes(String(class_name))) {
      Object.assign(options as JsonObject, { use_causal_mask: isCausal(nodes, name) });
    }
    if (class_name === 'MultiHeadAttention') {
      Object.assign(options as JsonObject, { inputs: attentionInputs(nodes, name) });
    }
    return {
      class_name,
      config: options as Json,
      name: nameFromKeras(names[i] as string),
      inbound_nodes: connections(
        nodes.map((node) => inboundNode(node, name, String(class_name), masks)),
        modelClasses,
      ),
    };
  });
  return {
    class_name: 'Model',
    config: {
      name: modelName(config.name, 'functional'),
      layers,
      input_layers: connections(tensorList(config.input_layers), []),
      output_layers: connections(tensorList(config.output_layers), ['Sequential']),
    },
  };
}

/** Keras 3 writes a single input or output without the list around it, and several by name. */
function tensorList(tensors: Json | undefined): Json {
  const list = isObject(tensors)
    ? Object.values(tensors)
    : asList(tensors, 'The list of inputs or outputs');
  return typeof list[0] === 'string' ? [list] : list;
}
