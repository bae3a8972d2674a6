/** Turns what `fit` is given into batches to train and to validate on. */

import type { ModelInternals } from '../tfjsInternals';
import type { BatchSource } from './batches';
import { SampleBatches } from './batches';
import { preparedSamples, type TensorOrTensors } from './dataChecks';
import {
  type DataSource,
  isDataSource,
  refuseOptions,
  requireEnd,
  SourceBatches,
} from './dataSource';
import type { FitOptions, ValidationData } from './fitOptions';
import type { Breaks } from './interruption';
import { checkOptionNames } from './names';
import { checkedBatchSize, checkedSeed, trainingRows } from './options';
import type { SampleWeight } from './sampleWeights';

/** What a training needs of data. */
export interface TrainingData {
  training: BatchSource;
  validation: BatchSource | undefined;
  /** Disposes what was made. */
  dispose(): void;
}

/** Options that need all rows at once. */
const optionsForTensors = ['batchSize', 'validationSplit', 'sampleWeight'] as const;

/** @throws Error if the data do not suit the model or the options. */
export function trainingData(
  model: ModelInternals,
  x: TensorOrTensors | DataSource,
  y: TensorOrTensors | undefined,
  options: FitOptions,
  breaks: Breaks,
): TrainingData {
  const [training, rest] = isDataSource(x)
    ? [fromSource(model, x, options, breaks), undefined]
    : fromTensors(model, x, y as TensorOrTensors, options);
  try {
    const { validationData } = options;
    const validation = validationData
      ? validationBatches(model, validationData, options, breaks)
      : rest;
    return {
      training,
      validation,
      dispose: () => {
        training.dispose();
        validation?.dispose();
      },
    };
  } catch (error) {
    training.dispose();
    throw error;
  }
}

function fromSource(
  model: ModelInternals,
  source: DataSource,
  options: FitOptions,
  breaks: Breaks,
): BatchSource {
  refuseOptions(options, optionsForTensors);
  const batches = new SourceBatches(model, source, 'x', breaks, options);
  requireEnd(batches, 'stepsPerEpoch', options.stepsPerEpoch);
  return batches;
}

/** Training rows, and those that are set apart for validation. */
function fromTensors(
  model: ModelInternals,
  x: TensorOrTensors,
  y: TensorOrTensors,
  options: FitOptions,
): [BatchSource, BatchSource | undefined] {
  const { shuffle = true, validationData, sampleWeight, classWeight } = options;
  const batchSize = checkedBatchSize(options.batchSize);
  const seed = shuffle ? checkedSeed(options.seed) : undefined;
  const split = validationData ? 0 : (options.validationSplit ?? 0);
  const all = preparedSamples(model, x, y, { sampleWeight, classWeight });
  try {
    const [first, rest] = all.split(trainingRows(all.count, split));
    // As in Keras, the weights of classes are for training only.
    const validation = classWeight ? rest.withTargets(rest.targets.slice(0, -1)) : rest;
    const size = validationBatchSize(options);
    return [
      new SampleBatches(first, batchSize, seed),
      rest.count > 0 ? new SampleBatches(validation, size, undefined) : undefined,
    ];
  } catch (error) {
    all.dispose();
    throw error;
  }
}

function validationBatchSize(options: FitOptions): number {
  const { validationBatchSize: size = options.batchSize } = options;
  return checkedBatchSize(size, 'validationBatchSize');
}

function validationBatches(
  model: ModelInternals,
  data: ValidationData,
  options: FitOptions,
  breaks: Breaks,
): BatchSource {
  if (!Array.isArray(data) && isDataSource(data)) {
    const batches = new SourceBatches(model, data, 'validationData', breaks);
    requireEnd(batches, 'validationSteps', options.validationSteps);
    return batches;
  }
  const { x, y, sampleWeight, names } = validationParts(
    data as Exclude<ValidationData, DataSource>,
  );
  const size = validationBatchSize(options);
  const samples = preparedSamples(model, x, y, { sampleWeight, names });
  return new SampleBatches(samples, size, undefined);
}

interface ValidationParts {
  x: TensorOrTensors;
  y: TensorOrTensors;
  sampleWeight: SampleWeight | undefined;
  names: [string, string, string];
}

function validationParts(data: Exclude<ValidationData, DataSource>): ValidationParts {
  const of = (parts: [string, string, string]) => parts.map((part) => `validationData${part}`);
  if (Array.isArray(data)) {
    if (data.length !== 2 && data.length !== 3) {
      throw new TypeError(
        `validationData must be [x, y] or [x, y, sampleWeight], but it holds ${data.length} element(s).`,
      );
    }
    const [x, y, sampleWeight] = data;
    return { x, y, sampleWeight, names: of(['[0]', '[1]', '[2]']) as [string, string, string] };
  }
  const parts = data as { x: TensorOrTensors; y: TensorOrTensors; sampleWeight?: SampleWeight };
  const { x, y, sampleWeight } = parts;
  if (x === undefined || y === undefined) {
    const seen = typeof data === 'object' ? `has ${Object.keys(data).join(', ')}` : `is ${data}`;
    throw new TypeError(`validationData must be [x, y] or { x, y }, but it ${seen}.`);
  }
  checkOptionNames('validationData', data, ['x', 'y', 'sampleWeight']);
  return {
    x,
    y,
    sampleWeight,
    names: of(['.x', '.y', '.sampleWeight']) as [string, string, string],
  };
}
