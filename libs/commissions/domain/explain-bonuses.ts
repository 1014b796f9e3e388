import type { AgreementPeriod, Stretch } from './agreement-periods.js';
import { lastsAt, versionAt } from './agreement-periods.js';
import {
  bonusEventId,
  fixedBonuses,
  lifetimeValue,
  netBefore,
  participationBonuses,
  type AcceptedDeliverable,
  type ValuedSale,
} from './bonuses.js';
import type {
  CompiledLifetimeValue,
  CompiledParticipation,
  CompiledRetainer,
  CompiledUpfront,
} from './compile-bonuses.js';
import { addCalendarDuration } from '../../kernel/calendar.js';
import { formatMoney } from '../../kernel/money.js';
import type { PricingContext } from './price-event.js';

/** Why a bonus that fell due gives nothing. */
export type NoBonusReason =
  | 'no_agreement' // none was in force at that instant
  | 'not_in_terms' // the agreement in force at that instant has no such bonus
  | 'suspended'
  | 'not_yet_due'
  | 'zero';

/** Why a bonus that waits for no event of its own gives what it does, or nothing (terms.md, Pricing 9). It is plain JSON. */
export interface BonusTrace {
  bonus: string;
  clause: string;
  kind: 'upfront' | 'retainer' | 'participation' | 'lifetime_value';
  /** Its event: `<bonus id>@<instant>`, or the first sale of the customer. */
  event: string;
  /** When it falls due. */
  dueAt: string;
  outcome: 'line' | NoBonusReason;
  agreement: { versionId?: string; termsHash: string; currency: string };
  /** Of upfront and retainer: from when it is counted; of a retainer, how often `every` has passed by then. */
  activatedAt?: string;
  every?: string;
  number?: number;
  deliverable?: string;
  /** Of a lifetime value: the rate in percent, and what the customer bought before it fell due, less what was taken back. */
  rate?: string;
  /** `convertedMinor` is null where there is no exchange rate of the sale's day: such a sale is counted nowhere. */
  sales?: { event: string; netMinor: number; currency: string; convertedMinor: number | null }[];
  boughtMinor?: number;
  /** Minor units of the terms' currency. */
  amountMinor: number;
  /** The same for a person. */
  sentence: string;
}

/** What is known of a partner beside its events and agreements. Epoch milliseconds. */
export interface BonusFacts {
  readonly activatedAtMs: number | undefined;
  readonly suspensions: readonly Stretch[];
  readonly accepted: readonly AcceptedDeliverable[];
  /** Up to when bonuses are booked; undefined while none were. */
  readonly untilMs: number | undefined;
}

/** What falls due later than this after all that is booked is not counted up to. */
const farAheadMs = 5 * 366 * 86_400_000;

type OwnBonus =
  | { kind: 'upfront'; bonus: CompiledUpfront }
  | { kind: 'retainer'; bonus: CompiledRetainer }
  | { kind: 'participation'; bonus: CompiledParticipation };

/**
 * Explains a bonus whose event is its own, by the bonus's id and the instant (epoch milliseconds) at which it falls due. Whether
 * it gives a line is asked of the functions that book it. Undefined where the partner was never promised such a bonus, or
 * nothing of it falls due then.
 */
