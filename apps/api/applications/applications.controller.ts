import { Controller, Get, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { canonicalJson } from '../../../libs/kernel/canonical-json.js';
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
  type ListedApplication,
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
import { deciders, reviewers, VisibleApplications } from './visible-applications.js';

const readers: readonly Role[] = reviewers;

/** Applications: taken in from anyone, reviewed by partner managers, followed by the applicant with its link. */
@Controller('v1')
export class ApplicationsController {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly list: ApplicationList,
    private readonly visible: VisibleApplications,
    private readonly links: CapabilityLinks,
    private readonly settings: Settings,
    private readonly workflows: Workflows,
  ) {}

  @Post('programs/:id/applications')
  @Endpoint({
    summary: 'Apply to a program',
    description:
      'The status link in the answer is a right in itself: it reads, negotiates and withdraws this application. The review ' +
      'begins once the link in the mail is confirmed.',
    roles: 'public',
    status: 202,
    response: submittedApplication,
    bodyExample: {
      name: 'Dewi Lestari',
      email: 'dewi@example.org',
      phone: '+62 21 5550100',
      country: 'ID',
      webSites: ['https://dewi.example.org'],
      partnerType: 'media',
      references: [],
      form: {},
      consent: { version: '2026-01', given: true },
    },
    errors: ['not-found', 'invalid-document', 'malformed-request'],
    isLimited: true,
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
      ...(requestKey === undefined
        ? {}
        : { requestKey: sha256(`${requestKey}\n${canonicalJson(body)}`), submissionKey: requestKey }),
    });
    void reply.header('location', `/v1/applications/${id}`);
    const token = this.links.token('application', id);
    return { id, stage, statusUrl: `${publicUrl(this.settings.env)}/v1/applications/${id}?token=${token}` };
  }

  @Get('applications')
  @Endpoint({
    summary: 'List applications by stage, reviewer, flag and deadline, the longest waiting first',
    roles: readers,
    response: applicationPage,
    csv: [
      ...['id', 'programId', 'stage', 'company', 'country', 'partnerType', 'decisionDueAt', 'stageSince', 'createdAt'],
      ...['reviewerId', 'score', 'isFlagged', 'isEscalated'],
    ],
  })
  page(
    @ZodQuery(applicationsQuery) query: z.infer<typeof applicationsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<ListedApplication>> {
    const { programId, stageBefore, reviewer, flagged, dueBefore, ...rest } = query;
    if (programId !== undefined) requireProgram(caller, programId, readers);
    const programs = programId === undefined ? programsOf(caller, readers) : [programId];
    return this.list.page({
      ...rest,
      programs,
      ...(stageBefore === undefined ? {} : { stageBefore: new Date(stageBefore) }),
      ...(reviewer === undefined ? {} : { reviewerId: reviewer }),
      ...(flagged === undefined ? {} : { isFlagged: flagged === 'true' }),
      ...(dueBefore === undefined ? {} : { dueBefore: new Date(dueBefore) }),
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
    return this.visible.get(id, caller, [...readers, 'applicant', 'partner']);
  }

  @Post('applications/:id/decision')
  @Endpoint({
    summary: 'Approve or reject an application',
    roles: deciders,
    response: applicationState,
    bodyExample: { action: 'approve', reason: 'A good fit for the spring campaign' },
    errors: [
      'illegal-transition',
      'checklist-incomplete',
      'not-found',
      'already-exists',
      'rehearsal-only',
      'invalid-document',
    ],
    mayTakeLong: true,
  })
  async decide(
    @IdParam('id', 'app') applicationId: string,
    @ZodBody(decisionBody) body: z.infer<typeof decisionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<ApplicationState> {
    const { programId } = await this.visible.get(applicationId, caller, deciders);
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
    await this.visible.get(applicationId, caller, ['applicant', 'partner']);
    const options = { updateId, location: `/v1/applications/${applicationId}` };
    return this.workflows.update(
      partnerOnboarding.workflowId(applicationId),
      withdraw,
      { ...actor, applicationId, ...body },
      options,
    );
  }
}
