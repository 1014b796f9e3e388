import { Injectable } from '@nestjs/common';
import { LedgerService, type AccountEntry } from '../ledger/index.js';
import type { Page, PageRequest } from '../platform/index.js';

/** What a partner owes in a currency; minor units. */
export interface PartnerDebt {
  amountMinor: bigint;
  currency: string;
}

/** What partners owe, from what the ledger says. */
@Injectable()
export class PartnerDebts {
  constructor(private readonly ledger: LedgerService) {}

  /** By currency; only where something is owed. */
  async of(programId: string, partnerId: string): Promise<PartnerDebt[]> {
    const balances = await this.ledger.balances(programId, { codes: ['partner_receivable'], ownerIds: [partnerId] });
    return balances
      .filter(({ balanceMinor }) => balanceMinor !== 0n)
      .map(({ balanceMinor: amountMinor, currency }) => ({ amountMinor, currency }));
  }

  /** What made the debt and what paid it, newest first: refunds by their event, nettings, write-offs. */
  entries(
    programId: string,
    { partnerId, currency, ...page }: PageRequest & { partnerId: string; currency: string },
  ): Promise<Page<AccountEntry>> {
    const request = { ...page, code: 'partner_receivable', ownerId: partnerId, currency };
    return this.ledger.accountEntries(programId, request);
  }
}
