/** How the layers of a functional model are connected, in Keras's two ways of writing it. */
import type * as tf from '../tensorflow';
import type { KerasVersion } from './hardSigmoid';
import { asList, asObject, isObject, type Json, type JsonObject, shown } from './json';

const attention = 'MultiHeadAttention';
/** Layers for which it is said at the call that a step sees no step after it. */
export const perhapsCausal = ['AdditiveAttention', 'Attention', attention];
/** In the order of Keras's `call`. */
const attentionArguments = ['query', 'value', 'key'];

/** Layers that tfjs hands the states they start from as further inputs. */
export const recurrent = ['ConvLSTM2D', 'GRU', 'LSTM', 'SimpleRNN'];

/** Layers that are called with training = true in Keras 3 if nothing is said. */
const isTrainingByDefault = (className: string) =>
  className.startsWith('Random') || className === 'CenterCrop' || className === 'Resizing';

/** The arguments by which Keras 3 hands masks to layers. */
const maskArguments = ['mask', 'query_mask', 'value_mask', 'key_mask'];

/**
 * One call of a layer: the tensors that go into it, each as `[layer, node, tensor, {}]`. Keras 2
 * has this form; Keras 3 writes the arguments of the call with tensors described in them.
 *
 * @param masks the operations that make masks: tfjs makes these itself.
 */
export function inboundNode(
  node: Json,
  layer: string,
  className: string,
  masks: Set<string>,
): Json[] {
  if (Array.isArray(node)) {
    return node.flatMap((tensor) => {
      const [name, call, index, options] = asList(tensor, 'A connection');
      const { tensors, others } = argumentsOf(options, className, layer);
      checkNoArguments(others, layer);
      return [[name, call, index, {}] as Json[], ...tensors];
    });
  }
  const { args, kwargs } = asObject(node, `A connection of layer ${layer}`);
  const { tensors, others } = argumentsOf(kwargs, className, layer);
  for (const name of maskArguments) {
    const given = [others[name] ?? null].flat();
    if (given.every((mask) => mask === null || masks.has(String(historyOf(mask)?.[0])))) {
      delete others[name];
    }
  }
  // Keras 3 notes this by itself, and goes by what the model is called with.
  if (!others.training || isTrainingByDefault(className)) {
    delete others.training;
  }
  checkNoArguments(others, layer);
  return [...tensorsIn(asList(args, `The arguments of layer ${layer}`), layer), ...tensors];
}

/**
 * In which order Keras counts the tensors that go into attention: those that are given by name come
 * last, and by alphabet. Layers are listed in the order in which tensors lead to them.
 */
export function attentionInputs(nodes: Json[], layer: string): string {
  const all = nodes.map((node) => {
    const first = isObject(node) ? asList(node.args, `The arguments of layer ${layer}`) : [null];
    const last = Array.isArray(node) ? asList(node.at(-1), 'A connection')[3] : node;
    const kwargs = isObject(node) ? asKwargs(node) : last;
    const named = attentionArguments.filter((name) => isGiven(isObject(kwargs) && kwargs[name]));
    return [...attentionArguments.slice(0, first.length), ...named.sort()].join(',');
  });
  const [inputs = 'query,value'] = all;
  if (new Set(all).size > 1) {
    throw new Error(`Layer ${layer} is called with ${all.join(' and ')}, which is not supported.`);
  }
  return inputs === 'query,value' ? 'query,value,key' : inputs;
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== false;
}

/** Whether attention is called so that a step sees no step after it: an option of the layer here. */
export function isCausal(nodes: Json[], layer: string): boolean {
  const all = nodes.map((node) => {
    const last = Array.isArray(node) ? asList(node.at(-1), 'A connection')[3] : asKwargs(node);
    return isObject(last) && last.use_causal_mask === true;
  });
  if (new Set(all).size > 1) {
    throw new Error(
      `Layer ${layer} is called with use_causal_mask = true and false, which is not supported.`,
    );
  }
  return all[0] ?? false;
}

