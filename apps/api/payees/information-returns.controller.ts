import { Controller, Get } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import { InformationReturns } from '../../../libs/payees/index.js';
import { Caller, Endpoint, ZodQuery } from '../edge/index.js';
import { informationReturns, informationReturnsQuery } from './payees.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'auditor'];

/** What is told to the tax office of the US about a year's payments. */
@Controller('v1/information-returns')
export class InformationReturnsController {
  constructor(private readonly returns: InformationReturns) {}

  @Get()
  @Endpoint({
    summary: 'Read the summary for form 1099-NEC of a program and year',
    description:
      'Partners with a W-9, from the ledger by booking date in the zone of the program. To be reported from USD 600 on until 2025, ' +
      'from USD 2,000 on since 2026, and wherever tax was withheld.',
    roles: readers,
    response: informationReturns,
    csv: [
      ...['partnerId', 'reference', 'taxProfileId', 'taxIdEnding', 'year', 'compensation.amountMinor'],
      ...['withheld.amountMinor', 'compensation.currency', 'isReportable'],
    ],
  })
  async ofYear(
    @ZodQuery(informationReturnsQuery) query: z.infer<typeof informationReturnsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, query.programId, readers);
    const items = await this.returns.ofYear(query.programId, query.year);
    return {
      items: items.map(({ compensationMinor, withheldMinor, currency, ...rest }) => ({
        ...rest,
        compensation: { amountMinor: toSafeNumber(compensationMinor), currency },
        withheld: { amountMinor: toSafeNumber(withheldMinor), currency },
      })),
      next: null,
    };
  }
}
