/** The graphs printed in lib/graph/README.md are those of its example. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import ts from 'typescript';
import { capture } from '../../lib/graph/capture/capture';
import { passesFor, runPasses, type Stage } from '../../lib/graph/passes/index';
import { SessionVariables } from '../../lib/graph/sessionVariables';
import { describeGraph } from '../../lib/graph/view/describeGraph';
import * as tf from '../../lib/tensorflow';
import '../graph/shardSmall';

const README = path.join(__dirname, '../../../lib/graph/README.md');

type Step = (images: tf.Tensor) => tf.Tensor;

it('the graphs in the README are those of its example', () => {
  const text = readFileSync(README, 'utf8');
  const [, source = ''] = text.match(/```ts\n([\s\S]*?)```/) ?? [];
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const filter = tf.variable(tf.zeros([3, 3, 1, 4]), true, 'filter');
  const bias = tf.variable(tf.zeros([4]), true, 'bias');
  const make = new Function('tf', 'filter', 'bias', `${outputText}; return step;`);
  const step: Step = make(tf, filter, bias);
  const images = tf.zeros([16, 7, 7, 1]);
  const { graph } = capture(([input]) => [step(input as tf.Tensor)], {
    name: 'step',
    inputs: [images],
    feed: 'inputs',
    scope: new SessionVariables(),
    hasLines: true,
  });
  const printed = [...text.matchAll(/```text (\w+)\n([\s\S]*?)```/g)];
  assert.deepEqual(
    printed.map(([, stage]) => stage),
    ['capture', 'simplify', 'shardBatch', 'pool'],
  );
  for (const [, stage, block] of printed) {
    const lines = describeGraph(runPasses(graph, stage as Stage, passesFor(2))).split('\n');
    const shown = lines.map((line) => line.replace(/ +forward.*?( +core \d)?$/, '$1'));
    assert.equal(`${shown.join('\n')}\n`, block, `after ${stage}`);
  }
  tf.dispose([filter, bias, images]);
});
