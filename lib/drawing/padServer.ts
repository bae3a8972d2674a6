import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file of the page: its MIME type and its contents. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** The files of the page by path: `''` is the page itself, `page.js` its script. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** A server of one page, on this machine only. */
export interface PageServer {
  /** Where the page is, with a token that nobody can guess: `http://127.0.0.1:40123/1b9d…/`. */
  readonly url: string;
  /** Ends the server and its connections; the port is free afterwards. */
  close(): Promise<void>;
}

/**
 * Serves files held in memory on 127.0.0.1, to those who have the address. Other users of this
 * machine can reach the port, but do not know the token in the address. The server cannot expose
 * anything else: it never reads from the disk.
 *
 * @param port 0 takes any free port.
 * @throws Error when the port is taken or not allowed.
 */
export async function servePage(files: PageFiles, port = 0): Promise<PageServer> {
  const token = randomUUID();
  const server = createServer((request, response) => answer(files, token, request, response));
  await listen(server, port);
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actualPort}/${token}/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error && !isNotRunning(error) ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** Closing it twice is no error. */
function isNotRunning(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_SERVER_NOT_RUNNING';
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: 'another program uses it',
        EACCES: 'only the administrator may use it',
      };
      const reason = reasons[error.code ?? ''] ?? error.message;
      reject(
        new Error(
          `The page cannot be served on port ${port}: ${reason}. Port 0 takes a free one.`,
          {
            cause: error,
          },
        ),
      );
    });
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
}

function answer(
  files: PageFiles,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = '', url = '/' } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendText(response, 405, `${method} is not possible here, only GET and HEAD.`);
    return;
  }
  if (!isThisMachine(request.headers.host)) {
    sendText(response, 403, 'This page is for the browser on the same machine.');
    return;
  }
  const [, given = '', path] = /^\/([^/?]*)\/([^?]*)/.exec(url) ?? [];
  if (path === undefined || !isSame(given, token)) {
    sendText(response, 403, 'This page is for those who have its address, with the token in it.');
    return;
  }
  const file = files.get(path);
  if (!file) {
    const names = [...files.keys()].filter((name) => name !== '').join(' ');
    sendText(response, 404, `There is no ${path} here. There are: ${names}`);
    return;
  }
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Length': file.content.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // The address is the key to the page.
    'Referrer-Policy': 'no-referrer',
    // Whatever the page contains, the browser lets it talk to this server only.
    'Content-Security-Policy': "default-src 'self'; img-src data:",
  });
  // Node.js itself leaves the body out of an answer to HEAD.
  response.end(file.content);
}

/** Takes equally long wherever the two differ: nobody can find the token letter by letter. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one as Buffer, other as Buffer);
}

/** Refuses other sites' names for 127.0.0.1 (DNS rebinding). */
function isThisMachine(host = ''): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(`${text}\n`);
}
