import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plots } from '../../lib/index';
import { renderPng } from '../../lib/plots/render';

describe('plots.compareProbabilities', () => {
  it('draws a column for each network', async () => {
    const figure = plots.compareProbabilities({ one: [0.1, 0.9], other: [0.7, 0.3] }, [
      'no',
      'yes',
    ]);
    assert.deepEqual(
      figure.data.map((bars) => [(bars as { name: string }).name, (bars as { x: number[] }).x]),
      [
        ['one', [0.1, 0.9]],
        ['other', [0.7, 0.3]],
      ],
    );
    assert.equal(figure.layout.xaxis2?.title?.text, 'other');
    assert.ok((await renderPng(figure, 1)).length > 1000);
  });

  it('refuses networks with different classes, and too many of them', () => {
    const two = [0.5, 0.5];
    assert.throws(() => plots.compareProbabilities({ a: two, b: [1] }), /number of classes/);
    assert.throws(() => plots.compareProbabilities({}), /1 to 4 networks .* not 0/);
  });
});
