import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ApiProblem, forEachLimited, HttpClient, ServerAway } from '../../tools/client/index.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that gives one answer after the other; the last one for ever. */
class ScriptedServer {
  readonly keys: (string | undefined)[] = [];
  private readonly server: Server;

  constructor(private readonly answers: Answer[]) {
    this.server = createServer((request, response) => {
      this.keys.push(request.headers['idempotency-key'] as string | undefined);
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      answer?.(request, response);
    });
  }

  async url(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const reset: Answer = ({ socket }) => socket.destroy();
const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const done = answer(200, { done: true });
const post = { method: 'POST', path: '/v1/things?token=secret', body: {}, idempotencyKey: 'key-1' } as const;

describe('the HTTP client', () => {
  let server: ScriptedServer | undefined;

  afterEach(() => server?.close());

  async function client(answers: Answer[], patienceMs = 20_000): Promise<HttpClient> {
    server = new ScriptedServer(answers);
    return new HttpClient(await server.url(), { patienceMs });
  }

  it.each([
    ['the connection was reset', reset],
    ['the server asks to come back', answer(503, {})],
    ['there were too many requests', answer(429, {})],
    ['the same request is being answered', answer(409, { code: 'request-in-progress' })],
  ])('sends a POST again with the same key where %s', async (_, trouble) => {
    const http = await client([trouble, trouble, done]);
    expect(await http.json(post)).toEqual({ done: true });
    expect(server?.keys).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('never sends a POST without a key again', async () => {
    const http = await client([reset, done]);
    const { method, path, body } = post;
    await expect(http.json({ method, path, body })).rejects.toBeInstanceOf(ServerAway);
    expect(server?.keys).toHaveLength(1);
  });

  it('waits for work that goes on by asking again', async () => {
    const http = await client([answer(202, {}, { location: '/v1/things/1' }), done]);
    expect(await http.finished(post)).toEqual({ done: true });
  });

  it('tells a problem document as a person would read it, without secrets', async () => {
    const errors = [{ pointer: '/name', message: 'is missing' }];
    const http = await client([
      answer(422, { code: 'invalid-document', detail: 'not valid', errors, requestId: 'req_1' }),
    ]);
    const problem = await http.json(post).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject({
      status: 422,
      code: 'invalid-document',
      errors,
      reason: 'not valid; /name is missing',
    });
    expect((problem as Error).message).toBe(
      'POST /v1/things was answered with 422: not valid; /name is missing (request req_1)',
    );
  });

  it('gives up in the end, naming the request', async () => {
    const http = await client([reset], 10);
    await expect(http.json({ ...post, path: '/v1/signing/signing.env_1.proof/signature' })).rejects.toThrow(
      /^POST \/v1\/signing\/…\/signature got no answer/,
    );
  });

  it('stops at once when it is told to', async () => {
    server = new ScriptedServer([reset]);
    const stop = new AbortController();
    const http = new HttpClient(await server.url(), { signal: stop.signal });
    const request = http.json(post);
    stop.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
  });
});

describe('work of which a bounded number is done at a time', () => {
  it('does all of it, never more at once than allowed', async () => {
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    await forEachLimited([1, 2, 3, 4, 5], 2, async (item) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      seen.push(item);
    });
    expect([seen.sort(), most]).toEqual([[1, 2, 3, 4, 5], 2]);
  });

  it('begins nothing more after a failure, and throws it', async () => {
    const begun: number[] = [];
    const work = forEachLimited([1, 2, 3, 4], 2, (item) => {
      begun.push(item);
      return Promise.reject(new Error(`item ${item}`));
    });
    await expect(work).rejects.toThrow('item 1');
    expect(begun).toEqual([1, 2]);
  });
});
