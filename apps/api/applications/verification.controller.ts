import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Principal } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import {
  partnerOnboarding,
  verifyEmail,
  type Actor,
  type ApplicationState,
} from '../../../libs/orchestration/index.js';
import { VerificationService, type ApplicationRow } from '../../../libs/partners/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import {
  Caller,
  CallingActor,
  Endpoint,
  IdParam,
  languageOf,
  sendHtml,
  UpdateId,
  wantsHtml,
  ZodBody,
  ZodParam,
  type ApiRequest,
} from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { applicationState } from './applications.dto.js';
import { confirmedPage, confirmPage, problemPage } from './pages.js';
import { VisibleApplications } from './visible-applications.js';

const token = z.string().min(1).max(300);
const noFields = z.strictObject({});
const resent = z.object({ mailsLeft: z.number().int() });

/**
 * The proof that a mail address is the applicant's own. Looking at the link proves nothing, since mail servers look at
 * links too; the button does, or the same POST.
 */
@Controller('v1')
export class VerificationController {
  constructor(
    private readonly verification: VerificationService,
    private readonly programs: ProgramsService,
    private readonly visible: VisibleApplications,
    private readonly workflows: Workflows,
  ) {}

  @Get('verification/:token')
  @Endpoint({
    summary: 'The page behind the link of the verification mail: one button',
    roles: 'public',
    contentType: 'text/html',
    errors: ['not-found'],
  })
  async page(
    @ZodParam('token', token) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const language = languageOf(request);
    try {
      const row = await this.verification.byLink(link);
      const name = await this.programName(row);
      if (row.verified_at !== null) return sendHtml(reply, confirmedPage(language, name));
      if (row.stage !== 'unverified') throw ended(row);
      return sendHtml(reply, confirmPage(language, name));
    } catch (error) {
      return sendHtml(reply, problemPage(error, language));
    }
  }

  @Post('verification/:token')
  @Endpoint({
    summary: 'Prove the mail address of an application',
    description:
      'Takes an empty JSON body, or the form of its page, which it answers with a page. Doing it again changes nothing.',
    roles: 'public',
    response: applicationState,
    errors: ['not-found', 'illegal-transition'],
    takes: 'form',
    isLimited: true,
    mayTakeLong: true,
  })
  async verify(
    @ZodParam('token', token) link: string,
    @ZodBody(noFields) _body: object,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApplicationState | string> {
    const isPage = wantsHtml(request);
    const language = languageOf(request);
    try {
      const row = await this.verification.byLink(link);
      const state = await this.prove(row, { link, updateId, requestId });
      return isPage ? sendHtml(reply, confirmedPage(language, await this.programName(row))) : state;
    } catch (error) {
      if (!isPage) throw error;
      return sendHtml(reply, problemPage(error, language));
    }
  }

  @Post('applications/:id/verification-mail')
  @Endpoint({
    summary: 'Send the verification mail again',
    roles: ['applicant'],
    response: resent,
    errors: ['not-found', 'illegal-transition'],
    isLimited: true,
  })
  async resend(
    @IdParam('id', 'app') id: string,
    @ZodBody(noFields) _body: object,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<z.infer<typeof resent>> {
    await this.visible.get(id, caller, ['applicant']);
    return this.verification.resend(id, actor);
  }

  private async prove(
    row: ApplicationRow,
    { link, updateId, requestId }: { link: string; updateId: string; requestId: string | undefined },
  ): Promise<ApplicationState> {
    if (row.verified_at !== null) return { stage: row.stage };
    if (row.stage !== 'unverified') throw ended(row);
    const actor = { actorId: row.id, ...(requestId === undefined ? {} : { requestId }) };
    const options = { updateId, location: `/v1/verification/${link}` };
    const input = { ...actor, applicationId: row.id };
    const state = await this.workflows.update(partnerOnboarding.workflowId(row.id), verifyEmail, input, options);
    // The deadline came first: the row says so, whatever the timer did.
    if (state.stage === 'expired') throw new DomainError('illegal-transition', 'the time to verify has passed');
    return state;
  }

  private async programName(row: ApplicationRow): Promise<string> {
    return (await this.programs.get(row.program_id, row.program_version)).document.name;
  }
}

function ended({ stage }: { stage: string }): DomainError {
  return new DomainError('illegal-transition', `there is nothing to verify: the application is ${stage}`);
}
