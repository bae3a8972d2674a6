import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type PageFiles, type PageServer, servePage } from '../../lib/drawing/padServer';

const files: PageFiles = new Map([
  ['', { type: 'text/html; charset=utf-8', content: Buffer.from('<p>page</p>') }],
  ['networks/mlp/model.json', { type: 'application/json', content: Buffer.from('{}') }],
]);

let server: PageServer;
before(async () => {
  server = await servePage(files);
});
after(() => server.close());

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  text: string;
}

/** The path below the page's address, sent unchanged: `fetch` would normalise it. */
function ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  return askWithoutToken(new URL(server.url).pathname.slice(0, -1) + path, method, headers);
}

function askWithoutToken(
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      const { statusCode: status, headers } = response;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status, headers, text: Buffer.concat(parts).toString() }));
    });
    sent.on('error', reject).end();
  });
}

test('GET gives a file with its type, and a query changes nothing', async () => {
  for (const path of ['/', '/?a=1']) {
    const { status, headers, text } = await ask(path);
    assert.deepEqual([status, text], [200, '<p>page</p>']);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  }
  assert.equal((await ask('/networks/mlp/model.json')).text, '{}');
});

test('HEAD gives the same headers and no body', async () => {
  const { status, headers, text } = await ask('/', 'HEAD');
  assert.deepEqual([status, headers['content-length'], text], [200, '11', '']);
});

test('pages from elsewhere may read nothing', async () => {
  const allowed = 'access-control-allow-origin';
  for (const path of ['/', '/networks/mlp/model.json', '/nothing']) {
    const { headers } = await ask(path, 'GET', { Origin: 'https://elsewhere.example' });
    assert.equal(headers[allowed], undefined, path);
  }
});

test('other methods are refused', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await ask('/', method);
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
  }
});

test('what is not of the page is not there, however it is spelt; the answer says what is', async () => {
  const outside = ['/etc/passwd', '/../package.json', '/..%2fpackage.json', '//etc/passwd', '/..'];
  for (const path of [
    ...outside,
    '/networks/mlp/../../page',
    '/__proto__',
    '/%00',
    '/index.html',
  ]) {
    const { status, text } = await ask(path);
    assert.equal(status, 404, path);
    assert.match(text, /There is no .* here\. There are: networks\/mlp\/model\.json/);
  }
});

test('without the token nobody gets a file, or learns which there are', async () => {
  const [token, other] = [new URL(server.url).pathname.split('/')[1] as string, randomUUID()];
  assert.match(token, /^[0-9a-f-]{36}$/);
  const beginnings = [
    '',
    `/${other}`,
    `/${token.slice(0, -1)}`,
    `/${token}0`,
    `/x/${token}`,
    '/..',
  ];
  for (const beginning of beginnings) {
    for (const file of ['', '/', '/networks/mlp/model.json', `/?token=${token}`]) {
      const { status, headers, text } = await askWithoutToken(beginning + file);
      assert.equal(status, 403, beginning + file);
      assert.equal(text, 'This page is for those who have its address, with the token in it.\n');
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  }
});

test('two pages have two tokens', async () => {
  const other = await servePage(files);
  assert.notEqual(new URL(other.url).pathname, new URL(server.url).pathname);
  await other.close();
});

test('only this machine is answered', async () => {
  assert.equal((await ask('/', 'GET', { Host: 'elsewhere.example' })).status, 403);
  assert.equal((await ask('/', 'GET', { Host: '127.0.0.1.elsewhere.example' })).status, 403);
  assert.equal((await ask('/', 'GET', { Host: 'localhost:80' })).status, 200);
  assert.equal(new URL(server.url).hostname, '127.0.0.1');
});

test('a port that is taken is named', async () => {
  const port = Number(new URL(server.url).port);
  await assert.rejects(
    servePage(files, port),
    new RegExp(`cannot be served on port ${port}: another program uses it`),
  );
});

test('closed, it frees the port, twice is no error, and a connection does not hold it up', async () => {
  const first = await servePage(files);
  const port = Number(new URL(first.url).port);
  const response = await fetch(first.url);
  await response.text(); // The connection is kept open for a further request.
  await first.close();
  await first.close();
  await assert.rejects(fetch(first.url));
  const second = await servePage(files, port);
  await second.close();
});

test('a process ends when its server is closed', () => {
  const module = JSON.stringify(join(__dirname, '../../lib/drawing/padServer.js'));
  const { status, signal } = spawnSync(
    process.execPath,
    ['-e', `require(${module}).servePage(new Map()).then((server) => server.close())`],
    { timeout: 20_000 },
  );
  assert.deepEqual([status, signal], [0, null]);
});
