import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { sha256 } from '../../../libs/kernel/sha256.js';

const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const;

interface Asset {
  /** Holds the hash of the bytes: another content has another address, so it may be kept for ever. */
  path: string;
  type: string;
  bytes: Buffer;
}

function asset(name: string, ending: keyof typeof types): Asset {
  const bytes = readFileSync(new URL(`browser/${name}.${ending}`, import.meta.url));
  return { path: `/assets/${name}-${sha256(bytes).slice(0, 16)}.${ending}`, type: types[ending], bytes };
}

/** What pages load: one style for all of them, and a script for those of signers, which go without it too. */
export const pageAssets = { style: asset('pages', 'css'), script: asset('signing', 'js') };

/** Serves the style and the script of pages, from this process alone. */
export function servePageAssets(fastify: FastifyInstance): void {
  for (const { path, type, bytes } of Object.values(pageAssets)) {
    fastify.get(path, (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(bytes),
    );
  }
}
