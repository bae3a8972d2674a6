/**
 * What a model computes, apart from the values of its variables: its layers with their settings, its
 * losses and metrics, how its optimiser works. A graph is a recording of that, so it must be noticed
 * when it changes.
 *
 * tfjs's own layers, activations, regularisers … read nothing but their own properties: these are
 * remembered and compared. Code of the user's may read anything, such as a number that a callback
 * changes: only recording it anew shows whether it still computes the same.
 */

import '../../native/batchNormalization';
import { internals, type Masks, type ModelInternals } from '../../tfjsInternals';
// Before tfjs's losses are listed below.
import '../../native/softmaxCrossentropy';

import * as tf from '../../tensorflow';
import { Snapshot } from './snapshot';

type Class = abstract new (...args: never[]) => object;

/** Properties of layers that say nothing on what they compute, or are looked at elsewhere. */
const IGNORED = new Set([
  '_addedWeightNames',
  '_trainableWeights',
  '_nonTrainableWeights',
  '_updates',
  'inboundNodes',
  'outboundNodes',
  'inputSpec',
  'stateSpec',
  'states_',
  'keptStates',
  'dropoutMask',
  'recurrentDropoutMask',
  '_losses',
  '_refCount',
  'initialWeights',
]);

/** The last class that tfjs registers; those after it are the user's. */
const LAST_OF_TFJS = 'RandomWidth';

const registered = tf.serialization.SerializationMap.getMap().classNameMap;
const namesOfTfjs = Object.keys(registered);
namesOfTfjs.splice(namesOfTfjs.indexOf(LAST_OF_TFJS) + 1);

/** Classes and functions that read nothing but their arguments and their own properties. */
const knownCode = new Set<unknown>([
  ...namesOfTfjs.map((name) => registered[name]?.[0]),
  ...Object.values(tf.losses),
  ...Object.values(tf.metrics),
]);

/**
 * Declares that instances of a class, or calls of a function, read nothing that can change but their
 * own properties and arguments. They need not be recorded anew then.
 */
export function declareKnownCode(code: Class | ((...args: never[]) => unknown)): void {
  knownCode.add(code);
}

/** Whether a class or function was declared so, or is tfjs's own. */
export function isKnownCode(code: unknown): boolean {
  return knownCode.has(code);
}

/** What a model computed when this was made. */
export class ModelCode {
  /** The first code of the user's that was found, in words for a message; null if there is none. */
  custom: string | null = null;
  /** A layer that carries a state of its own from batch to batch. */
  stateful: tf.layers.Layer | null = null;

  private readonly settings = new Snapshot();
  private readonly visited = new Set<object>();
  private readonly customLayers: tf.layers.Layer[] = [];
  private readonly masked: Masks[] = [];

  constructor(model: ModelInternals) {
    const names = ['optimizer', 'lossFunctions', 'metricsTensors', 'collectedTrainableWeights'];
    this.settings.add('the model', model, names);
    this.visitModel(model);
    this.visitCalled(model.loss, 'the loss');
    this.visitCalled(model.metrics, 'a metric');
    this.settings.add('the losses', model.lossFunctions ?? []);
    for (const metric of model.metricsTensors ?? []) {
      this.settings.add('a metric', metric);
    }
    for (const weight of model.weights) {
      this.settings.add(`weight "${weight.name}"`, weight, ['val', 'trainable_', 'constraint']);
      this.settings.add(`weight "${weight.name}"`, weight.read(), ['trainable']);
    }
    if (model.optimizer) {
      // Numbers, such as the learning rate, are told to the session before each run.
      const isSwitch = ([, value]: [string, unknown]) => typeof value === 'boolean';
      const switches = Object.entries(model.optimizer).filter(isSwitch);
      this.settings.add(
        'the optimiser',
        model.optimizer,
        switches.map(([name]) => name),
      );
    }
    this.visited.clear();
  }

  /** What is no longer as it was, in words; null if nothing, as far as properties tell. */
  firstChange(): string | null {
    return this.settings.firstChange();
  }

