import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The parsed body. */
  payload: { type: string; timestamp: string; data: Record<string, unknown> };
}

/** How a receiver answers; without one it says 204. */
export type Behaviour = (response: ServerResponse, received: Received) => void;

/** A receiver of webhooks over real HTTP, as a company would run one: it keeps what it got and answers as it is told. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  behaviour: Behaviour = (response) => void response.writeHead(204).end();
  private constructor(private readonly server: http.Server) {}

  static async start(host = '127.0.0.1'): Promise<WebhookReceiver> {
    const server = http.createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const payload = JSON.parse(body) as Received['payload'];
        const received = { path: request.url ?? '', headers: request.headers, body, payload };
        receiver.received.push(received);
        receiver.behaviour(response, received);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What came on a path, oldest first. */
  on(path: string): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** Whether a receiver that knows this secret accepts what came, by the library that receivers use. */
export function isSignedBy(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
