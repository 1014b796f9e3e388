import type { CompiledRule } from './compile-terms.js';
import { isHeld, type AgreementPeriod, type PricingOutcome } from './price-event.js';
import type { PricedEvent } from './priced-event.js';
import type { OriginalLine, Reversal, ReversalOutcome, ReversedOriginal } from './reverse.js';

/** A commission or its reversal, as it is posted. Its key within a partner is (`eventId`, `ruleId`). */
export interface CommissionLine {
  kind: 'commission' | 'reversal';
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
  { rule, amountMinor, reason }: PricingOutcome,
): ReversedOriginal {
  return {
    kind: 'conversion',
    occurredAtMs: event.occurredAtMs,
    amountMinor: event.amountMinor,
    line: rule && !reason ? { amountMinor, reversal: reversalOf(rule) } : undefined,
    held: isHeld(reason),
  };
}

/** How a rule's line is taken back: flat amounts whole, all others in proportion (terms.md, Pricing 7). */
export function reversalOf(rule: CompiledRule): OriginalLine['reversal'] {
  return rule.reward.kind === 'flat' ? 'whole' : 'proportional';
}

/** The line that an event earned; undefined where the outcome has none. */
export function commissionLine(
  event: PricedEvent<unknown>,
  { version, rule, amountMinor, reason }: PricingOutcome,
): CommissionLine | undefined {
  if (!version || !rule || reason) return undefined;
  return { kind: 'commission', ...common(event, version, rule), amountMinor };
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
  rule: CompiledRule,
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
