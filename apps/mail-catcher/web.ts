import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import type { MailFilter, MailStore } from './mail-store.js';
import { contentSecurityPolicy, mailListPage, mailPage, notFoundPage } from './pages.js';

const mailsOnPage = 100;
const maxListed = 500;
const defaultListed = 100;

const filterFields = {
  to: z.string().max(320).optional(),
  subject: z.string().max(1_000).optional(),
};
const cursor = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const pageQuery = z.object({ ...filterFields, before: cursor.default(Number.MAX_SAFE_INTEGER) });
const listQuery = z.strictObject({
  ...filterFields,
  after: cursor.default(0),
  limit: z.coerce.number().int().min(1).max(maxListed).default(defaultListed),
});

/** The page for people and the API for tests and scripts. `forget` empties store and file. */
export function webOf(store: MailStore, forget: () => Promise<void>): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  addPages(app, store);
  addApi(app, store, forget);
  return app;
}

function addPages(app: FastifyInstance, store: MailStore): void {
  app.get('/', (request, reply) => {
    const query = pageQuery.safeParse(request.query);
    if (!query.success) return sendPage(reply.code(400), notFoundPage());
    const filter = filterOf(query.data);
    const mails = store.before(filter, query.data.before, mailsOnPage);
    const olderThan = mails.length === mailsOnPage ? mails.at(-1)?.sequence : undefined;
    return sendPage(reply, mailListPage(mails, filter, store.size, olderThan));
  });
  app.get<{ Params: { id: string } }>('/mails/:id', (request, reply) => {
    const mail = store.find(request.params.id);
    return mail ? sendPage(reply, mailPage(mail)) : sendPage(reply.code(404), notFoundPage());
  });
}

function addApi(app: FastifyInstance, store: MailStore, forget: () => Promise<void>): void {
  app.get('/health', () => ({ status: 'ok', mails: store.size }));
  app.get('/api/mails', (request, reply) => {
    const query = listQuery.safeParse(request.query);
    if (!query.success) {
      const detail = query.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
      return problem(reply, 400, 'The query is malformed', detail);
    }
    const mails = store.after(filterOf(query.data), query.data.after, query.data.limit);
    return { mails, nextCursor: mails.at(-1)?.sequence ?? query.data.after };
  });
  app.get<{ Params: { id: string } }>('/api/mails/:id', (request, reply) => {
    return store.find(request.params.id) ?? problem(reply, 404, 'There is no such mail');
  });
  app.delete('/api/mails', async (_request, reply) => {
    await forget();
    return reply.code(204).send();
  });
}

/** A field of the form that was left empty filters nothing. */
function filterOf(query: { to?: string | undefined; subject?: string | undefined }): MailFilter {
  return { ...(query.to ? { to: query.to } : {}), ...(query.subject ? { subject: query.subject } : {}) };
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', contentSecurityPolicy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(html);
}

function problem(reply: FastifyReply, status: number, title: string, detail?: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) }));
}
