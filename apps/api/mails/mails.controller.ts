import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { MailList, MailLog, type MailView } from '../../../libs/notifications/index.js';
import type { Actor } from '../../../libs/orchestration/actor.js';
import type { Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { mailLogQuery, mailPage, mailsQuery, resentMail } from './mails.dto.js';

const senders: readonly Role[] = ['partner_manager', 'legal', 'finance', 'admin'];
const readers: readonly Role[] = [...senders, 'finance_approver', 'auditor'];

const csv = [
  'id',
  'programId',
  'template',
  'subjectId',
  'personId',
  'role',
  'language',
  'state',
  'attempts',
  'code',
].concat(['messageId', 'resendOf', 'createdAt', 'stateSince', 'sentAt']);

const description =
  'What was sent, in which language, and what became of it: queued, sent, delivered, bounced, complained, failed or ' +
  'suppressed (not tried: an earlier mail to the same address came back). Addresses and texts are not kept.';

const example = {
  items: [
    {
      id: 'mal_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
      programId: 'prg_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
      template: 'signature-requested',
      subjectId: 'env_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
      personId: 'per_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
      role: null,
      language: 'id',
      state: 'bounced',
      attempts: 1,
      code: '5.1.1',
      messageId: 'mal_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b@pactline.example',
      resendOf: null,
      createdAt: '2026-03-01T09:00:00.000Z',
      stateSince: '2026-03-01T09:00:07.000Z',
      sentAt: '2026-03-01T09:00:01.000Z',
    },
  ],
  next: null,
};

/** The log of mails: of a partner, of an application, of a program. */
@Controller('v1')
export class MailsController {
  constructor(
    private readonly mails: MailList,
    private readonly log: MailLog,
  ) {}

  @Get('partners/:id/mails')
  @Endpoint({
    summary: 'The mails about a partner, newest first',
    description,
    roles: readers,
    response: mailPage,
    example,
    errors: ['not-found'],
    csv,
  })
  async ofPartner(
    @IdParam('id', 'prt') id: string,
    @ZodQuery(mailLogQuery) query: z.infer<typeof mailLogQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<MailView>> {
    return visible(caller, await this.mails.ofPartner(id, query));
  }

  @Get('applications/:id/mails')
  @Endpoint({
    summary: 'The mails about an application, newest first',
    description,
    roles: readers,
    response: mailPage,
    errors: ['not-found'],
    csv,
  })
  async ofApplication(
    @IdParam('id', 'app') id: string,
    @ZodQuery(mailLogQuery) query: z.infer<typeof mailLogQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<MailView>> {
    return visible(caller, await this.mails.ofApplication(id, query));
  }

  @Get('mails')
  @Endpoint({
    summary: 'All mails, newest first; `state=failed` or `state=bounced` finds what did not arrive',
    description,
    roles: readers,
    response: mailPage,
    errors: ['not-found'],
    csv,
  })
  page(
    @ZodQuery(mailsQuery) { programId, ...query }: z.infer<typeof mailsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<MailView>> {
    if (programId !== undefined) requireProgram(caller, programId, readers);
    return this.mails.ofPrograms(programId === undefined ? programsOf(caller, readers) : [programId], query);
  }

  @Post('mails/:id/resend')
  @Endpoint({
    summary: 'Send a mail again, to the address that its person has now',
    description:
      'Makes a new mail from the facts of now. It is also your word that the address is right: an earlier bounce no longer ' +
      'holds mails to it back.',
    roles: senders,
    status: 202,
    response: resentMail,
    example: { id: 'mal_01976a3e5c7b7d3f8a9b0c1d2e3f4a5c' },
    errors: ['not-found', 'illegal-transition'],
  })
  async resend(
    @IdParam('id', 'mal') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<{ id: string }> {
    requireProgram(caller, (await this.log.get(id)).program_id, senders);
    return this.log.resend(id, actor);
  }
}

/** The page, where the caller may read the program's mails. */
function visible(caller: Principal, { programId, ...page }: Page<MailView> & { programId: string }): Page<MailView> {
  requireProgram(caller, programId, readers);
  return page;
}
