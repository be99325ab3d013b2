import { spawnSync } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createHttp } from '../../src/host/http.js';

const servers: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  }
});

async function listen(server: Server | TcpServer): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const serve = (handler: RequestListener) => listen(createServer(handler));
const http = createHttp();

async function reason(url: string, timeoutMs = 2000): Promise<string> {
  return http.request({ url, timeoutMs }).then(
    () => 'answered',
    (error: Error) => error.message,
  );
}

test('a request carries method, headers and body, and brings status and body back', async () => {
  const url = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.writeHead(404).end(`${request.method} ${request.headers['x-a']} ${Buffer.concat(chunks)}`);
  });
  const answer = await http.request({
    url,
    method: 'POST',
    headers: { 'X-A': '1' },
    body: 'grüße',
    timeoutMs: 2000,
  });
  expect(answer).toMatchObject({ status: 404, body: 'POST 1 grüße', isCut: false });
});

test('a body beyond 1 MiB is cut, even an endless one', async () => {
  const url = await serve((_request, response) => {
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', write);
    write();
  });
  const answer = await http.request({ url, timeoutMs: 5000 });
  expect(answer.body).toHaveLength(1024 * 1024);
  expect(answer.isCut).toBe(true);
});

test('a body of just the length that is allowed is whole, and one byte more is cut', async () => {
  const url = await serve((request, response) => response.end(request.url === '/a' ? 'four' : 'fives'));
  const ask = (path: string) => http.request({ url: url + path, timeoutMs: 2000, longestBody: 4 });
  expect(await ask('/a')).toMatchObject({ body: 'four', isCut: false });
  expect(await ask('/b')).toMatchObject({ body: 'five', isCut: true });
});

test('the clock of the server comes with the answer, and nothing when it tells none', async () => {
  const url = await serve((request, response) => {
    response.sendDate = false;
    if (request.url === '/date') response.setHeader('date', 'Sun, 22 Nov 2026 04:25:01 GMT');
    response.end();
  });
  const ask = (path: string) => http.request({ url: url + path, timeoutMs: 2000 });
  expect((await ask('/date')).date).toBe(Date.UTC(2026, 10, 22, 4, 25, 1));
  expect((await ask('/none')).date).toBeNull();
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
(hasOpenssl ? test : test.skip)(
  'a certificate that nobody knows is trusted by its own authority alone',
  async () => {
    const { key, cert } = selfSigned();
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end('ok'));
    const url = (await listen(server)).replace('http:', 'https:');
    expect(await reason(url)).toContain('TLS failed');
    expect((await http.request({ url, timeoutMs: 2000, ca: cert })).body).toBe('ok');
  },
);

describe('redirects', () => {
  test('are followed, and credentials stay with the first host', async () => {
    const other = await serve((request, response) =>
      response.end(`auth: ${request.headers.authorization ?? 'none'}`),
    );
    const url = await serve((request, response) => {
      const location = request.url === '/' ? '/next' : other;
      response.writeHead(302, { location }).end();
    });
    const answer = await http.request({ url, headers: { authorization: 'Bearer secret' }, timeoutMs: 2000 });
    expect(answer).toMatchObject({ status: 200, body: 'auth: none' });
  });

  test('that never end are named', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    expect(await reason(url)).toContain('more than 5 redirects');
  });

  test('a POST becomes a GET after 302 and stays one after 307', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/end') response.end(request.method);
      else response.writeHead(request.url === '/a' ? 302 : 307, { location: '/end' }).end();
    });
    const post = (path: string) =>
      http.request({ url: url + path, method: 'POST', body: 'x', timeoutMs: 2000 });
    expect([(await post('/a')).body, (await post('/b')).body]).toEqual(['GET', 'POST']);
  });
});

describe('why there is no answer', () => {
  test('a service that refuses', async () => {
    const url = await listen(createTcpServer());
    servers.pop()?.close();
    expect(await reason(`${url}/health?token=abc`)).toBe(`GET ${url}/health: connection refused`);
  });

  test('one that hangs', async () => {
    expect(await reason(await serve(() => undefined), 200)).toContain('timed out after 0.2 s');
  });

  test('one that hangs in the middle of the body', async () => {
    expect(await reason(await serve((_request, response) => response.write('a')), 200)).toContain(
      'timed out after 0.2 s',
    );
  });

  test('one that answers garbage', async () => {
    const url = await listen(createTcpServer((socket) => socket.end('hello\r\n\r\n')));
    expect(await reason(url)).toContain('answered something that is not HTTP');
  });

  test('one that hangs up', async () => {
    const url = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await reason(url)).toContain('connection closed without an answer');
  });

  test('one that does not speak TLS', async () => {
    const url = await serve((_request, response) => response.end());
    expect(await reason(url.replace('http:', 'https:'))).toContain('TLS failed');
  });

  test('a name that does not exist', async () => {
    expect(await reason('http://shop.invalid/')).toMatch(/name (not found|could not be looked up)/);
  });

  test.each([
    ['shop/health', 'not a URL'],
    ['', 'not a URL'],
    ['ftp://shop/', 'ftp: is not supported'],
  ])('%j', async (url, says) => {
    expect(await reason(url)).toContain(says);
  });

  test('a stop', async () => {
    const url = await serve(() => undefined);
    const stopped = http.request({ url, timeoutMs: 5000, signal: AbortSignal.timeout(50) });
    await expect(stopped).rejects.toThrow('stopped');
  });

  test('never with a password in the message', async () => {
    expect(await reason('http://user:hunter22@127.0.0.1:1/')).not.toContain('hunter22');
  });
});

/** For 127.0.0.1. */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const options =
    '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1';
  const args = ['req', ...options.split(' '), '-keyout', '-', '-out', '-'];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  const [cert = ''] = stdout.match(/-----BEGIN CERTIFICATE[\s\S]*END CERTIFICATE-----/) ?? [];
  return { key: stdout.replace(cert, ''), cert };
}
