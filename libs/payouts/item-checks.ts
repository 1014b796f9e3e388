import { rowsOf, type Transaction } from '../database/index.js';

/** Something that keeps an item from being paid: a stable code, and the opaque id of what it is about. */
export interface ItemFinding {
  cause: string;
  /** Never bank, tax or personal data. */
  reference: string;
}

/** What of an item is checked. Minor units of the currency. */
export interface CheckedPayout {
  partnerId: string;
  amountMinor: bigint;
  currency: string;
  /** The rail that is to pay it; absent where none does, as for credit. */
  rail?: string;
}

/** A check of items while their batch is drafted, edited and frozen; an item with findings is held. */
export abstract class ItemCheck {
  /** The findings by partner; a partner without one is absent. Within the transaction that drafts or freezes. */
  abstract findings(
    tx: Transaction,
    programId: string,
    partners: readonly CheckedPayout[],
  ): Promise<ReadonlyMap<string, readonly ItemFinding[]>>;
}

/** All checks that items go through; the module names them. */
export class ItemChecks {
  constructor(private readonly checks: readonly ItemCheck[]) {}

  /** What all checks find, by partner; a partner without a finding is absent. */
  async findings(
    tx: Transaction,
    programId: string,
    partners: readonly CheckedPayout[],
  ): Promise<ReadonlyMap<string, readonly ItemFinding[]>> {
    const found = new Map<string, ItemFinding[]>();
    if (partners.length === 0) return found;
    for (const check of this.checks) {
      for (const [partnerId, findings] of await check.findings(tx, programId, partners)) {
        if (findings.length > 0) found.set(partnerId, [...(found.get(partnerId) ?? []), ...findings]);
      }
    }
    return found;
  }
}

/** Holds the items of partners that some cause suspends, and of those whose account at the rail is gone. */
export class PartnerStanding extends ItemCheck {
  async findings(
    tx: Transaction,
    _programId: string,
    partners: readonly CheckedPayout[],
  ): Promise<ReadonlyMap<string, readonly ItemFinding[]>> {
    const rows = await rowsOf<{ partner_id: string; cause: string; reference: string }>(
      tx,
      `select held.partner_id, 'suspended' as cause, held.id as reference
       from partner_suspensions held where held.partner_id = any($1) and held.until_at is null
       union all
       select partner_id, 'no_payout_account', partner_id from unnest($1::text[], $2::text[]) as asked(partner_id, rail)
       where rail is not null and not exists (select from payout_accounts account
                                              where account.partner_id = asked.partner_id and account.rail = asked.rail)
       order by 1, 2, 3`,
      [partners.map(({ partnerId }) => partnerId), partners.map(({ rail }) => rail ?? null)],
    );
    const findings = new Map<string, ItemFinding[]>();
    for (const { partner_id: partnerId, cause, reference } of rows) {
      findings.set(partnerId, [...(findings.get(partnerId) ?? []), { cause, reference }]);
    }
    return findings;
  }
}
