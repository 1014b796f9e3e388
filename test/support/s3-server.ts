import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import S3rver from '@20minutes/s3rver';

/** The one user that the server knows. */
export const s3Credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;
export const s3Bucket = 'documents';

/**
 * What goes wrong on the way to the server: it never answers, answers that its disk is full, refuses the condition of a
 * write as unknown, changes a byte of what it gives back, or stops in the middle of it.
 */
export type S3Fault = 'silence' | 'full' | 'unknown-condition' | 'damage' | 'stall';

/**
 * A server that speaks S3, with a way to it that can fail. The server ignores the condition `If-None-Match` of a write;
 * the way adds it as the protocol has it, so that clients meet servers of both kinds.
 */
export class S3Server {
  fault: S3Fault | undefined;
  /** Method and path of each call that came, oldest first. */
  readonly calls: string[] = [];

  private constructor(
    private readonly server: S3rver,
    private readonly serverPort: number,
    private readonly way: Server,
    private readonly folder: string,
  ) {}

  static async start(): Promise<S3Server> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-s3-'));
    const configureBuckets = [{ name: s3Bucket, configs: [] }];
    const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: folder, configureBuckets });
    const { port } = await server.run();
    const way = createServer();
    const started = new S3Server(server, port, way, folder);
    way.on('request', (call: IncomingMessage, answer: ServerResponse) => void started.pass(call, answer));
    await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.way.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.way.closeAllConnections();
    await new Promise((resolve) => this.way.close(resolve));
    await this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async pass(call: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.calls.push(`${call.method} ${call.url?.split('?')[0]}`);
    const body = await bodyOf(call);
    const isConditional = call.method === 'PUT' && call.headers['if-none-match'] === '*';
    if (this.fault === 'silence') return;
    if (this.fault === 'full') return refuse(answer, 507, 'XMinioStorageFull');
    if (isConditional && this.fault === 'unknown-condition') return refuse(answer, 501, 'NotImplemented');
    if (isConditional && (await this.isThere(call.url ?? ''))) return refuse(answer, 412, 'PreconditionFailed');
    const upstream = request(
      { host: '127.0.0.1', port: this.serverPort, method: call.method, path: call.url, headers: call.headers },
      (reply) => void this.giveBack(call, reply, answer),
    );
    upstream.end(body);
  }

  private async giveBack(call: IncomingMessage, reply: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(reply);
    answer.writeHead(reply.statusCode ?? 500, reply.headers);
    const isRead = call.method === 'GET' && reply.statusCode === 200;
    if (isRead && this.fault === 'damage' && body.length > 0) body[0] = (body[0] ?? 0) ^ 1;
    if (isRead && this.fault === 'stall') answer.write(body.subarray(0, 1));
    else answer.end(body);
  }

  /** The objects lie as files below the folder, by bucket and key. */
  private isThere(url: string): Promise<boolean> {
    const ask = { host: '127.0.0.1', port: this.serverPort, method: 'HEAD', path: url.split('?')[0] };
    return new Promise((resolve, reject) => {
      request(ask, (reply) => {
        reply.resume();
        resolve(reply.statusCode === 200);
      })
        .on('error', reject)
        .end();
    });
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
