import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/index.js';
import { elapsedMs } from '../../kernel/elapsed.js';
import { lockPartners } from '../../ledger/index.js';
import type { Actor } from '../../orchestration/actor.js';
import { readMoneySettings, type HoldRules, type HoldSettings } from '../../programs/index.js';
import { suspicionsOf, type Suspicion } from '../domain/fraud-rules.js';
import type { HoldRow } from './hold-rows.js';
import { LineHolds } from './line-holds.js';
import { readRiskFacts } from './risk-facts.js';

/** Events of one program that are looked at; what they earned is dated up to `at`. */
export interface Examination {
  programId: string;
  eventIds: readonly string[];
  at: Date;
}

/**
 * Looks at events by the program's rules and holds those that run into one. It is done for new events every now and then,
 * and for all that is about to vest: so nothing is paid that no rule has seen, and taking events in costs nothing more.
 */
@Injectable()
export class RuleHolds {
  constructor(private readonly holds: LineHolds) {}

  /** In a constant number of statements. Takes the money locks of those partners alone whose events are held. */
  async examine(tx: Transaction, { programId, eventIds, at }: Examination, actor: Actor): Promise<HoldRow[]> {
    if (eventIds.length === 0) return [];
    const { holds: settings } = await readMoneySettings(tx, programId);
    if (!hasRules(settings.rules)) return [];
    const suspicions = await suspicionsIn(tx, { programId, eventIds, at }, settings);
    await lockPartners(
      tx,
      programId,
      suspicions.map(({ partnerId }) => partnerId),
    );
    return this.holds.placeSuspected(tx, programId, suspicions, settings, actor);
  }
}

/** Whether any rule could hold anything. */
export function hasRules({ customerSales, selfPurchase, refundRate, burst, leakedCoupons }: HoldRules): boolean {
  return Boolean(customerSales ?? refundRate ?? burst) || selfPurchase || leakedCoupons;
}

async function suspicionsIn(
  tx: Transaction,
  { programId, eventIds, at }: Examination,
  { rules }: HoldSettings,
): Promise<Suspicion[]> {
  const facts = await readRiskFacts(tx, { programId, eventIds, rules, at });
  const { burst } = rules;
  const lengths = burst && { withinMs: elapsedMs(burst.within), usualOverMs: elapsedMs(burst.usualOver) };
  return facts.flatMap((each) => suspicionsOf(each, rules, lengths));
}
