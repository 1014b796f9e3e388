import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { isClick, PartnerLinks } from '../../../libs/attribution/index.js';
import { Endpoint, ZodParam, type ApiRequest } from '../edge/index.js';
import { slugParam } from './attribution.dto.js';

/** The public addresses of partners' links: each leads on to its destination. */
@ApiExcludeController()
@Controller('go/:slug')
export class LinksController {
  constructor(private readonly links: PartnerLinks) {}

  /** Nothing of the visitor is kept but what the query says: no address, no browser, no cookie. */
  @Get()
  @Endpoint({
    summary: 'Follow a link',
    roles: 'public',
    status: 302,
    contentType: 'text/plain',
    errors: ['not-found'],
  })
  async follow(
    @ZodParam('slug', slugParam) slug: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const query = (request.query ?? {}) as Record<string, unknown>;
    const { method, headers } = request;
    const address = await this.links.follow(slug, { query, isClick: isClick({ method, headers }) });
    // Each visit is a click of its own, and the page that shows the link is none of the destination's business.
    void reply.header('location', address).header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return '';
  }
}