export function explainOwnBonus(
  { versions }: Pick<PricingContext, 'versions'>,
  { bonusId, dueMs }: { bonusId: string; dueMs: number },
  facts: BonusFacts,
): BonusTrace | undefined {
  if (dueMs > Math.max(facts.untilMs ?? 0, facts.activatedAtMs ?? 0) + farAheadMs) return undefined;
  const inForce = versionAt(versions, dueMs);
  const promising = [...(inForce ? [inForce] : []), ...[...versions].reverse()].find((each) => ownBonus(each, bonusId));
  const own = promising && ownBonus(promising, bonusId);
  const due = own && dueOf(own, dueMs, promising, facts);
  if (!due) return undefined;
  const event = bonusEventId(bonusId, dueMs);
  const { activatedAtMs, suspensions, accepted } = facts;
  const fixed =
    activatedAtMs === undefined ? [] : [...fixedBonuses({ versions }, { activatedAtMs, suspensions, untilMs: dueMs })];
  const line = [...fixed, ...participationBonuses({ versions }, accepted, dueMs)].find(
    ({ bonus, eventId }) => bonus.id === bonusId && eventId === event,
  );
  const { untilMs = -Infinity } = facts;
  const reason = !line
    ? reasonWithout(
        inForce,
        bonusId,
        suspensions.some((each) => lastsAt(each, dueMs)),
      )
    : dueMs > untilMs
      ? 'not_yet_due'
      : undefined;
  const { terms } = promising;
  const amountMinor = reason || !line ? 0n : line.amountMinor;
  const name = `Bonus ${bonusId} (clause ${own.bonus.clause})`;
  const gives = `gives ${formatMoney(own.bonus.amountMinor, terms.currency)} ${due.what}`;
  return {
    ...{ bonus: bonusId, clause: own.bonus.clause, kind: own.kind, event, dueAt: instant(dueMs) },
    ...{ outcome: reason ?? 'line', agreement: agreementOf(promising), ...due.told, amountMinor: Number(amountMinor) },
    sentence: `${name} ${gives}; ${reason ? `nothing is given: ${reasonWords[reason]}` : due.this}.`,
  };
}

function reasonWithout(inForce: AgreementPeriod | undefined, bonusId: string, isSuspended: boolean): NoBonusReason {
  if (!inForce) return 'no_agreement';
  if (!ownBonus(inForce, bonusId)) return 'not_in_terms';
  return isSuspended ? 'suspended' : 'zero';
}

const reasonWords: Readonly<Record<NoBonusReason, string>> = {
  no_agreement: 'no agreement was in force when it fell due',
  not_in_terms: 'the agreement that was in force when it fell due has no such bonus',
  suspended: 'the partner was suspended when it fell due',
  not_yet_due: 'it is booked by the first cut-off after it falls due',
  zero: 'what it comes to is zero',
};

function ownBonus({ terms: { bonuses } }: AgreementPeriod, bonusId: string): OwnBonus | undefined {
  const named = <Bonus extends { readonly id: string }>(list: readonly Bonus[]): Bonus | undefined =>
    list.find(({ id }) => id === bonusId);
  const upfront = named(bonuses.upfront);
  if (upfront) return { kind: 'upfront', bonus: upfront };
  const retainer = named(bonuses.retainers);
  if (retainer) return { kind: 'retainer', bonus: retainer };
  const participation = named(bonuses.participations);
  return participation && { kind: 'participation', bonus: participation };
}

interface Due {
  readonly told: Partial<BonusTrace>;
  /** What the bonus is for, and what this line is for, in words. */
  readonly what: string;
  readonly this: string;
}

/** What a bonus was due for at an instant; undefined where nothing of it falls due then. */
function dueOf(
  own: OwnBonus,
  dueMs: number,
  { terms: { timeZone } }: AgreementPeriod,
  { activatedAtMs, accepted }: BonusFacts,
): Due | undefined {
  if (own.kind === 'participation') {
    const { deliverable } = own.bonus;
    if (!accepted.some((each) => each.deliverable === deliverable && each.acceptedAtMs === dueMs)) return undefined;
    const what = `for each ${deliverable} that is accepted`;
    return { told: { deliverable }, what, this: `this one was accepted at ${instant(dueMs)}` };
  }
  if (activatedAtMs === undefined) return undefined;
  const activatedAt = instant(activatedAtMs);
  if (own.kind === 'upfront') {
    if (dueMs !== activatedAtMs) return undefined;
    return { told: { activatedAt }, what: 'at the activation of the partner', this: `that was at ${activatedAt}` };
  }
  const { every } = own.bonus;
  for (let number = 1; ; number += 1) {
    const atMs = addCalendarDuration(new Date(activatedAtMs), every, timeZone, number).getTime();
    if (atMs > dueMs) return undefined;
    if (atMs < dueMs) continue;
    const what = `after every ${every} counted from the activation at ${activatedAt}`;
    return { told: { activatedAt, every, number }, what, this: `this is number ${number}, of ${instant(dueMs)}` };
  }
}

