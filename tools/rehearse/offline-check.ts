import { writeFileSync } from 'node:fs';
import { termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { compileTerms, RateTable, type TierPeriod } from '../../libs/commissions/domain/index.js';
import { formatMoney } from '../../libs/kernel/money.js';
import { parseEvent } from '../../libs/tracking/domain/index.js';
import { EventStore } from '../simulate/event-store.js';
import { PartnerTotals, type PartnerTotal } from '../simulate/partner-totals.js';
import { Simulation } from '../simulate/simulation.js';
import type { RehearsedEvent } from './events.js';

/** What the live service was told or has recorded, and the engine alone must be given. */
export interface OfflineFacts {
  terms: Terms;
  /** The tiers that reviews have recorded, by the partner's reference. */
  tiers: ReadonlyMap<string, readonly TierPeriod[]>;
  /** The last cut-off: bonuses that fall due by themselves are booked up to it, and without any none are. */
  lastCutOff: Date | undefined;
}

/** What each partner earns by the pure engine that `simulate` runs, with no server. */
export function priceOffline(
  events: readonly { body: RehearsedEvent['body']; source: { line: number } }[],
  { terms, tiers, lastCutOff }: OfflineFacts,
): PartnerTotals {
  const store = new EventStore();
  for (const { body, source } of events) store.add(parseEvent(body, 'refuse'), source.line);
  // What falls due at a cut-off counts at the next one.
  const asOfMs = lastCutOff === undefined ? -Infinity : lastCutOff.getTime() - 1;
  const facts = { terms: compileTerms(terms, termsHash(terms)), tiers, rates: new RateTable(), asOfMs };
  const totals = new PartnerTotals();
  for (const { partner, amountMinor } of new Simulation(store, facts).lines()) {
    totals.add(partner, terms.currency, amountMinor);
  }
  return totals;
}

/**
 * How the live service's sums differ from the pure engine's, by partner and currency and to the minor unit, in words;
 * empty where they are the same.
 */
export function differences(live: PartnerTotals, offline: PartnerTotals): string[] {
  const onlyOffline = offline.sorted().filter(({ partner, currency }) => !live.of(partner, currency));
  return [...live.sorted(), ...onlyOffline].flatMap(({ partner, currency }) => {
    const [left, right] = [live.of(partner, currency), offline.of(partner, currency)];
    if (left?.amountMinor === right?.amountMinor && left?.lines === right?.lines) return [];
    return `${partner} earned ${inWords(left, currency)}, and ${inWords(right, currency)} by the engine alone`;
  });
}

function inWords(total: PartnerTotal | undefined, currency: string): string {
  const { amountMinor, lines } = total ?? { amountMinor: 0n, lines: 0 };
  return `${formatMoney(amountMinor, currency)} in ${lines} lines`;
}

/** Writes events one JSON object a line, as `simulate` reads them. */
export function writeEvents(file: string, events: readonly RehearsedEvent[]): void {
  writeFileSync(file, events.map(({ body }) => `${JSON.stringify(body)}\n`).join(''));
}
