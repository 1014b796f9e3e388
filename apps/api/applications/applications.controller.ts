import { Controller, Get, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { programsOf, requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { canonicalJson } from '../../../libs/kernel/canonical-json.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { sha256 } from '../../../libs/kernel/sha256.js';
import {
  decide,
  partnerOnboarding,
  withdraw,
  type Actor,
  type ApplicationState,
} from '../../../libs/orchestration/index.js';
import {
  ApplicationList,
  applicationForm,
  ApplicationsService,
  type ApplicationForm,
  type ApplicationView,
} from '../../../libs/partners/index.js';
import { CapabilityLinks, publicUrl, Settings, type Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, RequestKey, UpdateId, ZodBody, ZodQuery } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import {
  applicationPage,
  applicationsQuery,
  applicationState,
  applicationView,
  decisionBody,
  submittedApplication,
  withdrawalBody,
} from './applications.dto.js';

const readers: readonly Role[] = ['partner_manager', 'admin', 'legal', 'auditor'];

/** Applications: taken in from anyone, reviewed by partner managers, followed by the applicant with its link. */
@Controller('v1')
export class ApplicationsController {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly list: ApplicationList,
    private readonly links: CapabilityLinks,
    private readonly settings: Settings,
    private readonly workflows: Workflows,
  ) {}

  @Post('programs/:id/applications')
  @Endpoint({
    summary: 'Apply to a program',
    description:
      'The status link in the answer is a right in itself: it reads, negotiates and withdraws this application.',
    roles: 'public',
    status: 202,
    response: submittedApplication,
    bodyExample: { name: 'Dewi Lestari', email: 'dewi@example.org', phone: '+62215550100', references: [], form: {} },
    errors: ['not-found', 'invalid-document', 'malformed-request'],
  })
  async submit(
    @IdParam('id', 'prg') programId: string,
    @ZodBody(applicationForm) body: ApplicationForm,
    @CallingActor() actor: Actor,
    @RequestKey() requestKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof submittedApplication>> {
    const { id, stage } = await this.applications.submit(programId, body, {
      ...actor,
      // A key is forgotten after two days; whoever then takes the same one for another application gets its own.
      ...(requestKey === undefined ? {} : { requestKey: sha256(`${requestKey}\n${canonicalJson(body)}`) }),
    });
    void reply.header('location', `/v1/applications/${id}`);
    const token = this.links.token('application', id);
    return { id, stage, statusUrl: `${publicUrl(this.settings.env)}/v1/applications/${id}?token=${token}` };
  }

  @Get('applications')
  @Endpoint({
    summary: 'List applications by stage, the longest waiting first',
    roles: readers,
    response: applicationPage,
    csv: ['id', 'programId', 'stage', 'company', 'decisionDueAt', 'stageSince', 'createdAt'],
  })
  page(
    @ZodQuery(applicationsQuery) query: z.infer<typeof applicationsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<ApplicationView>> {
    const { programId, stageBefore, ...rest } = query;
    if (programId !== undefined) requireProgram(caller, programId, readers);
    const programs = programId === undefined ? programsOf(caller, readers) : [programId];
    return this.list.page({
      ...rest,
      programs,
      ...(stageBefore === undefined ? {} : { stageBefore: new Date(stageBefore) }),
    });
  }

  @Get('applications/:id')
  @Endpoint({
    summary: 'Read where an application stands',
    roles: [...readers, 'applicant', 'partner'],
    response: applicationView,
    errors: ['not-found'],
  })
  get(@IdParam('id', 'app') id: string, @Caller() caller: Principal): Promise<ApplicationView> {
    return this.visible(id, caller, [...readers, 'applicant', 'partner']);
  }

  @Post('applications/:id/decision')
  @Endpoint({
    summary: 'Approve or reject an application',
    roles: ['partner_manager', 'admin'],
    response: applicationState,
    bodyExample: { action: 'approve', reason: 'A good fit for the spring campaign' },
    errors: ['illegal-transition', 'not-found', 'already-exists', 'rehearsal-only', 'invalid-document'],
    mayTakeLong: true,
  })
  async decide(
    @IdParam('id', 'app') applicationId: string,
    @ZodBody(decisionBody) body: z.infer<typeof decisionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<ApplicationState> {
    const { programId } = await this.visible(applicationId, caller, ['partner_manager', 'admin']);
    if (body.effectiveFrom !== undefined) requireProgram(caller, programId, ['admin']);
    const options = { updateId, location: `/v1/applications/${applicationId}` };
    return this.workflows.update(
      partnerOnboarding.workflowId(applicationId),
      decide,
      { ...actor, applicationId, ...body },
      options,
    );
  }

  @Post('applications/:id/withdrawal')
  @Endpoint({
    summary: 'Withdraw an application, at any time before signing',
    roles: ['applicant', 'partner'],
    response: applicationState,
    errors: ['illegal-transition', 'not-found'],
    mayTakeLong: true,
  })
  async withdraw(
    @IdParam('id', 'app') applicationId: string,
    @ZodBody(withdrawalBody) body: z.infer<typeof withdrawalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<ApplicationState> {
    await this.visible(applicationId, caller, ['applicant', 'partner']);
    const options = { updateId, location: `/v1/applications/${applicationId}` };
    return this.workflows.update(
      partnerOnboarding.workflowId(applicationId),
      withdraw,
      { ...actor, applicationId, ...body },
      options,
    );
  }

  /** @throws DomainError `not-found` also for what is somebody else's */
  private async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<ApplicationView> {
    const view = await this.list.view(id);
    if (!view) throw new DomainError('not-found', 'there is no such thing');
    requireAccess(caller, { programId: view.programId, applicationId: id, partnerId: view.partnerId }, roles);
    return view;
  }
}
