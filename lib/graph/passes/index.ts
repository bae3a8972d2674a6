/** From the graph that was captured to the one that TensorFlow runs, in this order. */
import { availableParallelism } from 'node:os';
import type { Graph } from '../graphNode';
import type { Pass } from '../transform';
import { convolutionOfWholeImage } from './convolution';
import { crop } from './crop';
import { deduplicate } from './deduplicate';
import { pooling } from './pooling';
import { schedule } from './schedule';
import { shardBatch } from './shardBatch';
import { shardVariables } from './shardVariables';
import { simplify } from './simplify';

const CORES = availableParallelism();

export const PASSES: Pass[] = [
  simplify,
  deduplicate,
  shardVariables(CORES),
  shardBatch(CORES),
  crop,
  pooling,
  convolutionOfWholeImage,
  schedule,
];

/** Runs all passes. What no output and no update needs is left out by every one of them. */
export function runPasses(graph: Graph): Graph {
  return PASSES.reduce((before, pass) => pass.run(before), graph);
}
