import { divideHalfEven } from '../../kernel/rounding.js';
import { byTime } from './priced-event.js';

/** An event that was priced, as its refunds and voids see it. */
export interface ReversedOriginal {
  readonly kind: 'conversion';
  /** Epoch milliseconds. */
  readonly occurredAtMs: number;
  /** The event's amount in minor units of its own currency, in which refunds count too. */
  readonly amountMinor: bigint;
  /** Its line; absent where it has none. */
  readonly line?: OriginalLine | undefined;
  /** Held for want of an exchange rate: priced for nobody, so nothing is taken back either. */
  readonly held?: boolean | undefined;
}

export interface OriginalLine {
  /** Minor units of the terms' currency, positive. */
  readonly amountMinor: bigint;
  /** Percent lines are taken back in proportion; flat ones whole, at the full refund. */
  readonly reversal: 'proportional' | 'whole';
}

/** What a refund or void may name: a conversion, or by mistake another refund or void. */
export type Original = ReversedOriginal | { readonly kind: 'refund' | 'void' };

/** A refund (with its amount in minor units of the original's currency) or a void. */
export type Reversal =
  | { readonly kind: 'refund'; readonly id: string; readonly occurredAtMs: number; readonly amountMinor: bigint }
  | { readonly kind: 'void'; readonly id: string; readonly occurredAtMs: number };

/** Why a refund or void writes no line. */
export type NoReversalReason =
  | 'refund_of_refund'
  | 'refund_of_void'
  | 'void_of_refund'
  | 'void_of_void'
  | 'no_rate' // its event is held
  | 'refund_of_priceless' // its event's amount is 0
  | 'refund_before_event'
  | 'void_before_event'
  | 'refund_after_void'
  | 'void_after_void'
  | 'refund_exceeds' // together with those before it, more than the event's amount
  | 'refund_without_line'
  | 'void_without_line'
  | 'refund_partial' // a flat line is taken back only with the whole amount
  | 'zero';

/** How far an original has been taken back; the judgement of each reversal moves it. */
export interface ReversalState {
  /** Minor units of the original's currency. */
  refundedMinor: bigint;
  /** Minor units of the terms' currency. */
  reversedMinor: bigint;
  voided: boolean;
}

/** What became of a refund or void, and the numbers that say why. */
export interface ReversalOutcome {
  /** The reversal line: negative, in minor units of the terms' currency; 0 without one. */
  readonly amountMinor: bigint;
  readonly reason: NoReversalReason | undefined;
  /** Whether it counts: one that does may write no line all the same. */
  readonly effective: boolean;
  /** What was refunded of the original with this one, in minor units of its currency. */
  readonly refundedMinor: bigint;
  /** What was taken back of its line with this one, in minor units of the terms' currency. */
  readonly reversedMinor: bigint;
}

/** A refund or void with its judgement. */
export interface JudgedReversal<R extends Reversal = Reversal> {
  readonly reversal: R;
  readonly outcome: ReversalOutcome;
}

/** The state of an original that nothing has been taken back of. */
export function nothingReversed(): ReversalState {
  return { refundedMinor: 0n, reversedMinor: 0n, voided: false };
}

/** Judges all refunds and voids of one original, in whatever order they come (terms.md, Pricing 7). */
export function reverse<R extends Reversal>(original: Original, reversals: readonly R[]): JudgedReversal<R>[] {
  const state = nothingReversed();
  return [...reversals]
    .sort(byTime)
    .map((reversal) => ({ reversal, outcome: judgeReversal(original, reversal, state) }));
}

/** Judges the next refund or void of an original, in the order of `byTime`, and moves `state` over it. */
export function judgeReversal(original: Original, reversal: Reversal, state: ReversalState): ReversalOutcome {
  const ineffective = reasonForNoEffect(original, reversal, state);
  if (ineffective) return outcomeOf(state, 0n, ineffective, false);
  if (reversal.kind === 'void') state.voided = true;
  else state.refundedMinor += reversal.amountMinor;

  const { amountMinor, line } = original as ReversedOriginal;
  if (!line) return outcomeOf(state, 0n, `${reversal.kind}_without_line`, true);
  const target = reversedSoFar(line, amountMinor, state);
  const amount = target - state.reversedMinor;
  state.reversedMinor = target;
  if (amount > 0n) return outcomeOf(state, -amount, undefined, true);
  const waits = line.reversal === 'whole' && state.refundedMinor < amountMinor && !state.voided;
  return outcomeOf(state, 0n, waits ? 'refund_partial' : 'zero', true);
}

function reasonForNoEffect(
  original: Original,
  reversal: Reversal,
  { refundedMinor, voided }: ReversalState,
): NoReversalReason | undefined {
  const { kind } = reversal;
  if (original.kind !== 'conversion') return `${kind}_of_${original.kind}`;
  if (original.held) return 'no_rate';
  if (kind === 'refund' && original.amountMinor === 0n) return 'refund_of_priceless';
  if (reversal.occurredAtMs < original.occurredAtMs) return `${kind}_before_event`;
  if (voided) return `${kind}_after_void`;
  if (kind === 'refund' && refundedMinor + reversal.amountMinor > original.amountMinor) return 'refund_exceeds';
  return undefined;
}

/** How much of the line is taken back in all, once what `state` says was refunded or voided. */
function reversedSoFar(line: OriginalLine, eventMinor: bigint, { refundedMinor, voided }: ReversalState): bigint {
  if (voided || refundedMinor === eventMinor) return line.amountMinor;
  if (line.reversal === 'whole') return 0n;
  return divideHalfEven(line.amountMinor * refundedMinor, eventMinor);
}

function outcomeOf(
  { refundedMinor, reversedMinor }: ReversalState,
  amountMinor: bigint,
  reason: NoReversalReason | undefined,
  effective: boolean,
): ReversalOutcome {
  return { amountMinor, reason, effective, refundedMinor, reversedMinor };
}
