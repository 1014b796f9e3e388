import type { FastifyInstance } from 'fastify';

/** Which methods each address takes: what tells "no such address" from "not with this method". */
export class RouteTable {
  private readonly methods = new Map<string, Set<string>>();

  /** Learns every route that is registered from now on. */
  learnFrom(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      if (url.includes('*')) return;
      const known = this.methods.get(url) ?? new Set();
      for (const one of [method].flat()) known.add(one);
      this.methods.set(url, known);
    });
  }

  /** The methods of the routes that match the path, sorted; none for an unknown address. */
  methodsAt(path: string): string[] {
    const parts = path.split('/');
    const matching = [...this.methods].filter(([url]) => matches(url.split('/'), parts));
    return [...new Set(matching.flatMap(([, methods]) => [...methods]))].sort();
  }
}

function matches(pattern: string[], parts: string[]): boolean {
  return (
    pattern.length === parts.length && pattern.every((part, index) => part.startsWith(':') || part === parts[index])
  );
}
