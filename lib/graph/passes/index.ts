/** From the graph that was captured to the one that TensorFlow runs. */
import { availableParallelism } from 'node:os';
import type { Graph } from '../../native/graphNode';
import { describeGraph } from '../view/describeGraph';
import { multiplyImages } from './convolution';
import { crop } from './crop';
import { deduplicate } from './deduplicate';
import { fuse } from './fuse';
import { fuseElementwise } from './fuseElementwise';
import { joinParts } from './joinParts';
import { joinSteps } from './joinSteps';
import { foldNormalization, narrowNormalization } from './normalization';
import { pool } from './pooling';
import { schedule } from './schedule';
import { separateBiasGradients } from './separateBiasGradients';
import { shardBatch } from './shardBatch';
import { shardVariables } from './shardVariables';
import { simplify } from './simplify';
import { skipZeros } from './skipZeros';
import { transposeOnce } from './transposeOnce';
import { withoutOneDnn } from './withoutOneDnn';

/** What a graph can be seen after: `capture`, which rewrites nothing, or one of the passes. */
export type Stage =
  | 'capture'
  | 'simplify'
  | 'deduplicate'
  | 'foldNormalization'
  | 'shardVariables'
  | 'shardBatch'
  | 'joinSteps'
  | 'transposeOnce'
  | 'joinParts'
  | 'narrowNormalization'
  | 'crop'
  | 'pool'
  | 'multiplyImages'
  | 'skipZeros'
  | 'fuse'
  | 'withoutOneDnn'
  | 'fuseElementwise'
  | 'separateBiasGradients'
  | 'schedule';

const unchanged = (graph: Graph) => graph;

/** All passes for a machine with this many cores, in the order in which they run. */
export const passesFor = (
  cores: number,
): Record<Exclude<Stage, 'capture'>, (graph: Graph) => Graph> => ({
  simplify,
  deduplicate,
  foldNormalization,
  shardVariables: shardVariables(cores),
  shardBatch: shardBatch(cores),
  joinSteps,
  transposeOnce,
  joinParts,
  narrowNormalization,
  crop,
  pool,
  multiplyImages,
  skipZeros: unchanged,
  fuse,
  withoutOneDnn,
  fuseElementwise,
  separateBiasGradients,
  schedule,
});

const trainingPasses = passesFor(availableParallelism());
/** Matrices that are only read stay whole: each core multiplies its rows of the batch with them. */
const inferencePasses = { ...trainingPasses, shardVariables: shardVariables(1) };
const oneCorePasses = passesFor(1);
/** Only where nothing trains do weights change from outside alone, where it is seen if they are finite. */
const answerPasses = { ...oneCorePasses, skipZeros };

/** What is known of the session that is to run a graph. */
export interface SessionUse {
  /** Whether the thread that calls it does all the work, or all but much work. */
  onCallingThread?: boolean | 'unless much work';
  /** Whether one of its functions trains; by default, whether the graph does. */
  trains?: boolean;
}

/** The passes for a graph, depending on the session. */
export function passesOf({ updates }: Graph, { onCallingThread, trains }: SessionUse = {}) {
  if (onCallingThread) {
    return trains === false ? answerPasses : oneCorePasses;
  }
  return trains || updates.length > 0 ? trainingPasses : inferencePasses;
}

/**
 * Runs the passes up to a stage. With the environment variable `SHOW_GRAPH_STAGES` set, the graph
 * is printed to stderr after each of them.
 */
export function runPasses(
  captured: Graph,
  last: Stage = 'schedule',
  passes = passesOf(captured),
): Graph {
  let graph = captured;
  show('capture', graph);
  for (const [name, pass] of last === 'capture' ? [] : Object.entries(passes)) {
    graph = pass(graph);
    show(name, graph);
    if (name === last) {
      break;
    }
  }
  return graph;
}

/** Whether every stage is to be printed. */
export function showsStages(): boolean {
  return Boolean(process.env.SHOW_GRAPH_STAGES);
}

function show(stage: string, graph: Graph): void {
  if (showsStages()) {
    process.stderr.write(`\n== ${stage}\n${describeGraph(graph)}\n`);
  }
}