/**
 * A call of a layer, as Keras reads it. Keras 3 has arguments of their own for the inputs of
 * attention, and for the states that a recurrent layer starts from.
 *
 * @param node the tensors, each as `[layer, node, tensor, {}]`
 */
export function nodeToKeras(node: Json, layer: tf.layers.Layer, version: KerasVersion): Json {
  const className = layer.getClassName();
  if (className === attention) {
    return attentionNode(node, layer);
  }
  if (perhapsCausal.includes(className) && layer.getConfig().useCausalMask === true) {
    return causalNode(node);
  }
  const isStarted = Array.isArray(node) && node.length > 1 && recurrent.includes(className);
  if (version === 2 || !isStarted) {
    return node;
  }
  const [input = null, ...states] = describedTensors(node, layer);
  return { args: [input], kwargs: { initial_state: states } };
}

/** The arguments of a call are with the last tensor that goes into it. */
function causalNode(node: Json): Json {
  const tensors = asList(node, 'A connection');
  const [name = null, call = null, index = null] = asList(tensors.at(-1), 'A connection');
  return [...tensors.slice(0, -1), [name, call, index, { use_causal_mask: true }]];
}

/** The tensors that go into a layer, as Keras 3 describes them. */
function describedTensors(node: Json, layer: tf.layers.Layer): JsonObject[] {
  const tensors = asList(node, 'A connection').map((tensor) => asList(tensor, 'A connection'));
  const symbolic = layer.inboundNodes[0]?.inputTensors ?? [];
  return tensors.map((tensor, i): JsonObject => {
    const { shape, dtype } = symbolic[i] as tf.SymbolicTensor;
    const config = { shape, dtype, keras_history: tensor.slice(0, 3) };
    return { class_name: '__keras_tensor__', config };
  });
}

function attentionNode(node: Json, layer: tf.layers.Layer): Json {
  const { useCausalMask, inputs } = layer.getConfig();
  const args = describedTensors(node, layer);
  const options: JsonObject = useCausalMask === true ? { use_causal_mask: true } : {};
  const names = String(inputs).split(',');
  const isPositional = names.join() === attentionArguments.join();
  const positional = isPositional ? args.length : names[0] === 'query' ? 1 : 0;
  const named = args.slice(positional).map((arg, i) => [names[positional + i], arg]);
  return {
    args: args.slice(0, positional),
    kwargs: { ...options, ...Object.fromEntries(named) },
  };
}

/**
 * The operations by which Keras 3 makes the masks of Embedding (with `mask_zero`) and Masking, hands
 * those of attention on, and joins those of values that are added up or the like. Others of their kind are not among them; nor are those
 * of concatenated values, for which Keras would take the name of the layer once more.
 */
export function maskOperations(entries: JsonObject[]): Set<string> {
  const makesMasks = ({ class_name, config }: JsonObject) =>
    class_name === 'Masking' ||
    (class_name === 'Embedding' && isObject(config) && config.mask_zero === true);
  const masked = entries.filter(makesMasks).map((entry) => String(tensorsInto(entry)[0]));
  const found = new Set<string>();
  for (const entry of entries) {
    if (!['NotEqual', 'Any', 'LogicalOr', 'ConvertToTensor'].includes(String(entry.class_name))) {
      continue;
    }
    const inputs = tensorsInto(entry);
    const isMask =
      entry.class_name === 'NotEqual'
        ? masked.includes(String(inputs[0]))
        : inputs.length > 0 && inputs.every(([name]) => found.has(String(name)));
    if (isMask) {
      found.add(String(entry.name));
    }
  }
  return found;
}

/** The tensors that go into the call of an operation of Keras 3, each as `[layer, node, tensor]`. */
function tensorsInto({ inbound_nodes: nodes = null }: JsonObject): Json[][] {
  const [node] = asList(nodes, 'The connections of a layer');
  const args = isObject(node) ? asList(node.args, 'Arguments') : [];
  return args.flatMap((argument) => {
    const history = historyOf(argument);
    return history ? [history] : [];
  });
}

