import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { languages } from '../../../libs/kernel/language.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { ReferencesService } from '../../../libs/partners/index.js';
import {
  CallingActor,
  Endpoint,
  languageOf,
  parseWith,
  sendHtml,
  wantsHtml,
  ZodBody,
  ZodParam,
  type ApiRequest,
} from '../edge/index.js';
import { answeredPage, problemPage, referencePage, thanksPage } from './pages.js';

const token = z.string().min(1).max(300);
const answer = z.string().max(2_000);
const answers = z.record(z.string().max(40), answer);
const answersBody = z.strictObject({ answers });
/** The same answers as the fields of a form, each beside the others. */
const eitherBody = z.union([answersBody, answers]);
const state = z.enum(['unasked', 'asked', 'answered', 'unanswered']);

const referenceForm = z.object({
  referenceId: z.string(),
  language: z.enum(languages),
  programName: z.string(),
  company: z.string(),
  applicantName: z.string(),
  state,
  dueAt: z.iso.datetime().nullable(),
  questions: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      type: z.enum(['text', 'choice']),
      required: z.boolean(),
      options: z.array(z.string()).optional(),
      optionLabels: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** People who vouch for an applicant: the link in their mail shows the questions and takes one answer. */
@Controller('v1/references')
export class ReferencesController {
  constructor(private readonly references: ReferencesService) {}

  @Get(':token')
  @Endpoint({
    summary: 'Read what a reference is asked',
    description: 'A browser (`Accept: text/html`) gets it as a page with a form.',
    roles: 'public',
    response: referenceForm,
    errors: ['not-found'],
  })
  async form(
    @ZodParam('token', token) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (!wantsHtml(request)) return this.references.form(link);
    try {
      const asked = await this.references.form(link);
      if (asked.state === 'answered') return sendHtml(reply, answeredPage(asked.language));
      if (asked.state !== 'asked') throw new DomainError('illegal-transition', 'nothing can be answered any more');
      return sendHtml(reply, referencePage(asked));
    } catch (error) {
      return sendHtml(reply, problemPage(error, languageOf(request)));
    }
  }

  @Post(':token')
  @Endpoint({
    summary: 'Answer as a reference, once',
    description: 'Takes JSON, or the form of the page, which it answers with a page.',
    roles: 'public',
    response: z.object({ state }),
    bodyExample: { answers: { knows: 'For three years, as her publisher' } },
    errors: ['not-found', 'illegal-transition', 'invalid-document'],
    takes: 'form',
    isLimited: true,
  })
  async answer(
    @ZodParam('token', token) link: string,
    @ZodBody(eitherBody) body: z.infer<typeof eitherBody>,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (!wantsHtml(request)) {
      const given = parseWith(answersBody, body, 'the body is not as described');
      return { state: await this.references.answer(link, given.answers, requestId) };
    }
    try {
      return await this.answerPage(link, parseWith(answers, body, 'the form is not as described'), requestId, reply);
    } catch (error) {
      return sendHtml(reply, problemPage(error, languageOf(request)));
    }
  }

  private async answerPage(
    link: string,
    given: Record<string, string>,
    requestId: string | undefined,
    reply: FastifyReply,
  ): Promise<string> {
    const asked = await this.references.form(link);
    if (asked.state === 'answered') return sendHtml(reply, answeredPage(asked.language));
    try {
      await this.references.answer(link, given, requestId);
      return sendHtml(reply, thanksPage(asked.language));
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'invalid-document') throw error;
      const faults = error.errors.map(({ pointer }) => pointer.replace('/answers/', ''));
      return sendHtml(reply, referencePage(asked, given, faults));
    }
  }
}
