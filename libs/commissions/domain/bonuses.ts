import { addCalendarDuration } from '../../kernel/calendar.js';
import { partOf, type EventShare } from '../../tracking/domain/index.js';
import { divideHalfEven } from '../../kernel/rounding.js';
import { lastsAt, versionAt, type AgreementPeriod, type Stretch } from './agreement-periods.js';
import type {
  CompiledLifetimeValue,
  CompiledParticipation,
  CompiledRetainer,
  CompiledUpfront,
} from './compile-bonuses.js';
import type { RateTable } from './rate-table.js';
import { judgeReversal, nothingReversed, type Reversal, type ReversalState } from './reverse.js';
import { byTime } from './priced-event.js';

/** A line of a bonus that no event of its own gave. */
export interface BonusLine<Bonus = CompiledUpfront | CompiledRetainer | CompiledParticipation> {
  readonly bonus: Bonus;
  readonly version: AgreementPeriod;
  /** `<bonus id>@<occurredAt>`. */
  readonly eventId: string;
  /** Epoch milliseconds. */
  readonly occurredAtMs: number;
  /** Minor units of the terms' currency; never 0. */
  readonly amountMinor: bigint;
}

/**
 * The upfront and retainer lines of a partner up to an instant, which is included (terms.md, Pricing 9). Each belongs to the
 * version in force at its own instant; a retainer falls due after each `every` counted from the activation.
 */
export function* fixedBonuses(
  { versions }: { readonly versions: readonly AgreementPeriod[] },
  { activatedAtMs, suspensions, untilMs }: { activatedAtMs: number; suspensions: readonly Stretch[]; untilMs: number },
): Generator<BonusLine> {
  const first = activatedAtMs <= untilMs ? versionAt(versions, activatedAtMs) : undefined;
  for (const bonus of first?.terms.bonuses.upfront ?? []) yield* line(bonus, first!, activatedAtMs);
  for (const version of versions) {
    const lastMs = Math.min(untilMs, (version.untilMs ?? Infinity) - 1);
    for (const bonus of version.terms.bonuses.retainers) {
      for (let times = 1; ; times += 1) {
        const { timeZone } = version.terms;
        const dueMs = addCalendarDuration(new Date(activatedAtMs), bonus.every, timeZone, times).getTime();
        if (dueMs > lastMs) break;
        if (dueMs >= version.fromMs && !suspensions.some((each) => lastsAt(each, dueMs)))
          yield* line(bonus, version, dueMs);
      }
    }
  }
}

/**
 * The upfront and retainer lines that a simulation gives one partner: as if it had been activated at an instant and never
 * suspended; none where nobody says when.
 */
export function simulatedBonuses(
  context: { readonly versions: readonly AgreementPeriod[] },
  { activatedAtMs, untilMs }: { activatedAtMs: number | undefined; untilMs: number },
): Iterable<BonusLine> {
  return activatedAtMs === undefined ? [] : fixedBonuses(context, { activatedAtMs, suspensions: [], untilMs });
}

/** What a partner was asked for and delivered, and when it was accepted (epoch milliseconds). */
export interface AcceptedDeliverable {
  readonly deliverable: string;
  readonly acceptedAtMs: number;
}

/** The lines of deliverables that were accepted up to an instant, which is included; each by the version in force then. */
export function* participationBonuses(
  { versions }: { readonly versions: readonly AgreementPeriod[] },
  accepted: Iterable<AcceptedDeliverable>,
  untilMs: number,
): Generator<BonusLine<CompiledParticipation>> {
  for (const { deliverable, acceptedAtMs } of accepted) {
    const version = acceptedAtMs <= untilMs ? versionAt(versions, acceptedAtMs) : undefined;
    for (const bonus of version?.terms.bonuses.participations ?? []) {
      if (bonus.deliverable === deliverable) yield* line(bonus, version!, acceptedAtMs);
    }
  }
}

function* line<Bonus extends CompiledUpfront | CompiledRetainer | CompiledParticipation>(
  bonus: Bonus,
  version: AgreementPeriod,
  occurredAtMs: number,
): Generator<BonusLine<Bonus>> {
  const { id, amountMinor } = bonus;
  if (amountMinor > 0n) yield { bonus, version, eventId: bonusEventId(id, occurredAtMs), occurredAtMs, amountMinor };
}

/** The id of the event that a bonus of its own instant stands for. */
export function bonusEventId(bonusId: string, occurredAtMs: number): string {
  return `${bonusId}@${instantText(occurredAtMs)}`;
}

/** An instant (epoch milliseconds) in UTC, without milliseconds where it has none. */
export function instantText(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

/** A sale of a customer, with the refunds and voids that name it. */
export interface ValuedSale {
  /** Epoch milliseconds. */
  readonly occurredAtMs: number;
  /** Minor units of `currency`. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Set where `amountMinor` is a share of the sale; its reversals speak of the whole. */
  readonly share?: EventShare | undefined;
  readonly reversals: readonly Reversal[];
}

/**
 * The bonus for what a customer bought before `dueMs`, less what was taken back of it before (terms.md, Pricing 9). Each sale is
 * converted as one net amount, at the rate of its own date; one without a rate is counted nowhere. Minor units of `currency`.
 */
export function lifetimeValue(
  { numerator, denominator }: CompiledLifetimeValue,
  sales: Iterable<ValuedSale>,
  { dueMs, currency, rates }: { dueMs: number; currency: string; rates: RateTable },
): bigint {
  let boughtMinor = 0n;
  for (const sale of sales) {
    if (sale.occurredAtMs >= dueMs) continue;
    const net = netBefore(sale, dueMs);
    boughtMinor += rates.convert(net, sale.currency, currency, sale.occurredAtMs) ?? 0n;
  }
  return divideHalfEven(boughtMinor * numerator, denominator);
}

/** What is left of a sale once everything before an instant was taken back, in minor units of its own currency. */
export function netBefore(sale: ValuedSale, beforeMs: number): bigint {
  const { voided, refundedMinor } = takenBackBefore(sale, beforeMs);
  if (voided) return 0n;
  return sale.share ? partOf(sale.share, sale.share.wholeMinor - refundedMinor) : sale.amountMinor - refundedMinor;
}

/** How far a sale was taken back before an instant. */
export function takenBackBefore({ reversals, ...sale }: ValuedSale, beforeMs: number): ReversalState {
  const state = nothingReversed();
  if (reversals.length === 0) return state;
  const original = { kind: 'conversion' as const, ...sale, amountMinor: sale.share?.wholeMinor ?? sale.amountMinor };
  for (const reversal of [...reversals].sort(byTime)) {
    if (reversal.occurredAtMs < beforeMs) judgeReversal(original, reversal, state);
  }
  return state;
}