/** A sale of a customer with its id. */
export type NamedSale = ValuedSale & { readonly id: string };

/**
 * Explains the lifetime values of a customer whose first sale is given: what fell due or will, and of which sales. `sales` are all
 * of the customer that count, the first one included.
 */
export function explainCustomerValues(
  first: { readonly id: string; readonly occurredAtMs: number },
  sales: readonly NamedSale[],
  context: Pick<PricingContext, 'versions' | 'rates'>,
  untilMs: number | undefined,
): BonusTrace[] {
  const traces: BonusTrace[] = [];
  for (const version of context.versions) {
    for (const bonus of version.terms.bonuses.lifetimeValues) {
      const dueMs = bonus.dueMs(first.occurredAtMs);
      const inForce = versionAt(context.versions, dueMs);
      // A later version speaks for itself; the one of the first sale is where a promise that came to nothing stands.
      const isToldHere = inForce ? inForce === version : versionAt(context.versions, first.occurredAtMs) === version;
      if (!isToldHere) continue;
      const isBooked = untilMs !== undefined && dueMs <= untilMs;
      traces.push(
        valueTrace(first.id, bonus, sales, { ...context, version, dueMs, isPromised: inForce === version, isBooked }),
      );
    }
  }
  return traces;
}

function valueTrace(
  event: string,
  bonus: CompiledLifetimeValue,
  sales: readonly NamedSale[],
  at: Pick<PricingContext, 'rates'> & {
    version: AgreementPeriod;
    dueMs: number;
    isPromised: boolean;
    isBooked: boolean;
  },
): BonusTrace {
  const { rates, version, dueMs, isPromised, isBooked } = at;
  const { currency } = version.terms;
  const counted = sales.filter(({ occurredAtMs }) => occurredAtMs < dueMs);
  const parts = counted.map((sale) => {
    const net = netBefore(sale, dueMs);
    const converted = rates.convert(net, sale.currency, currency, sale.occurredAtMs);
    return { event: sale.id, netMinor: net, currency: sale.currency, convertedMinor: converted };
  });
  const boughtMinor = parts.reduce((sum, { convertedMinor = 0n }) => sum + convertedMinor, 0n);
  const worthMinor = lifetimeValue(bonus, counted, { dueMs, currency, rates });
  const reason: NoBonusReason | undefined = !isPromised
    ? 'no_agreement'
    : !isBooked
      ? 'not_yet_due'
      : worthMinor === 0n
        ? 'zero'
        : undefined;
  const money = (minor: bigint): string => formatMoney(minor, currency);
  const bought = `${bonus.rate} % of what the customer of event ${event} bought before ${instant(dueMs)}, which is ${money(boughtMinor)}`;
  const outcome = reason ? `nothing is given: ${reasonWords[reason]}` : `that is ${money(worthMinor)}`;
  return {
    ...{ bonus: bonus.id, clause: bonus.clause, kind: 'lifetime_value', event, dueAt: instant(dueMs) },
    ...{ outcome: reason ?? 'line', agreement: agreementOf(version), rate: bonus.rate },
    sales: parts.map(({ netMinor, convertedMinor, ...part }) => ({
      ...part,
      netMinor: Number(netMinor),
      convertedMinor: convertedMinor === undefined ? null : Number(convertedMinor),
    })),
    boughtMinor: Number(boughtMinor),
    amountMinor: reason ? 0 : Number(worthMinor),
    sentence: `Bonus ${bonus.id} (clause ${bonus.clause}) gives ${bought}; ${outcome}.`,
  };
}

function agreementOf({ versionId, terms: { hash, currency } }: AgreementPeriod): BonusTrace['agreement'] {
  return { ...(versionId !== undefined && { versionId }), termsHash: hash, currency };
}

function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}
