import { Controller, Get, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Principal } from '../../../libs/identity/index.js';
import { isElapsedDuration } from '../../../libs/kernel/elapsed.js';
import {
  answerInformation,
  partnerOnboarding,
  requestInformation,
  type Actor,
  type ApplicationState,
} from '../../../libs/orchestration/index.js';
import {
  ApplicationsService,
  applicationStages,
  InformationService,
  ReviewReader,
  type InformationRequestView,
} from '../../../libs/partners/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { applicationState } from './applications.dto.js';
import { deciders, reviewers, VisibleApplications } from './visible-applications.js';

const text = z
  .string()
  .trim()
  .min(1)
  .max(5_000)
  .regex(/^[^\p{Cc}]*(?:[\n\r\t][^\p{Cc}]*)*$/u, 'must be text');

const questionBody = z.strictObject({
  question: text,
  /** ISO 8601 elapsed time; as the program says where absent. */
  answerWithin: z
    .string()
    .max(40)
    .refine((value) => isElapsedDuration(value), 'must be a duration of weeks, days, hours, minutes and seconds')
    .optional(),
});

const answerBody = z.strictObject({
  answer: text,
  /** Answers of the form that change; null takes one away. */
  form: z.record(z.string().max(40), z.unknown()).optional(),
});

const requestView = z.object({
  id: z.string(),
  round: z.number().int(),
  state: z.enum(['open', 'answered', 'unanswered', 'closed']),
  question: z.string().nullable(),
  askedBy: z.string(),
  askedAt: z.iso.datetime(),
  dueAt: z.iso.datetime(),
  answer: z.string().nullable(),
  form: z.record(z.string(), z.unknown()).nullable(),
  endedAt: z.iso.datetime().nullable(),
});

/** Questions to an applicant, in rounds, each with a deadline of its own. */
@Controller('v1/applications/:id/information-requests')
export class InformationRequestsController {
  constructor(
    private readonly visible: VisibleApplications,
    private readonly applications: ApplicationsService,
    private readonly information: InformationService,
    private readonly reader: ReviewReader,
    private readonly workflows: Workflows,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List the questions to an applicant and their answers',
    roles: [...reviewers, 'applicant'],
    response: z.object({ items: z.array(requestView), next: z.null() }),
    errors: ['not-found'],
  })
  async list(
    @IdParam('id', 'app') id: string,
    @Caller() caller: Principal,
  ): Promise<{ items: InformationRequestView[]; next: null }> {
    await this.visible.get(id, caller, [...reviewers, 'applicant']);
    return { items: await this.reader.informationRequests(id), next: null };
  }

  @Post()
  @Endpoint({
    summary: 'Ask an applicant something',
    description:
      'The applicant has the word then: the time of the decision stands still until it answers, or its deadline passes.',
    roles: deciders,
    response: applicationState,
    bodyExample: { question: 'How many people read your newsletter?' },
    errors: ['not-found', 'illegal-transition'],
    mayTakeLong: true,
  })
  async ask(
    @IdParam('id', 'app') applicationId: string,
    @ZodBody(questionBody) { question, answerWithin }: z.infer<typeof questionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<ApplicationState> {
    const application = await this.visible.get(applicationId, caller, deciders);
    applicationStages.next(application.stage, 'request_information');
    const messageId = await this.information.noteText(application, { text: question }, actor.actorId);
    const input = { ...actor, applicationId, messageId, ...(answerWithin === undefined ? {} : { answerWithin }) };
    const options = { updateId, location: `/v1/applications/${applicationId}` };
    return this.workflows.update(partnerOnboarding.workflowId(applicationId), requestInformation, input, options);
  }

  @Post(':requestId/answer')
  @Endpoint({
    summary: 'Answer a question, as the applicant',
    roles: ['applicant'],
    response: applicationState,
    bodyExample: { answer: 'Eleven thousand', form: { audienceSize: 11000 } },
    errors: ['not-found', 'illegal-transition', 'invalid-document'],
    mayTakeLong: true,
  })
  async answer(
    @IdParam('id', 'app') applicationId: string,
    @IdParam('requestId', 'inf') requestId: string,
    @ZodBody(answerBody) { answer, form }: z.infer<typeof answerBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<ApplicationState> {
    const application = await this.visible.get(applicationId, caller, ['applicant']);
    await this.information.checkAnswer(await this.applications.get(applicationId), requestId, form);
    const messageId = await this.information.noteText(application, { text: answer, form }, actor.actorId);
    const input = { ...actor, applicationId, requestId, messageId };
    const options = { updateId, location: `/v1/applications/${applicationId}` };
    return this.workflows.update(partnerOnboarding.workflowId(applicationId), answerInformation, input, options);
  }
}
