import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { lockPartners } from '../ledger/index.js';
import type { Actor, CutOffRun } from '../orchestration/index.js';
import { customersBetween, salesOfCustomers } from '../tracking/index.js';
import { scheduledLines } from './commission-lines.js';
import {
  bonusLine,
  customerValues,
  fixedBonuses,
  hasScheduledBonuses,
  participationBonuses,
  toPricedEvent,
  type BonusFacts,
  type CommissionLine,
  type PricingContext,
  type Reversal,
} from './domain/index.js';
import { LineBooking } from './line-booking.js';
import { PartnerFactsReader, type PartnerFacts } from './partner-facts.js';
import { reversalsByEvent, reversalsOf, wantedLine } from './timeline-pricing.js';

/** How many partners one transaction brings up to a cut-off. */
const partnersPerTransaction = 200;
const dayMs = 86_400_000;
/** More than calendars make one length of time longer or shorter, depending on where it begins. */
const calendarMarginMs = 5 * dayMs;

/** Of which customers the lifetime value is looked at: of those whose time is over since the last run, of all, or of some. */
export type ValuedCustomers = 'due' | 'all' | readonly string[];

/**
 * Books the bonuses that no event brings when it comes: upfront, retainer, participation and lifetime value (terms.md,
 * Pricing 9). Each run brings the books to what the facts say by then, so that repeating it changes nothing.
 */
@Injectable()
export class ScheduledBonuses {
  constructor(
    private readonly database: Database,
    private readonly facts: PartnerFactsReader,
    private readonly booking: LineBooking,
  ) {}

  /** Brings all partners of a program up to a cut-off, some at a time, each time in a transaction of its own. */
  async run({ programId, cutOffMs, ...actor }: CutOffRun): Promise<void> {
    // What vests at a cut-off happened before it.
    const untilMs = cutOffMs - 1;
    const partnerIds = await this.facts.partnersWith(this.database.dataSource.manager, programId, ({ bonuses }) =>
      hasScheduledBonuses(bonuses),
    );
    for (let start = 0; start < partnerIds.length; start += partnersPerTransaction) {
      const chunk = partnerIds.slice(start, start + partnersPerTransaction);
      await this.database.inTransaction(async (tx) => {
        await lockPartners(tx, programId, chunk);
        const factsOf = await this.facts.read(tx, programId, chunk);
        for (const [partnerId, facts] of factsOf) {
          await this.bring(tx, { programId, partnerId, facts, untilMs, customers: 'due' }, actor);
        }
      });
    }
  }

  /**
   * Brings one partner's bonuses to what the facts say by an instant: not before the one up to which they were booked
   * already. The partner's money lock must be held.
   */
  async bring(
    tx: Transaction,
    request: { programId: string; partnerId: string; facts: PartnerFacts; untilMs: number; customers: ValuedCustomers },
    actor: Actor,
  ): Promise<void> {
    const { programId, partnerId, facts } = request;
    const { context } = facts;
    const partner = await readBonusPartner(tx, partnerId);
    const promised = context.versions.some(({ terms }) => hasScheduledBonuses(terms.bonuses));
    if (!promised && partner.untilMs === undefined) return;
    const untilMs = Math.max(request.untilMs, partner.untilMs ?? request.untilMs);
    const customers = await valuedCustomers(tx, partnerId, context, request.customers, [partner.untilMs, untilMs]);
    const sales = customers?.length === 0 ? [] : await salesOfCustomers(tx, partnerId, customers);
    const saleIds = sales.map(({ event }) => event.id);
    const reversals = await reversalsByEvent(tx, programId, saleIds);
    const lines: CommissionLine[] = [];
    if (partner.activatedAtMs !== undefined) {
      const { activatedAtMs, suspensions } = partner;
      for (const each of fixedBonuses(context, { activatedAtMs, suspensions, untilMs })) lines.push(bonusLine(each));
    }
    for (const each of participationBonuses(context, partner.accepted, untilMs)) lines.push(bonusLine(each));
    const events = sales.map(({ event }) => toPricedEvent(event));
    const takenBack = (id: string): Reversal[] => reversalsOf(reversals, { event: { id }, partnerId });
    for (const each of customerValues(events, takenBack, context, untilMs)) {
      lines.push(bonusLine(each));
    }
    const wanted = lines.map((line) => wantedLine(line, { partnerId, vestAt: facts.vestAt(line) }));
    const booked = await scheduledLines(tx, programId, partnerId, { until: new Date(untilMs), saleIds });
    await this.booking.replace(tx, programId, { booked, wanted }, actor);
    await tx.query(`update partner_timelines set bonuses_until = $2 where partner_id = $1`, [
      partnerId,
      new Date(untilMs),
    ]);
  }

