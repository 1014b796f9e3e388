import { Controller, Get, Post, Req } from '@nestjs/common';
import type { z } from 'zod';
import type { Principal } from '../../../libs/identity/index.js';
import { AmendmentList, AmendmentProposals, type AmendmentView } from '../../../libs/lifecycle/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery, type ApiRequest } from '../edge/index.js';
import { originOf } from '../envelopes/origin.js';
import { rolesIn } from '../negotiations/negotiation-access.js';
import { AmendmentAccess, readers, sideOf, writers } from './amendment-access.js';
import { amendmentBody, amendmentDetail, amendmentPage, amendmentsQuery } from './amendments.dto.js';

/** Changes of one agreement. */
@Controller('v1/agreements/:id/amendments')
export class AgreementAmendmentsController {
  constructor(
    private readonly access: AmendmentAccess,
    private readonly list: AmendmentList,
    private readonly proposals: AmendmentProposals,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List the changes of an agreement, the newest first',
    roles: readers,
    response: amendmentPage,
    errors: ['not-found'],
    csv: [
      ...['id', 'agreementId', 'side', 'state', 'stateSince', 'cause', 'baseVersion', 'termsHash', 'needsConsent'],
      ...['effectiveFrom', 'version', 'createdAt'],
    ],
  })
  async page(
    @IdParam('id', 'agr') agreementId: string,
    @ZodQuery(amendmentsQuery) query: z.infer<typeof amendmentsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<AmendmentView>> {
    const agreement = await this.access.agreement(agreementId, caller, readers);
    return this.list.page({ ...query, agreementId, shownOnly: sideOf(caller, agreement) === 'partner' });
  }

  @Post()
  @Endpoint({
    summary: 'Propose to change an agreement in force',
    description:
      "Changes that the program lists as material, all that a partner proposes, and renewals are negotiated and signed; of the company's other changes the partner gets notice. What is outside of the caller's guardrails waits for internal approval first. Until the new version begins the old terms stay in force.",
    roles: writers,
    status: 201,
    response: amendmentDetail,
    errors: [
      ...(['already-exists', 'round-changed', 'illegal-transition', 'invalid-document'] as const),
      ...(['outside-guardrails', 'not-found'] as const),
    ],
  })
  async propose(
    @IdParam('id', 'agr') agreementId: string,
    @ZodBody(amendmentBody) { effectiveFrom, ...body }: z.infer<typeof amendmentBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    const { programId, partnerId } = await this.access.agreement(agreementId, caller, writers);
    const id = await this.proposals.propose(
      {
        ...{ ...actor, ...body, agreementId, side: sideOf(caller, { partnerId }), origin: originOf(request) },
        roles: rolesIn(caller, { program_id: programId }),
        ...(effectiveFrom !== undefined && { effectiveFrom: new Date(effectiveFrom) }),
      },
      programId,
    );
    return this.access.detail(id);
  }
}
