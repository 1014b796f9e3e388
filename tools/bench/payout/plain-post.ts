import { request, type Agent } from 'node:http';
import { text } from 'node:stream/consumers';

export interface PlainRequest {
  agent: Agent;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** How long the server may be silent, in milliseconds; without end where absent. */
  timeoutMs?: number;
}

/**
 * A POST by Node's plain client: `fetch` costs as much time as a server needs for its answer, on the same cores as what is
 * measured. Any status is an answer; throws where none comes.
 */
export function postPlainly(
  url: string,
  { agent, headers, body, timeoutMs }: PlainRequest,
): Promise<{ status: number | undefined; answer: string }> {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: 'POST',
      agent,
      headers: all,
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.on('response', (incoming) => {
      text(incoming).then((answer) => resolve({ status: incoming.statusCode, answer }), reject);
    });
    call.end(body);
  });
}
