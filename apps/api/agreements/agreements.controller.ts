import { Controller, Get, Post, Req } from '@nestjs/common';
import type { z } from 'zod';
import { AgreementActs, AgreementList, brokenActAt, type AgreementSummary } from '../../../libs/agreements/index.js';
import { programsOf, requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { Renewals, Terminations } from '../../../libs/lifecycle/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery, type ApiRequest } from '../edge/index.js';
import { originOf } from '../envelopes/origin.js';
import { toDetailView } from './agreement-views.js';
import {
  agreementDetail,
  agreementPage,
  agreementsQuery,
  consentBody,
  declineBody,
  evidenceView,
  terminationBody,
  withdrawalBody,
} from './agreements.dto.js';

const companyReaders: readonly Role[] = ['partner_manager', 'legal', 'finance', 'admin', 'auditor', 'service'];
const readers: readonly Role[] = [...companyReaders, 'partner'];
const writers: readonly Role[] = ['legal', 'partner_manager', 'partner'];

/** Agreements in force: their terms and ends, notices, renewals. */
@Controller('v1/agreements')
export class AgreementsController {
  constructor(
    private readonly list: AgreementList,
    private readonly acts: AgreementActs,
    private readonly terminations: Terminations,
    private readonly renewals: Renewals,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List agreements by state and end, oldest first',
    roles: companyReaders,
    response: agreementPage,
    csv: [
      ...['id', 'programId', 'partnerId', 'partnerReference', 'state', 'startedAt', 'endsAt', 'endCause', 'renewal'],
      ...['renewals', 'termEndsAt'],
    ],
  })
  page(
    @ZodQuery(agreementsQuery) query: z.infer<typeof agreementsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<AgreementSummary>> {
    const { programId, endsBefore, termEndsBefore, ...rest } = query;
    if (programId !== undefined) requireProgram(caller, programId, companyReaders);
    return this.list.page({
      ...rest,
      programs: programId === undefined ? programsOf(caller, companyReaders) : [programId],
      ...(endsBefore !== undefined && { endsBefore: new Date(endsBefore) }),
      ...(termEndsBefore !== undefined && { termEndsBefore: new Date(termEndsBefore) }),
    });
  }

  @Get(':id')
  @Endpoint({
    summary: 'Read an agreement with its versions, terms, notices and renewals',
    roles: readers,
    response: agreementDetail,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'agr') id: string, @Caller() caller: Principal): Promise<unknown> {
    requireAccess(caller, await this.list.view(id), readers);
    return toDetailView(await this.list.detail(id));
  }

  @Get(':id/evidence')
  @Endpoint({
    summary: 'Read what each side did to an agreement, hash-chained',
    roles: ['legal', 'partner_manager', 'admin', 'auditor'],
    response: evidenceView,
    errors: ['not-found'],
  })
  async evidence(@IdParam('id', 'agr') id: string, @Caller() caller: Principal): Promise<unknown> {
    requireAccess(caller, await this.list.view(id), ['legal', 'partner_manager', 'admin', 'auditor']);
    const acts = await this.acts.read(id);
    return { agreementId: id, brokenAt: brokenActAt(acts) ?? null, acts };
  }

  @Post(':id/termination')
  @Endpoint({
    summary: 'Give notice that ends an agreement',
    description:
      'Ordinary notice keeps the notice period of the terms; while one of the other side runs, it must end the agreement ' +
      'before. For cause it ends at once: by legal, with a reason and without `effectiveAt`.',
    roles: writers,
    response: agreementDetail,
    errors: ['illegal-transition', 'invalid-document', 'not-found'],
  })
  async terminate(
    @IdParam('id', 'agr') agreementId: string,
    @ZodBody(terminationBody) { kind, effectiveAt, reason }: z.infer<typeof terminationBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    const agreement = await this.list.view(agreementId);
    requireAccess(caller, agreement, writers);
    const side = sideOf(caller, agreement);
    if (kind === 'for_cause') requireLegal(caller, agreement, side);
    await this.terminations.give({
      ...actor,
      ...{ agreementId, kind, side, origin: originOf(request) },
      ...(effectiveAt !== undefined && { effectiveAt: new Date(effectiveAt) }),
      ...(reason !== undefined && { reason }),
    });
    return toDetailView(await this.list.detail(agreementId));
  }

  @Post(':id/termination/withdrawal')
  @Endpoint({
    summary: 'Take notice back before it takes effect, by the side that gave it',
    roles: writers,
    response: agreementDetail,
    errors: ['illegal-transition', 'not-found'],
  })
  async takeBack(
    @IdParam('id', 'agr') agreementId: string,
    @ZodBody(withdrawalBody) { reason }: z.infer<typeof withdrawalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    const agreement = await this.list.view(agreementId);
    requireAccess(caller, agreement, writers);
    await this.terminations.takeBack({
      ...actor,
      ...{ agreementId, side: sideOf(caller, agreement), origin: originOf(request) },
      ...(reason !== undefined && { reason }),
    });
    return toDetailView(await this.list.detail(agreementId));
  }

  @Post(':id/renewal/consent')
  @Endpoint({
    summary: 'Agree to the term that is offered, by the hash of the terms that were read',
    roles: ['partner'],
    response: agreementDetail,
    errors: ['illegal-transition', 'hash-mismatch', 'not-found'],
  })
  async consent(
    @IdParam('id', 'agr') agreementId: string,
    @ZodBody(consentBody) { termsHash, consentVersion }: z.infer<typeof consentBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    requireAccess(caller, await this.list.view(agreementId), ['partner']);
    await this.renewals.consent({ ...actor, agreementId, termsHash, consentVersion, origin: originOf(request) });
    return toDetailView(await this.list.detail(agreementId));
  }

  @Post(':id/renewal/decline')
  @Endpoint({
    summary: 'Let an agreement end with its term: the partner declines, or the company takes its offer back',
    roles: writers,
    response: agreementDetail,
    errors: ['illegal-transition', 'not-found'],
  })
  async decline(
    @IdParam('id', 'agr') agreementId: string,
    @ZodBody(declineBody) { reason }: z.infer<typeof declineBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const agreement = await this.list.view(agreementId);
    requireAccess(caller, agreement, writers);
    await this.renewals.decline({ ...actor, agreementId, side: sideOf(caller, agreement), reason });
    return toDetailView(await this.list.detail(agreementId));
  }
}

/** Whoever acts for the partner is its side, whatever else it may do. */
function sideOf({ partnerId }: Principal, agreement: AgreementSummary): 'company' | 'partner' {
  return partnerId === agreement.partnerId ? 'partner' : 'company';
}

function requireLegal(caller: Principal, { programId }: AgreementSummary, side: 'company' | 'partner'): void {
  if (side === 'partner') throw new DomainError('forbidden', 'an agreement is ended for cause by the company');
  requireProgram(caller, programId, ['legal']);
}
