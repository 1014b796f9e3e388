import { connect, type Socket } from 'node:net';

/** What the API answered. */
export interface Answer {
  status: number;
  body: string;
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * POSTs JSON to one address, over connections that it keeps. A client runs on the cores of what it measures, and its own time
 * counts as the server's: Node's client takes three times as long for a request as this one, the leanest library twice. It
 * knows what our API answers with, and no more of HTTP/1.1 (RFC 9112): a status, headers with `content-length`, and a body.
 */
export class LeanClient {
  private readonly idle: LeanConnection[] = [];
  private readonly head: string;
  private readonly host: string;
  private readonly port: number;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    const { hostname, port, host, pathname, search } = new URL(url);
    [this.host, this.port] = [hostname, Number(port)];
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.head = `POST ${pathname}${search} HTTP/1.1\r\n${lines.join('')}content-type: application/json\r\n`;
  }

  /** Any status is an answer; throws where none comes, or one that cannot be read. */
  async post(body: string): Promise<Answer> {
    let connection = this.idle.pop();
    // The server may have closed what lay idle.
    while (connection && !connection.isOpen) connection = this.idle.pop();
    connection ??= new LeanConnection(connect(this.port, this.host));
    const answer = await connection.send(`${this.head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    this.idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.idle.splice(0)) connection.end();
  }
}

const endOfHead = '\r\n\r\n';

/** One connection, with at most one request on its way. */
class LeanConnection {
  private waiting: Waiting | undefined;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  /** How long the answer is with its head, once that is there. */
  private expectedBytes: number | undefined;

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (part: Buffer) => this.take(part));
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the connection was closed before an answer came')));
  }

  get isOpen(): boolean {
    return this.socket.writable;
  }

  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  end(): void {
    this.socket.end();
  }

  private take(part: Buffer): void {
    this.received.push(part);
    this.receivedBytes += part.length;
    this.expectedBytes ??= this.lengthByHead();
    if (this.expectedBytes === undefined || this.receivedBytes < this.expectedBytes) return;
    const text = Buffer.concat(this.received).toString();
    const { waiting } = this;
    this.waiting = undefined;
    this.received = [];
    this.receivedBytes = 0;
    this.expectedBytes = undefined;
    waiting?.resolve({
      status: Number(text.slice(9, 12)),
      body: text.slice(text.indexOf(endOfHead) + endOfHead.length),
    });
  }

  /** Undefined as long as the head is not whole. */
  private lengthByHead(): number | undefined {
    const received = Buffer.concat(this.received);
    const end = received.indexOf(endOfHead);
    if (end === -1) return undefined;
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, end)) ?? [];
    if (length !== undefined) return end + endOfHead.length + Number(length);
    this.socket.destroy(new Error('an answer without content-length'));
    return Infinity;
  }
}
