import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { History } from '../../kernel/jupyter/history';
import { type Reply, Wire } from '../../kernel/jupyter/wire';

const key = 'a key';

function frames(reply: Reply, using = key): Buffer[] {
  return new Wire(using).write(['sender'], reply).map((frame) => Buffer.from(frame));
}

describe('Jupyter’s messages', () => {
  test('are read as they were written, with their buffers', () => {
    const buffers = [Buffer.from([1, 2]), Buffer.alloc(0)];
    const message = new Wire(key).read(
      frames({ type: 'comm_msg', content: { a: [1, 'ж'] }, metadata: { b: 2 }, buffers }),
    );
    assert.deepEqual(message?.content, { a: [1, 'ж'] });
    assert.deepEqual(message?.metadata, { b: 2 });
    assert.deepEqual(message?.buffers, buffers);
    assert.equal(message?.header.msg_type, 'comm_msg');
    assert.deepEqual(message?.identities, [Buffer.from('sender')]);
  });

  test('are none without the right signature, or in another form', () => {
    const wire = new Wire(key);
    const good = frames({ type: 'execute_request', content: {} });
    assert.ok(wire.read(good));
    assert.equal(wire.read(frames({ type: 'x', content: {} }, 'another key')), undefined);
    for (let length = 0; length < good.length; length++) {
      assert.equal(wire.read(good.slice(0, length)), undefined, `${length} frames`);
    }
    for (let index = 0; index < good.length; index++) {
      const damaged = good.map((frame) => Buffer.from(frame));
      damaged[index] = Buffer.concat([damaged[index] as Buffer, Buffer.from(' ')]);
      // The identity is not signed: it says where the answer goes.
      assert.equal(wire.read(damaged) === undefined, index > 0, `frame ${index}`);
    }
    assert.equal(wire.read(frames({ type: 'x', content: [1] })), undefined);
  });

  test('hold no halves of characters', () => {
    const message = new Wire(key).read(frames({ type: 'stream', content: { text: 'a\ud83d' } }));
    assert.deepEqual(message?.content, { text: 'a\ufffd' });
  });

  test('are not signed where the connection has no key', () => {
    assert.ok(new Wire('').read(frames({ type: 'x', content: {} }, '')));
  });
});

describe('the history', () => {
  const history = new History();
  for (const [index, source] of ['a = 1', 'b', 'a = 1', 'c.d'].entries()) {
    history.add(index + 1, source);
  }
  const sources = (request: object) => history.find(request).map(([, , source]) => source);

  test('has a tail, ranges and a search', () => {
    assert.deepEqual(sources({ hist_access_type: 'tail', n: 2 }), ['a = 1', 'c.d']);
    assert.deepEqual(sources({ hist_access_type: 'tail', n: 0 }), []);
    assert.deepEqual(sources({ hist_access_type: 'range', start: 2, stop: 3 }), ['b']);
    assert.deepEqual(sources({ hist_access_type: 'search', pattern: 'a*' }), ['a = 1', 'a = 1']);
    assert.deepEqual(sources({ hist_access_type: 'search', pattern: 'a*', unique: true }), [
      'a = 1',
    ]);
    assert.deepEqual(sources({ hist_access_type: 'search', pattern: 'c.?' }), ['c.d']);
    assert.deepEqual(sources({ hist_access_type: 'search', pattern: 'cxd' }), []);
    assert.deepEqual(history.find({ hist_access_type: 'tail', n: 1, output: true }), [
      [1, 4, ['c.d', null]],
    ]);
  });
});
