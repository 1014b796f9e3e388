import { Injectable } from '@nestjs/common';
import { rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { LedgerService, withhold } from '../ledger/index.js';
import { ProgramsService } from '../programs/index.js';
import { decideWithholding, type WithholdingDecision } from './domain/index.js';
import { TaxProfiles } from './tax-profiles.js';

/** A payment before tax. */
export interface WithheldItem {
  programId: string;
  partnerId: string;
  batchId: string;
  itemId: string;
  /** Minor units, more than 0: what is owed before tax. */
  grossMinor: bigint;
  currency: string;
  eventAt: Date;
  actorId: string;
}

export interface WithholdingResult extends WithholdingDecision {
  /** The profile that decided; null where the partner has none. */
  taxProfileId: string | null;
}

interface WithholdingRow {
  tax_profile_id: string | null;
  rule_id: string;
  rate_percent: string;
  gross_minor: string;
  withheld_minor: string;
}

/** Withholding by rule: what is kept back of a payment for the tax office. */
@Injectable()
export class Withholding {
  constructor(
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
    private readonly profiles: TaxProfiles,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Decides on the tax of an item and books it: Dr payable, Cr withholding_tax. The caller holds the partner's money lock
   * and pays `netMinor`. An item is decided on once: asked again with the same gross, the first answer is given.
   * Throws where the gross of a decided item is another one: that is a defect of the caller.
   */
  async withhold(tx: Transaction, item: WithheldItem): Promise<WithholdingResult> {
    const sql = `select tax_profile_id, rule_id, rate_percent, gross_minor, withheld_minor from tax_withholdings where item_id = $1`;
    const known = await rowOf<WithholdingRow>(tx, sql, [item.itemId]);
    if (known) return resultOf(known, item);
    const { withholding } = (await this.programs.get(item.programId)).document.payees;
    const facts = (await this.profiles.factsOf(tx, item.programId, [item.partnerId])).get(item.partnerId);
    if (!facts) throw new Error(`${item.partnerId} is no partner of the program`);
    const decision = decideWithholding(item.grossMinor, facts, withholding);
    const { withheldMinor, ruleId, ratePercent } = decision;
    await tx.query(
      `insert into tax_withholdings (item_id, program_id, partner_id, tax_profile_id, rule_id, rate_percent, gross_minor,
         withheld_minor, currency, decided_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...[item.itemId, item.programId, item.partnerId, facts.profileId, ruleId, ratePercent],
        ...[item.grossMinor.toString(), withheldMinor.toString(), item.currency, this.clock.now()],
      ],
    );
    if (withheldMinor > 0n) {
      const { programId, grossMinor: _gross, ...occasion } = item;
      await this.ledger.post(tx, programId, [withhold({ ...occasion, key: item.itemId, amountMinor: withheldMinor })]);
    }
    return { ...decision, taxProfileId: facts.profileId };
  }
}

function resultOf(row: WithholdingRow, { itemId, grossMinor }: WithheldItem): WithholdingResult {
  const withheldMinor = BigInt(row.withheld_minor);
  if (BigInt(row.gross_minor) !== grossMinor) throw new Error(`the tax of ${itemId} was decided on for another amount`);
  return {
    withheldMinor,
    netMinor: grossMinor - withheldMinor,
    ruleId: row.rule_id,
    ratePercent: row.rate_percent,
    taxProfileId: row.tax_profile_id,
  };
}
