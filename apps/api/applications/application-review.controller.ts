import { Controller, Get, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Principal } from '../../../libs/identity/index.js';
import { ErasureService } from '../../../libs/onboarding/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { ReviewReader, ReviewService, type ReviewView } from '../../../libs/partners/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { checklistBody, erasureBody, erasureView, reviewerBody, reviewView } from './review.dto.js';
import { deciders, reviewers, VisibleApplications } from './visible-applications.js';

/** What reviewers look at and do before they decide, and the end of what is known of an applicant. */
@Controller('v1/applications/:id')
export class ApplicationReviewController {
  constructor(
    private readonly visible: VisibleApplications,
    private readonly reader: ReviewReader,
    private readonly review: ReviewService,
    private readonly erasure: ErasureService,
  ) {}

  @Get('review')
  @Endpoint({
    summary: 'Read everything that a decision may rest on',
    description:
      'The person, the answers, duplicates, flags with their rules, checklist, references, questions, files, history.',
    roles: reviewers,
    response: reviewView,
    errors: ['not-found'],
  })
  async read(@IdParam('id', 'app') id: string, @Caller() caller: Principal): Promise<ReviewView> {
    await this.visible.get(id, caller, reviewers);
    return this.reader.view(id);
  }

  @Post('checklist')
  @Endpoint({
    summary: 'Tick an item of the checklist, or take the tick back',
    roles: deciders,
    response: reviewView,
    bodyExample: { item: 'web-site-looked-at', isDone: true },
    errors: ['not-found', 'illegal-transition'],
  })
  async tick(
    @IdParam('id', 'app') id: string,
    @ZodBody(checklistBody) body: z.infer<typeof checklistBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<ReviewView> {
    await this.visible.get(id, caller, deciders);
    await this.review.tick(id, body, actor);
    return this.reader.view(id);
  }

  @Post('reviewer')
  @Endpoint({
    summary: 'Give an application to a reviewer',
    roles: deciders,
    response: reviewView,
    bodyExample: { reviewerId: 'usr_petra' },
    errors: ['not-found', 'illegal-transition', 'invalid-document'],
  })
  async assign(
    @IdParam('id', 'app') id: string,
    @ZodBody(reviewerBody) { reviewerId }: z.infer<typeof reviewerBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<ReviewView> {
    await this.visible.get(id, caller, deciders);
    await this.review.assign(id, reviewerId, actor);
    return this.reader.view(id);
  }

  @Post('erasure')
  @Endpoint({
    summary: 'Erase the personal data of an application that came to nothing',
    description:
      'Facts without a person stay: stages, times, who decided. An open application has to be withdrawn first.',
    roles: ['applicant', 'admin'],
    response: erasureView,
    errors: ['not-found', 'illegal-transition'],
  })
  async erase(
    @IdParam('id', 'app') id: string,
    @ZodBody(erasureBody) _body: object,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<z.infer<typeof erasureView>> {
    await this.visible.get(id, caller, ['applicant', 'admin']);
    const { erasedAt } = await this.erasure.erase(id, actor, 'request');
    return { id, erasedAt: erasedAt.toISOString() };
  }
}
