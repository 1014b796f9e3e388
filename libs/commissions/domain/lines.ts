import type { AgreementPeriod } from './agreement-periods.js';
import type { CompiledRule } from './compile-terms.js';
import { isHeld, type PricingOutcome } from './price-event.js';
import type { PricedEvent } from './priced-event.js';
import type { OriginalLine, Reversal, ReversalOutcome, ReversedOriginal } from './reverse.js';

/** A line as it is posted. Its key within a partner is (`eventId`, `ruleId`), for a milestone with its step. */
export interface CommissionLine {
  /** A credit goes to the partner's credit account; a bonus has an event that was there for something else, or of its own. */
  kind: 'commission' | 'credit' | 'bonus' | 'reversal';
  /** The conversion for a commission; the refund or void for a reversal. */
  eventId: string;
  /** The conversion that a reversal takes back. */
  of?: string;
  ruleId: string;
  /** The clause of the signed contract. */
  clause: string;
  termsHash: string;
  versionId?: string;
  /** Minor units of `currency`; negative for a reversal, never 0. */
  amountMinor: bigint;
  /** The currency of the terms. */
  currency: string;
  occurredAt: Date;
  /** The month of `occurredAt` in the terms' zone, `YYYY-MM`. */
  period: string;
}

/** A priced event as its refunds and voids are judged against it. */
export function reversedOriginal(
  event: PricedEvent<unknown>,
  { rule, amountMinor, reason }: Pick<PricingOutcome, 'rule' | 'amountMinor' | 'reason'>,
): ReversedOriginal {
  return {
    kind: 'conversion',
    occurredAtMs: event.occurredAtMs,
    // Refunds speak of the whole event; of a share they take back the same proportion.
    amountMinor: event.share?.wholeMinor ?? event.amountMinor,
    line: rule && !reason ? { amountMinor, reversal: reversalOf(rule) } : undefined,
    held: isHeld(reason),
  };
}

/** How a rule's line is taken back: flat amounts and credits whole, all others in proportion (terms.md, Pricing 7). */
export function reversalOf({ reward }: CompiledRule): OriginalLine['reversal'] {
  return reward.kind === 'flat' || reward.kind === 'credit' ? 'whole' : 'proportional';
}

/** Of which kind the lines of a rule are. */
export function kindOf({ reward }: CompiledRule): 'commission' | 'credit' {
  return reward.kind === 'credit' ? 'credit' : 'commission';
}

/** The line that an event earned; undefined where the outcome has none. */
export function commissionLine(
  event: PricedEvent<unknown>,
  { version, rule, amountMinor, reason }: PricingOutcome,
): CommissionLine | undefined {
  if (!version || !rule || reason) return undefined;
  return { kind: kindOf(rule), ...common(event, version, rule), amountMinor };
}

/** The lines of the milestones that an event reached; none is taken back with it. */
export function milestoneLines(
  event: PricedEvent<unknown>,
  { version, milestones }: PricingOutcome,
): (CommissionLine & { step: bigint })[] {
  if (!version) return [];
  return milestones.map(({ bonus, at, amountMinor }) => {
    return { kind: 'bonus', ...common(event, version, bonus), amountMinor, step: at };
  });
}

/** The line of a bonus that falls due by the calendar or by a decision. */
export function bonusLine({
  bonus,
  version,
  amountMinor,
  eventId,
  occurredAtMs,
}: {
  readonly bonus: { readonly id: string; readonly clause: string };
  readonly version: AgreementPeriod;
  readonly eventId: string;
  readonly occurredAtMs: number;
  readonly amountMinor: bigint;
}): CommissionLine {
  return { kind: 'bonus', ...common({ id: eventId, occurredAtMs }, version, bonus), amountMinor };
}

/** The line of a refund or void of an event that was priced by `priced`; undefined where it takes nothing back. */
export function reversalLine(
  reversal: Reversal,
  outcome: ReversalOutcome,
  originalId: string,
  { version, rule }: PricingOutcome,
): CommissionLine | undefined {
  if (!version || !rule || outcome.reason) return undefined;
  return { kind: 'reversal', ...common(reversal, version, rule), of: originalId, amountMinor: outcome.amountMinor };
}

function common(
  event: { id: string; occurredAtMs: number },
  { terms, versionId }: AgreementPeriod,
  rule: { readonly id: string; readonly clause: string },
) {
  return {
    eventId: event.id,
    ruleId: rule.id,
    clause: rule.clause,
    termsHash: terms.hash,
    ...(versionId !== undefined && { versionId }),
    currency: terms.currency,
    occurredAt: new Date(event.occurredAtMs),
    period: terms.monthOf(event.occurredAtMs),
  };
}
