import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sqlState } from '../../../libs/database/index.js';
import { pathOf, type ApiRequest } from './api-request.js';
import { answerTo, problemOf, type ProblemAnswer } from './problem.js';
import type { RouteTable } from './route-table.js';
import { StillRunning } from './still-running.js';

/** Turns everything that is thrown into a problem document, and what isn't a caller's fault into a line of the log. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Api');

  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (error instanceof StillRunning) {
      void reply.status(202).header('location', error.location).header('retry-after', '1').send({ state: 'running' });
      return;
    }
    const answer = request.is404 ? this.unknownRoute(request) : answerTo(error, request.id);
    if (answer.isDefect) this.logger.error(describeDefect(error, request));
    else if (answer.problem.status >= 500) this.logger.warn(describeDefect(error, request));
    sendProblem(reply, answer);
  }

  private unknownRoute(request: ApiRequest): ProblemAnswer {
    const allowed = this.routes.methodsAt(pathOf(request));
    if (allowed.length === 0) {
      return {
        problem: problemOf('not-found', 'There is nothing at this address.', request.id),
        headers: {},
        isDefect: false,
      };
    }
    const problem = problemOf('method-not-allowed', `This address takes ${allowed.join(', ')}.`, request.id);
    return { problem, headers: { allow: allowed.join(', ') }, isDefect: false };
  }
}

/** Sends a problem document. */
export function sendProblem(
  reply: FastifyReply,
  { problem, headers }: Pick<ProblemAnswer, 'problem' | 'headers'>,
): void {
  void reply
    .status(problem.status)
    .headers({ ...headers, 'content-type': 'application/problem+json; charset=utf-8' })
    .send(JSON.stringify(problem));
}

/**
 * A defect for the log: where it happened and in which request. A database error's own text may quote a row, so only its
 * state and the names of table and constraint are kept.
 */
export function describeDefect(error: unknown, request: ApiRequest): Record<string, unknown> {
  const where = { requestId: request.id, method: request.method, route: request.routeOptions?.url };
  if (!(error instanceof Error)) return { ...where, error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const state = sqlState(error);
  if (state === undefined) return { ...where, error: error.name, message: error.message, frames };
  const { table, constraint } = error as { table?: string; constraint?: string };
  return { ...where, error: error.name, sqlState: state, table, constraint, frames };
}
