import { termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { compileTerms, RateTable } from '../../libs/commissions/domain/index.js';
import { parseEvent } from '../../libs/tracking/domain/index.js';
import { EventStore } from '../simulate/event-store.js';
import { Simulation } from '../simulate/simulation.js';
import type { RehearsedEvent } from './events.js';

const shownDifferences = 10;

/** What each partner earns by the pure engine, with no server: minor units by the program's reference. */
export function priceOffline(
  events: readonly { body: RehearsedEvent['body']; source: { line: number } }[],
  terms: Terms,
): Map<string, number> {
  const store = new EventStore();
  for (const { body, source } of events) store.add(parseEvent(body, 'refuse'), source.line);
  const facts = { terms: compileTerms(terms, termsHash(terms)), tiers: new Map<string, []>(), rates: new RateTable() };
  const sums = new Map<string, number>();
  for (const { partner, amountMinor } of new Simulation(store, facts).lines()) {
    sums.set(partner, (sums.get(partner) ?? 0) + amountMinor);
  }
  return sums;
}

/** How the live service's sums differ from the pure engine's, in words; empty where they are the same. */
export function differences(live: Readonly<Record<string, number>>, offline: ReadonlyMap<string, number>): string[] {
  const partners = new Set([...Object.keys(live), ...offline.keys()]);
  const differing = [...partners].filter((partner) => (live[partner] ?? 0) !== (offline.get(partner) ?? 0)).sort();
  const shown = differing
    .slice(0, shownDifferences)
    .map((partner) => `${partner} earned ${live[partner] ?? 0}, and ${offline.get(partner) ?? 0} by the engine alone`);
  const more = differing.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more partners`] : shown;
}