  /** The properties of the user's layers as they are now. */
  customState(): Snapshot {
    const state = new Snapshot();
    const visited = new Set<object>();
    const add = (what: string, object: object) => {
      if (visited.has(object)) {
        return;
      }
      visited.add(object);
      const names = Object.keys(object).filter((name) => !IGNORED.has(name));
      state.add(what, object, names);
      for (const name of names) {
        const value = (object as Record<string, unknown>)[name];
        if (isPlain(value)) {
          add(`${what}, ${name}`, value);
        }
      }
    };
    for (const layer of this.customLayers) {
      add(describe(layer), layer);
    }
    return state;
  }

  /** Disposes the masks of recurrent dropout that a recording leaves behind. */
  releaseMasks(): void {
    for (const cell of this.masked) {
      tf.dispose([cell.dropoutMask, cell.recurrentDropoutMask] as tf.Tensor[]);
      cell.dropoutMask = null;
      cell.recurrentDropoutMask = null;
    }
  }

  private visitModel(model: Pick<ModelInternals, 'layers'>): void {
    if (!knownCode.has(model.constructor)) {
      this.custom ??= `the model (${model.constructor.name})`;
    }
    this.settings.add('the layers', model.layers);
    for (const layer of model.layers) {
      this.visitLayer(layer);
    }
  }

  private visitLayer(layer: tf.layers.Layer): void {
    if (this.visited.has(layer)) {
      return;
    }
    this.visited.add(layer);
    if (layer instanceof tf.LayersModel) {
      this.visitModel(layer);
      return;
    }
    const what = describe(layer);
    const inside = internals(layer);
    const { _losses: losses = [] } = inside;
    if (inside.stateful) {
      this.stateful ??= layer;
    }
    if ('dropoutMask' in inside) {
      this.masked.push(inside);
    }
    if (knownCode.has(layer.constructor) && losses.length <= regularizers(layer)) {
      this.visitProperties(layer, what);
      return;
    }
    this.custom ??= what;
    this.customLayers.push(layer);
    for (const value of Object.values(layer).flat()) {
      if (value instanceof tf.layers.Layer) {
        this.visitLayer(value);
      }
    }
  }

  private visitProperties(object: object, what: string): void {
    const names = Object.keys(object).filter((name) => !IGNORED.has(name));
    this.settings.add(what, object, names);
    for (const name of names) {
      if (!name.endsWith('Initializer')) {
        this.visitValue((object as Record<string, unknown>)[name], `${what}, ${name}`);
      }
    }
  }

  private visitValue(value: unknown, what: string): void {
    if (typeof value === 'function') {
      this.visitCalled(value, what);
      return;
    }
    if (!(value instanceof Object) || isSeenElsewhere(value) || this.visited.has(value)) {
      return;
    }
    if (value instanceof tf.layers.Layer) {
      this.visitLayer(value);
      return;
    }
    this.visited.add(value);
    if (!isPlain(value) && !knownCode.has((value as object).constructor)) {
      this.custom ??= what;
    }
    this.visitProperties(value, what);
  }

  /** @param called a function, a name, or a list or record of such. */
  private visitCalled(called: unknown, what: string): void {
    if (isPlain(called)) {
      for (const one of Object.values(called)) {
        this.visitCalled(one, what);
      }
    } else if (typeof called === 'function' && !knownCode.has(called)) {
      this.custom ??= what;
    }
  }
}

function isSeenElsewhere(value: object): boolean {
  return [tf.Tensor, tf.SymbolicTensor, tf.LayerVariable].some((kind) => value instanceof kind);
}

function isPlain(value: unknown): value is object {
  if (!(value instanceof Object)) {
    return false;
  }
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function describe(layer: tf.layers.Layer): string {
  return `layer "${layer.name}" (${layer.getClassName()})`;
}

/** How many losses a layer has by the regularisers of its weights. */
function regularizers(layer: tf.layers.Layer): number {
  const isOne = ([name, value]: [string, unknown]) =>
    name.endsWith('Regularizer') && name !== 'activityRegularizer' && value;
  return Object.entries(layer).filter(isOne).length;
}
