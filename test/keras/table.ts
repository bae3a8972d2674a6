import type { ExampleOutcome } from '../examples/compare';
import type { Outcome } from './run';

const columns = ['loads', 'saves', 'trains', 'compiles'] as const;

/**
 * The page of the documentation: which layers, and which of their options, are compatible with
 * Keras.
 */
export function writeTable(
  outcomes: Record<string, Outcome[]>,
  examples: ExampleOutcome[],
): string {
  const versions = Object.keys(outcomes).sort().reverse();
  const rows = new Map<string, string[]>();
  const reasons: string[] = [];
  for (const [v, version] of versions.entries()) {
    for (const outcome of outcomes[version] ?? []) {
      const key = `\`${outcome.layer}(${outcome.options})\``.replaceAll('|', '\\|');
      const cells = rows.get(key) ?? versions.flatMap(() => columns.map(() => ''));
      for (const [c, column] of columns.entries()) {
        cells[v * columns.length + c] = cell(outcome, column, reasons);
      }
      rows.set(key, cells);
    }
  }
  const heads = versions.flatMap((version) =>
    columns.map((column) => `Keras ${version} ${column}`),
  );
  return [
    '# Layers of Keras',
    '',
    'What of each layer moves between Keras and here, as `npm run test:keras` found it: the model',
    'from Keras loads and predicts the same (loads); Keras loads what is saved here and predicts the',
    'same (saves); three training steps have the losses Keras has (trains), compiled too (compiles).',
    'A number is a refusal, listed below. Layers that draw random numbers are not compared in',
    'training. Keras 3 is taken with `.keras` files, Keras 2 with `.h5`.',
    '',
    `| layer | ${heads.join(' | ')} |`,
    `|---${'|:-:'.repeat(heads.length)}|`,
    ...[...rows].map(([key, cells]) => `| ${key} | ${cells.join(' | ')} |`),
    '',
    ...reasons.map((reason, i) => `${i + 1}. ${reason}`),
    '',
    ...exampleTable(examples),
  ].join('\n');
}

function exampleTable(examples: ExampleOutcome[]): string[] {
  const result = ({ random, fault }: ExampleOutcome) =>
    fault || (random ? 'runs' : 'the same losses');
  return [
    '## Models as in the examples of TensorFlow.js',
    '',
    'Models of the kinds that [tfjs-examples](https://github.com/tensorflow/tfjs-examples) trains, in',
    'small: three training steps compiled, compared with three steps of TensorFlow.js uncompiled from',
    'the same weights. A model that draws random numbers is run, and has no losses to compare.',
    '',
    '| model | compiled |',
    '|---|---|',
    ...examples.map((example) => `| ${example.name} | ${result(example)} |`),
    '',
  ];
}

function cell(outcome: Outcome, column: (typeof columns)[number], reasons: string[]): string {
  const result = column === 'loads' ? outcome.loads : outcome.loads || outcome[column];
  if (result === '') {
    return 'yes';
  }
  if (column !== 'loads' && outcome.loads !== '') {
    return '';
  }
  const general = result.replace(/layer "[^"]*"/g, 'layer').replace(/\.{3,}.*$/, '');
  const known = reasons.indexOf(general);
  return String(known === -1 ? reasons.push(general) : known + 1);
}
