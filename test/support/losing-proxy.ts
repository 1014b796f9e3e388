import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands before a PostgreSQL server and loses, on demand, a statement on its way there or its answer on the way back. */
export class LosingProxy {
  private armed: { text: string; what: 'request' | 'answer' } | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async before(databaseUrl: string): Promise<LosingProxy> {
    const target = new URL(databaseUrl);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const proxy = new LosingProxy(server, url.href);
    server.on('connection', (client) => proxy.join(client, connect(Number(target.port || 5432), target.hostname)));
    return proxy;
  }

  /** The next statement that has this text in it, or its answer, is lost with its connection. */
  loseNext(what: 'request' | 'answer', text: string): void {
    this.armed = { text, what };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, server: Socket): void {
    let isAnswerLost = false;
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        this.sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (bytes) => {
      if (this.armed && bytes.includes(this.armed.text)) {
        const { what } = this.armed;
        this.armed = undefined;
        if (what === 'request') return cut();
        isAnswerLost = true;
      }
      server.write(bytes);
    });
    // An answer means that the statement was carried out: it is kept from the client, which loses its connection.
    server.on('data', (bytes) => (isAnswerLost ? cut() : client.write(bytes)));
  }
}
