import { saleType } from '../../tracking/domain/index.js';
import { versionAt, type AgreementPeriod } from './agreement-periods.js';
import { lifetimeValue, type ValuedSale } from './bonuses.js';
import type { CompiledLifetimeValue } from './compile-bonuses.js';
import { gatherFacts, type PricingContext } from './price-event.js';
import type { PricedEvent } from './priced-event.js';
import type { Reversal } from './reverse.js';

/** A lifetime-value line: its event is the customer's first sale. */
export interface CustomerValue {
  readonly bonus: CompiledLifetimeValue;
  readonly version: AgreementPeriod;
  readonly eventId: string;
  /** When it fell due; epoch milliseconds. */
  readonly occurredAtMs: number;
  /** Minor units of the terms' currency; never 0. */
  readonly amountMinor: bigint;
}

/** The lifetime values of one customer up to an instant, which is included; each belongs to the version in force when it fell due. */
export function* valuesOfCustomer(
  first: { readonly id: string; readonly occurredAtMs: number },
  sales: () => Iterable<ValuedSale>,
  { versions, rates }: Pick<PricingContext, 'versions' | 'rates'>,
  untilMs: number,
): Generator<CustomerValue> {
  for (const version of versions) {
    const { bonuses, currency } = version.terms;
    for (const bonus of bonuses.lifetimeValues) {
      const dueMs = bonus.dueMs(first.occurredAtMs);
      if (dueMs > untilMs || versionAt(versions, dueMs) !== version) continue;
      const amountMinor = lifetimeValue(bonus, sales(), { dueMs, currency, rates });
      if (amountMinor !== 0n) yield { bonus, version, eventId: first.id, occurredAtMs: dueMs, amountMinor };
    }
  }
}

/** The lifetime values of all customers of a partner, from its events in the order of time. */
export function* customerValues(
  events: readonly PricedEvent[],
  reversalsOf: (eventId: string) => readonly Reversal[],
  context: PricingContext,
  untilMs: number,
): Generator<CustomerValue> {
  if (!context.versions.some(({ terms }) => terms.bonuses.lifetimeValues.length > 0)) return;
  const byCustomer = new Map<string, PricedEvent[]>();
  for (const event of events) {
    if (event.type !== saleType || event.customer === undefined || isHeldSale(event, context)) continue;
    const own = byCustomer.get(event.customer);
    if (own) own.push(event);
    else byCustomer.set(event.customer, [event]);
  }
  for (const own of byCustomer.values()) {
    const sales = (): ValuedSale[] => own.map((sale) => ({ ...valued(sale), reversals: reversalsOf(sale.id) }));
    yield* valuesOfCustomer(own[0]!, sales, context, untilMs);
  }
}

/** What is held is in nobody's history (terms.md, Pricing 8). */
function isHeldSale(event: PricedEvent, context: PricingContext): boolean {
  return gatherFacts(event, { firstSales: new Map() }, context).held !== undefined;
}

function valued({ occurredAtMs, amountMinor, currency, share }: PricedEvent): Omit<ValuedSale, 'reversals'> {
  return { occurredAtMs, amountMinor, currency, share };
}
