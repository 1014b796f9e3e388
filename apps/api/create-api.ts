import { ConsoleLogger, Logger, type LoggerService, type LogLevel, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Environment } from '../../libs/config/index.js';
import type { Clock } from '../../libs/kernel/clock.js';
import { newId } from '../../libs/kernel/ids.js';
import { ApiModule } from './api.module.js';
import type { ApiRequest } from './edge/api-request.js';
import { acceptEventFiles } from './edge/event-file.js';
import { acceptJsonOnly, refuseNulInUrl } from './edge/json-body.js';
import { servePageAssets } from './edge/page-assets.js';
import { problemOf } from './edge/problem.js';
import { ProblemFilter, sendProblem } from './edge/problem.filter.js';
import { acceptRawBodies } from './edge/raw-bodies.js';
import { RouteTable } from './edge/route-table.js';
import { serveDescription } from './description-page.js';

export interface ApiOptions {
  /** The system's clock where absent. */
  clock?: Clock;
  /** Further modules beside the API's own; tests look at the edge through them. */
  extraModules?: Type[];
  /** Where the process logs to; standard output where absent. */
  logger?: LoggerService;
  /** Only describe the API: nothing is connected and nothing can be called. */
  describeOnly?: boolean;
}

const bodyLimitBytes = 1_048_576;
const levels: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug'];

/**
 * The API of an environment, ready to listen. The same for the process and for tests:
 * `const api = await createApi(env); await api.listen(0, '127.0.0.1');` and in the end `await api.close()`.
 */
export async function createApi(
  env: Environment,
  { clock, extraModules, logger, describeOnly = false }: ApiOptions = {},
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    requestIdHeader: false,
    // Always our own: services know a repeated step by the request that asked for it, so no caller may choose it.
    genReqId: () => newId('req'),
    // Whose word is taken for the address that a request comes from; nobody's where the list is empty.
    trustProxy: env.TRUSTED_PROXIES.length > 0 ? env.TRUSTED_PROXIES : false,
    routerOptions: { maxParamLength: 500 },
    forceCloseConnections: 'idle',
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, {
        problem: problemOf('malformed-request', 'The address is not valid.', request.id),
        headers: {},
      }),
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  const routes = new RouteTable();
  routes.learnFrom(fastify);
  acceptJsonOnly(fastify);
  acceptEventFiles(fastify);
  acceptRawBodies(fastify);
  addHooks(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(env, clock, extraModules), adapter, {
    logger: logger ?? consoleLogger(env),
    // Bodies are parsed by `acceptJsonOnly`, which keeps the bytes as `rawBody`, and by `acceptRawBodies`.
    bodyParser: false,
    abortOnError: false,
    preview: describeOnly,
  });
  app.useGlobalFilters(new ProblemFilter(routes));
  if (describeOnly) return app;
  app.enableShutdownHooks();
  serveDescription(app, fastify);
  servePageAssets(fastify);
  await app.init();
  await fastify.ready();
  return app;
}

function consoleLogger(env: Environment): LoggerService {
  const isProduction = env.NODE_ENV === 'production';
  return new ConsoleLogger({ json: isProduction, colors: false, logLevels: levelsFrom(env.LOG_LEVEL) });
}

function levelsFrom(least: Environment['LOG_LEVEL']): LogLevel[] {
  return levels.slice(0, levels.indexOf(least) + 1);
}

function addHooks(fastify: FastifyInstance): void {
  const logger = new Logger('Http');
  fastify.addHook('onRequest', async (request, reply) => {
    // Links carry rights in their addresses, and answers carry people's data: neither may be kept on the way.
    void reply.headers({
      'x-request-id': request.id,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    refuseNulInUrl(request);
  });
  fastify.addHook('onResponse', async (request, reply) => {
    logger.debug({
      requestId: request.id,
      method: request.method,
      // The route's pattern, never the address: it may hold a token.
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      principal: (request as ApiRequest).principal?.id,
    });
  });
}
