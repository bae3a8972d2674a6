import assert from 'node:assert/strict';
import { afterEach, describe, it, mock } from 'node:test';
import { lessons } from '../../lib/index';

afterEach(() => mock.restoreAll());

function printed(exercise: string, answers: Record<string, lessons.Answer>): string[] {
  const log = mock.method(console, 'log', () => {});
  lessons.check(exercise, answers);
  return log.mock.calls.map(({ arguments: [line] }) => String(line));
}

describe('lessons.claim', () => {
  it('is silent when the sentence holds', () => {
    lessons.claim('one is less than two', 1 < 2);
  });

  it('fails with the sentence and the values seen when it does not hold', () => {
    assert.throws(() => lessons.claim('the loss falls', false, 'epoch', [2, 3]), {
      message: 'The text says “the loss falls”, but this run does not show it. Seen: epoch, [2,3].',
    });
  });
});

describe('lessons.check', () => {
  it('says what is right', () => {
    assert.deepEqual(printed('01.1', { parameters: 101_770, accuracy: 0.978 }), [
      '✓ parameters: right.',
      '✓ accuracy: right.',
    ]);
  });

  it('knows mistakes that are often made, and says what is missing', () => {
    assert.deepEqual(printed('01.1', { parameters: 100_480 }), [
      '✗ parameters: these are the parameters of the hidden layer; the output layer has some too.',
      '… accuracy: still to come.',
    ]);
  });

  it('gives a direction for other numbers', () => {
    const [line] = printed('01.1', { parameters: 5, accuracy: 0.978 });
    assert.equal(line, '✗ parameters: That is not it yet: it is more.');
  });

  it('refuses exercises and names that there are not', () => {
    assert.throws(
      () => lessons.check('99.1', {}),
      /no exercise "99\.1" to check\. There are: 01\.1/,
    );
    assert.throws(
      () => lessons.check('01.1', { params: 3 }),
      /does not ask for "params", but for: parameters, accuracy/,
    );
  });
});
