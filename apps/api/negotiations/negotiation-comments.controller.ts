import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { NegotiationComments, type CommentRow, type Side } from '../../../libs/agreements/index.js';
import type { Principal, Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { mapPage } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, RequestKey, ZodBody, ZodQuery } from '../edge/index.js';
import { deciders, NegotiationAccess, readers, sideOf } from './negotiation-access.js';
import { commentBody, commentPage, commentsQuery, commentView } from './negotiations.dto.js';

const writers: readonly Role[] = [...deciders, 'applicant', 'partner'];

/** What is said beside the rounds: to the other side, or among the company's own people. */
@Controller('v1/negotiations/:id/comments')
export class NegotiationCommentsController {
  constructor(
    private readonly access: NegotiationAccess,
    private readonly comments: NegotiationComments,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List the comments on a negotiation that you may see, oldest first',
    roles: readers,
    response: commentPage,
    errors: ['not-found'],
  })
  async page(
    @IdParam('id', 'neg') id: string,
    @ZodQuery(commentsQuery) query: z.infer<typeof commentsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const side = sideOf(caller, await this.access.visible(id, caller, readers));
    return mapPage(await this.comments.page(id, { side, ...query }), (row) => viewOf(row, side));
  }

  @Post()
  @Endpoint({
    summary: 'Comment on an open negotiation',
    roles: writers,
    status: 201,
    response: commentView,
    bodyExample: { text: 'Could you go to 10 % for existing customers?', visibility: 'both' },
    errors: ['not-found', 'illegal-transition', 'invalid-document'],
  })
  async add(
    @IdParam('id', 'neg') id: string,
    @ZodBody(commentBody) body: z.infer<typeof commentBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @RequestKey() requestKey: string | undefined,
  ): Promise<unknown> {
    const side = sideOf(caller, await this.access.visible(id, caller, writers));
    if (side === 'partner' && body.visibility === 'company') {
      throw new DomainError('invalid-document', 'the comment is not valid', [
        { pointer: '/visibility', message: 'is for the company’s own people' },
      ]);
    }
    return viewOf(await this.comments.add(id, { ...actor, ...body, side, requestKey }), side);
  }
}

function viewOf(row: CommentRow, reader: Side): Record<string, unknown> {
  const { id, number, side, visibility, actor_id: authorId, reply_to: replyTo, text, created_at: createdAt } = row;
  const isKnown = reader === 'company' || side === 'partner';
  return { id, number, side, visibility, ...(isKnown ? { authorId } : {}), replyTo, text, createdAt };
}