/** What Rescaling has to do for an operation of Keras 3 with a number. */
const rescalings: Record<string, (number: number, isFirst: boolean) => JsonObject | undefined> = {
  Add: (offset) => ({ scale: 1, offset }),
  Subtract: (number, isFirst) =>
    isFirst ? { scale: -1, offset: number } : { scale: 1, offset: -number },
  Multiply: (scale) => ({ scale, offset: 0 }),
  TrueDivide: (number, isFirst) => (isFirst ? undefined : { scale: 1 / number, offset: 0 }),
};

/** An entry for `x * 2` or the like as a layer that computes the same; any other as it is. */
export function operationAsLayer(entry: JsonObject): JsonObject {
  const { class_name, inbound_nodes: nodes, name = null } = entry;
  const [node, ...others] = Array.isArray(nodes) ? nodes : [];
  const args = isObject(node) && Array.isArray(node.args) ? node.args : [];
  const number = args.find((arg) => typeof arg === 'number');
  if (number === undefined || args.length !== 2 || others.length > 0) {
    return entry;
  }
  const options = rescalings[String(class_name)]?.(number, args[0] === number);
  const called = { ...(node as JsonObject), args: args.filter((arg) => arg !== number) };
  return options === undefined
    ? entry
    : {
        ...entry,
        class_name: 'Rescaling',
        config: { name, ...options },
        inbound_nodes: [called],
      };
}

interface Arguments {
  /** Tensors beside the first argument, in the order in which tfjs takes them. */
  tensors: Json[];
  others: JsonObject;
}

function argumentsOf(kwargs: Json | undefined, className: string, layer: string): Arguments {
  const others: JsonObject = isObject(kwargs) ? { ...kwargs } : {};
  if (recurrent.includes(className) && isGiven(others.initial_state)) {
    const { initial_state: states = null, ...rest } = others;
    return { tensors: tensorsIn([states], layer), others: rest };
  }
  if (perhapsCausal.includes(className)) {
    delete others.use_causal_mask;
    if (others.return_attention_scores === false) {
      delete others.return_attention_scores;
    }
  }
  if (className !== attention) {
    return { tensors: [], others };
  }
  const { query, value, key } = others;
  for (const name of attentionArguments) {
    delete others[name];
  }
  // In the order in which Keras counts them: by alphabet.
  const given = [key, query, value].filter((tensor) => tensor !== undefined && tensor !== null);
  const tensors = given.map((tensor) =>
    Array.isArray(tensor) ? [...tensor.slice(0, 3), {}] : tensorsIn([tensor as Json], layer)[0],
  );
  return { tensors: tensors as Json[], others };
}

function asKwargs(node: Json): Json | undefined {
  return isObject(node) ? node.kwargs : undefined;
}

function tensorsIn(args: Json[], layer: string): Json[] {
  return args.flatMap((arg) => {
    if (Array.isArray(arg)) {
      return tensorsIn(arg, layer);
    }
    if (arg === null) {
      return [];
    }
    const history = historyOf(arg);
    if (!history) {
      throw new Error(`Layer ${layer} is called with ${shown(arg)}, which is not supported.`);
    }
    return [[...history, {}]];
  });
}

/** Where a tensor comes from, `[layer, node, tensor]`, as Keras 3 describes it. */
function historyOf(tensor: Json | undefined): Json[] | undefined {
  const { class_name, config } = isObject(tensor) ? tensor : {};
  return class_name === '__keras_tensor__' && isObject(config)
    ? asList(config.keras_history, 'A connection')
    : undefined;
}

function checkNoArguments(kwargs: JsonObject, layer: string): void {
  const given = Object.entries(kwargs).filter(([, value]) => value !== null);
  if (given.length > 0) {
    throw new Error(`Layer ${layer} is called with ${shown(kwargs)}, which is not supported.`);
  }
}
