import type { Terms } from '../agreements/domain/index.js';
import { rowsOf, type Database, type Transaction } from '../database/index.js';
import { salesOfCustomers } from '../tracking/index.js';
import {
  CostTally,
  customerValues,
  fixedBonuses,
  hasScheduledBonuses,
  participationBonuses,
  toPricedEvent,
  type BonusFacts,
  type PricingContext,
  type RateTable,
  type Reversal,
  type SimulatedCost,
} from './domain/index.js';
import { alwaysInForce, partnerPages, type PricedStretch } from './program-pricing.js';
import { readBonusPartner, valuedCustomers } from './scheduled-bonuses.js';
import { payableTerms } from './terms-cache.js';
import { reversalsByEvent, reversalsOf } from './timeline-pricing.js';

/** A stretch of time, and from when on bonuses count of partners whose activation is not recorded (epoch milliseconds). */
export interface CalendarStretch extends PricedStretch {
  activatedAtMs?: number | undefined;
}

/** Of whose sales so many are in memory at once. */
const customersPerPage = 500;

/**
 * Adds to each of `costs` what the terms in its place would have given in a stretch for the calendar and for decisions: upfront,
 * retainer, participation and lifetime value, by the recorded activations, suspensions and deliverables, with the functions that
 * book them. Answers with what such bonuses have brought in fact; minor units.
 */
export async function addCalendarBonuses(
  database: Database,
  stretch: CalendarStretch,
  terms: readonly { terms: Terms; hash: string }[],
  rates: RateTable,
  costs: readonly SimulatedCost[],
  signal: AbortSignal,
): Promise<bigint> {
  const tx = database.dataSource.manager;
  const priced = terms.map((each, index) => {
    const { compiled } = payableTerms(each.terms, each.hash);
    const versions = alwaysInForce(compiled);
    return { context: { versions, tiers: [], rates }, tally: new CostTally(costs[index]), bonuses: compiled.bonuses };
  });
  const promising = priced.filter(({ bonuses }) => hasScheduledBonuses(bonuses));
  for await (const partnerIds of promising.length === 0 ? [] : partnerPages(tx, stretch)) {
    for (const partnerId of partnerIds) {
      signal.throwIfAborted();
      const known = await readBonusPartner(tx, partnerId);
      const facts = { ...known, activatedAtMs: known.activatedAtMs ?? stretch.activatedAtMs };
      for (const { context, tally } of promising) {
        for await (const { bonus, amountMinor } of bonusesOf(tx, { ...stretch, partnerId }, context, facts)) {
          tally.line({ kind: 'bonus', ruleId: bonus.id, amountMinor });
        }
      }
    }
  }
  return bookedFor(tx, stretch);
}

/** The bonuses of one partner that fell due in the stretch. */
async function* bonusesOf(
  tx: Transaction,
  { programId, partnerId, from, until }: PricedStretch & { partnerId: string },
  context: PricingContext,
  { activatedAtMs, suspensions, accepted }: BonusFacts,
): AsyncGenerator<{ bonus: { id: string }; amountMinor: bigint }> {
  const untilMs = until.getTime() - 1;
  const inside = ({ occurredAtMs }: { occurredAtMs: number }): boolean => occurredAtMs >= from.getTime();
  if (activatedAtMs !== undefined) {
    yield* [...fixedBonuses(context, { activatedAtMs, suspensions, untilMs })].filter(inside);
  }
  yield* [...participationBonuses(context, accepted, untilMs)].filter(inside);
  const customers = (await valuedCustomers(tx, partnerId, context, 'due', [from.getTime() - 1, untilMs])) ?? [];
  for (let start = 0; start < customers.length; start += customersPerPage) {
    const sales = await salesOfCustomers(tx, partnerId, customers.slice(start, start + customersPerPage));
    const reversals = await reversalsByEvent(
      tx,
      programId,
      sales.map(({ event }) => event.id),
    );
    const takenBack = (id: string): Reversal[] => reversalsOf(reversals, { event: { id }, partnerId });
    const events = sales.map(({ event }) => toPricedEvent(event));
    yield* [...customerValues(events, takenBack, context, untilMs)].filter(inside);
  }
}

async function bookedFor(tx: Transaction, { programId, partnerId, from, until }: PricedStretch): Promise<bigint> {
  const [row] = await rowsOf<{ sum: string }>(
    tx,
    `select coalesce(sum(amount_minor), 0)::text as sum from commission_lines
     where program_id = $1 and ($2::text is null or partner_id = $2) and kind = 'bonus' and step = 0
       and occurred_at >= $3 and occurred_at < $4`,
    [programId, partnerId ?? null, from, until],
  );
  return BigInt(row?.sum ?? '0');
}
