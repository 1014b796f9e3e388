import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that a test can shut: whoever comes while it is shut is hung up on, as by a server that is away. */
export class TcpGate {
  /** Where it leads to. */
  target: URL | undefined;
  isShut = false;
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => this.take(socket));
  }

  static async start(): Promise<TcpGate> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpGate(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many ends of connections are open: two for each that got through. */
  get openEnds(): number {
    return this.open.size;
  }

  /** From now on nobody gets through, nor stays. */
  shut(): void {
    this.isShut = true;
    for (const socket of this.open) socket.destroy();
  }

  async close(): Promise<void> {
    this.shut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(socket: Socket): void {
    if (this.isShut || this.target === undefined) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.open.delete(one);
        other.destroy();
      });
    }
    socket.pipe(onward).pipe(socket);
  }
}
