import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import { ProgramsService } from '../programs/index.js';
import { decideWithholding, type TaxForm, type WithholdingDecision } from './domain/index.js';
import { TaxProfiles } from './tax-profiles.js';

/** A payment before tax. Minor units, 0 or more. */
export interface GrossPayment {
  partnerId: string;
  grossMinor: bigint;
}

export interface WithholdingResult extends WithholdingDecision {
  /** The form that the rule went by. */
  form: TaxForm | 'missing';
  /** The profile that it stands in; null where the partner has none. */
  taxProfileId: string | null;
}

/** Withholding by rule: what is kept back of a payment for the tax office. */
@Injectable()
export class Withholding {
  constructor(
    private readonly programs: ProgramsService,
    private readonly profiles: TaxProfiles,
  ) {}

  /**
   * What is withheld from payments to partners of a program, by partner, by what is known of their taxes now. A partner
   * of whom no rule says anything is absent: it gets all.
   *
   * @throws DomainError `not-found` (the program)
   */
  async decide(
    tx: Transaction,
    programId: string,
    payments: readonly GrossPayment[],
  ): Promise<ReadonlyMap<string, WithholdingResult>> {
    const decided = new Map<string, WithholdingResult>();
    const program = await this.programs.getIn(tx, programId);
    const { withholding } = program.document.payees;
    const saysNothing = withholding.rules.length === 0 && withholding.backupRatePercent === undefined;
    if (saysNothing || payments.length === 0) return decided;
    const partnerIds = payments.map(({ partnerId }) => partnerId);
    const known = await this.profiles.factsOf(tx, program, partnerIds);
    for (const { partnerId, grossMinor } of payments) {
      const facts = known.get(partnerId);
      if (!facts) throw new Error(`${partnerId} is no partner of the program`);
      const decision = decideWithholding(grossMinor, facts, withholding);
      if (decision.ruleId === 'none') continue;
      decided.set(partnerId, { ...decision, form: facts.form, taxProfileId: facts.profileId });
    }
    return decided;
  }
}