  /** Looks again at the lifetime values of customers whose sales, refunds or voids came late. */
  async revalue(
    tx: Transaction,
    request: { programId: string; partnerId: string; facts: PartnerFacts; customers: readonly string[] },
    actor: Actor,
  ): Promise<void> {
    const { versions } = request.facts.context;
    if (!versions.some(({ terms }) => terms.bonuses.lifetimeValues.length > 0)) return;
    const { untilMs } = await readBonusPartner(tx, request.partnerId);
    // Before the first run nothing was booked, and that run looks at all that is due.
    if (untilMs !== undefined) await this.bring(tx, { ...request, untilMs }, actor);
  }
}

/** What is known of a partner beside its events and agreements, and up to when its bonuses are booked. */
export async function readBonusPartner(tx: Transaction, partnerId: string): Promise<BonusFacts> {
  const row = await rowOf<{ activated_at: Date | null; bonuses_until: Date | null }>(
    tx,
    `select p.activated_at, t.bonuses_until from partners p
     left join partner_timelines t on t.partner_id = p.id where p.id = $1`,
    [partnerId],
  );
  const suspensions = await rowsOf<{ from_at: Date; until_at: Date | null }>(
    tx,
    `select from_at, until_at from partner_suspensions where partner_id = $1 order by from_at`,
    [partnerId],
  );
  const accepted = await rowsOf<{ deliverable: string; accepted_at: Date }>(
    tx,
    `select deliverable, accepted_at from accepted_deliverables where partner_id = $1 order by accepted_at, id`,
    [partnerId],
  );
  return {
    activatedAtMs: row?.activated_at?.getTime(),
    untilMs: row?.bonuses_until?.getTime(),
    suspensions: suspensions.map(({ from_at, until_at }) => {
      return { fromMs: from_at.getTime(), untilMs: until_at?.getTime() };
    }),
    accepted: accepted.map((each) => {
      return { deliverable: each.deliverable, acceptedAtMs: each.accepted_at.getTime() };
    }),
  };
}

/** The customers to look at; undefined for all of them. A few more than needed do no harm: they are found as they stand. */
export async function valuedCustomers(
  tx: Transaction,
  partnerId: string,
  { versions }: PricingContext,
  customers: ValuedCustomers,
  [sinceMs, untilMs]: [number | undefined, number],
): Promise<readonly string[] | undefined> {
  const bonuses = versions.flatMap(({ terms }) => terms.bonuses.lifetimeValues);
  if (bonuses.length === 0) return [];
  if (typeof customers !== 'string') return customers;
  if (customers === 'all' || sinceMs === undefined) return undefined;
  const due = new Set<string>();
  for (const { dueMs } of bonuses) {
    const from = new Date(sinceMs - (dueMs(sinceMs) - sinceMs) - calendarMarginMs);
    const until = new Date(untilMs - (dueMs(untilMs) - untilMs) + calendarMarginMs);
    for (const customer of await customersBetween(tx, partnerId, { from, until })) due.add(customer);
  }
  return [...due];
}
