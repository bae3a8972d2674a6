import type { BatchRunner } from '../graph/index';
import type { Batch } from './batches';
import type { CallbackList } from './callbacks/callbackList';
import type { Breaks } from './interruption';
import type { RunningMeans } from './samples';

/**
 * Tests batch by batch, collects the results in `means`, and calls the callbacks.
 *
 * @param interrupted says what was interrupted; gets the number of steps done.
 * @returns the number of steps.
 */
export async function testBatches(
  runner: BatchRunner,
  batches: AsyncIterable<Batch>,
  means: RunningMeans,
  { callbacks, breaks }: { callbacks: CallbackList; breaks: Breaks },
  interrupted: (done: number) => string,
): Promise<number> {
  let done = 0;
  await callbacks.testBegin();
  for await (const { inputs, targets, rows, size } of batches) {
    await callbacks.testBatchBegin(done);
    means.add(runner.testOnBatch(inputs, targets, rows), size);
    await callbacks.testBatchEnd(done, means.logs());
    done++;
    await breaks.betweenSteps(() => interrupted(done));
  }
  if (done > 0) {
    await callbacks.testEnd(means.logs());
  }
  return done;
}
