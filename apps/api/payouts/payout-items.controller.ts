import { Controller, Get, HttpCode, Post, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { DocumentStore } from '../../../libs/documents/index.js';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PayoutsService } from '../../../libs/payouts/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { itemAmountsOf } from './payout-views.js';
import { itemView, reasonBody } from './payouts.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor', 'partner'];

/** Single payouts: their remittance advice, and the release of money that a failed one left held. */
@Controller('v1/payout-items')
export class PayoutItemsController {
  constructor(
    private readonly payouts: PayoutsService,
    private readonly documents: DocumentStore,
  ) {}

  @Get(':id')
  @Endpoint({
    summary: 'Read a payout: what was owed, what was withheld, and the papers of it',
    description: 'Papers are read at `/v1/partners/{partnerId}/self-billing-papers/{id}/document`.',
    roles: readers,
    response: itemView,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'itm') id: string, @Caller() caller: Principal): Promise<unknown> {
    const item = await this.payouts.item(id);
    requireAccess(caller, item, readers);
    const { batchId, partnerId, currency, state, railReference = null, papers, remittanceSha256, stateSince } = item;
    return {
      ...{ id, batchId, partnerId, ...itemAmountsOf(item, currency), state, railReference, papers, stateSince },
      hasRemittanceAdvice: remittanceSha256 !== undefined,
    };
  }

  @Get(':id/remittance-advice')
  @Endpoint({
    summary: 'Read the remittance advice of a settled payout',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async remittanceAdvice(@IdParam('id', 'itm') id: string, @Caller() caller: Principal): Promise<StreamableFile> {
    const item = await this.payouts.item(id);
    requireAccess(caller, item, readers);
    if (item.remittanceSha256 === undefined)
      throw new DomainError('not-found', 'this payout has no remittance advice yet');
    const { bytes, mediaType } = await this.documents.get(item.programId, item.remittanceSha256);
    return new StreamableFile(bytes, {
      type: mediaType,
      disposition: `inline; filename="remittance-advice-${id}.pdf"`,
    });
  }

  @Post(':id/unpaid')
  @Endpoint({
    summary: "Declare that a payout of unknown outcome was not paid, after a look at the rail's own books",
    description:
      'Once the rail no longer recognises its key. The rail is asked once more; the money is then held, to be released.',
    roles: ['finance_approver'],
    errors: ['illegal-transition', 'not-found'],
  })
  async declareUnpaid(
    @IdParam('id', 'itm') id: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    const { programId } = await this.payouts.item(id);
    requireProgram(caller, programId, ['finance_approver']);
    await this.payouts.declareUnpaid({ itemId: id, reason, actor });
  }

  @Post(':id/retry')
  @Endpoint({
    summary: 'Try a failed payout once more, in its own batch',
    description:
      'Its money is reserved again and sent to the account that the partner has now. Never while an earlier attempt may still arrive, ' +
      'and not while something would hold it: the problem names the `causes`.',
    roles: ['finance_approver'],
    errors: ['illegal-transition', 'not-found'],
  })
  @HttpCode(204)
  async retry(
    @IdParam('id', 'itm') id: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    const { programId } = await this.payouts.item(id);
    requireProgram(caller, programId, ['finance_approver']);
    await this.payouts.retryItem({ itemId: id, reason, actor });
  }

  @Post(':id/release')
  @Endpoint({
    summary: 'Release money that a failed or returned payout left held: the next collection pays it',
    roles: ['finance_approver'],
    errors: ['illegal-transition', 'not-found'],
  })
  @HttpCode(204)
  async release(
    @IdParam('id', 'itm') id: string,
    @ZodBody(reasonBody) { reason }: z.infer<typeof reasonBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    const { programId } = await this.payouts.item(id);
    requireProgram(caller, programId, ['finance_approver']);
    await this.payouts.releaseHeld({ itemId: id, reason, actor });
  }
}
