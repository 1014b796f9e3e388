import { Controller, Get } from '@nestjs/common';
import type { z } from 'zod';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson } from '../../../libs/kernel/money.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { mapPage, type Page } from '../../../libs/platform/index.js';
import { PartnerDebts } from '../../../libs/receivables/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { debtEntriesQuery, debtEntryPage, debtView } from './receivables.dto.js';

const readers: readonly Role[] = ['partner_manager', 'finance', 'finance_approver', 'admin', 'auditor', 'partner'];

/** What a partner owes, for itself as for the company. */
@Controller('v1/partners/:id/receivable')
export class DebtsController {
  constructor(
    private readonly debts: PartnerDebts,
    private readonly partners: PartnerList,
  ) {}

  @Get()
  @Endpoint({
    summary: 'Read what a partner owes; the next payouts are lower by it',
    roles: readers,
    response: debtView,
    errors: ['not-found'],
  })
  async owed(@IdParam('id', 'prt') partnerId: string, @Caller() caller: Principal): Promise<z.infer<typeof debtView>> {
    const programId = await this.visible(partnerId, caller);
    return { owed: (await this.debts.of(programId, partnerId)).map(moneyToJson) };
  }

  @Get('entries')
  @Endpoint({
    summary: 'List what made and what paid the debt of a partner, newest first',
    description: 'Each refund or void by its event, each netting, each write-off.',
    roles: readers,
    response: debtEntryPage,
    errors: ['not-found'],
    csv: ['bookedAt', 'kind', 'eventId', 'rule', 'clause', 'amount.amountMinor', 'amount.currency'],
  })
  async entries(
    @IdParam('id', 'prt') partnerId: string,
    @ZodQuery(debtEntriesQuery) query: z.infer<typeof debtEntriesQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<unknown>> {
    const programId = await this.visible(partnerId, caller);
    const page = await this.debts.entries(programId, { ...query, partnerId });
    return mapPage(page, ({ id, kind, refs, eventAt, bookedAt, amountMinor, currency }) => ({
      ...{ id, kind, eventId: refs.eventId, rule: refs.ruleId, clause: refs.clause },
      amount: moneyToJson({ amountMinor, currency }),
      eventAt: eventAt.toISOString(),
      bookedAt: bookedAt.toISOString(),
    }));
  }

  private async visible(partnerId: string, caller: Principal): Promise<string> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
    return programId;
  }
}
