import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, temporaryFolder } from './run';

test('distribute refuses a wrong command line', () => {
  const { status, stderr } = run('distribute', temporaryFolder(), '--workers', '0');
  assert.equal(status, 2);
  assert.equal(
    stderr,
    'distribute: --workers takes a whole number from 1 up, not "0".\n' +
      'See: npm run distribute -- --help\n',
  );
});
