import type { FastifyReply } from 'fastify';

/** Answers that are kept back until the client gives up, and connections that break instead of an answer. */
export class HeldResponses {
  private readonly releases = new Set<() => void>();
  private closing = false;

  /** Answers nothing, and drops the connection after `delayMs` unless the client does so before. */
  hold(reply: FastifyReply, delayMs: number): void {
    reply.hijack();
    const socket = reply.raw.socket;
    if (this.closing) {
      socket?.destroy();
      return;
    }
    const release = () => {
      clearTimeout(timer);
      this.releases.delete(release);
      socket?.destroy();
    };
    const timer = setTimeout(release, delayMs);
    this.releases.add(release);
    socket?.once('close', release);
  }

  /** Breaks the connection at once, so that the client sees a reset. */
  reset(reply: FastifyReply): void {
    reply.hijack();
    reply.raw.socket?.resetAndDestroy();
  }

  /** Drops what is held and holds nothing more, so that the server can close. */
  close(): void {
    this.closing = true;
    for (const release of [...this.releases]) release();
  }
}
