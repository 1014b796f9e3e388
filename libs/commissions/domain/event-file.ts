import { DomainError } from '../../kernel/domain-error.js';
import {
  eventContentHash,
  parseEvent,
  reversedEventId,
  type ConversionEvent,
  type TrackedEvent,
} from '../../tracking/domain/index.js';
import type { CompiledTerms } from './compile-terms.js';
import { agreementPeriods } from './agreement-periods.js';
import { commissionLine, milestoneLines, reversalLine, reversedOriginal } from './lines.js';
import { simulatedBonuses } from './bonuses.js';
import { customerValues } from './customer-values.js';
import { priceTimeline, type PricingContext } from './price-event.js';
import { byTime, toPricedEvent } from './priced-event.js';
import { RateTable } from './rate-table.js';
import { reverse, type Original, type Reversal } from './reverse.js';
import { startOfTimeline } from './timeline-state.js';
import { CostTally, type SimulatedCost } from './simulated-cost.js';

type ReversalEvent = Exclude<TrackedEvent, ConversionEvent>;

/** The events of a file, read once and priced under as many terms as wanted. */
export interface EventFile {
  byPartner: ReadonlyMap<string, readonly ConversionEvent[]>;
  /** Refunds and voids by the event that they name, where the file has it. */
  reversals: ReadonlyMap<string, readonly ReversalEvent[]>;
  /** What reversals name by mistake: refunds and voids. */
  kinds: ReadonlyMap<string, TrackedEvent['kind']>;
  read: number;
  repeated: number;
  /** Lines that are no event, and refunds and voids of events that the file has not; the first of them by their number. */
  refused: number;
  refusals: readonly { line: number; reason: string }[];
}

const maxToldRefusals = 100;

/**
 * Reads a file of one JSON event a line (terms.md, Events); blank lines are skipped, unknown fields ignored, and of one
 * id the first content counts.
 */
export function readEventFile(text: string): EventFile {
  const reader = new EventFileReader();
  text.split('\n').forEach((line, index) => reader.line(line, index + 1));
  return reader.finish();
}

class EventFileReader {
  private readonly byPartner = new Map<string, ConversionEvent[]>();
  private readonly reversals = new Map<string, ReversalEvent[]>();
  private readonly kinds = new Map<string, TrackedEvent['kind']>();
  private readonly hashes = new Map<string, string>();
  private readonly waiting: { event: ReversalEvent; line: number }[] = [];
  private readonly refusals: { line: number; reason: string }[] = [];
  private read = 0;
  private repeated = 0;
  private refused = 0;

  line(text: string, line: number): void {
    if (text.trim() === '') return;
    this.read += 1;
    try {
      this.take(parseEvent(parseJson(text), 'ignore'), line);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // The messages name fields, never their values.
      const reasons = error.errors.map(({ pointer, message }) => `${pointer} ${message}`.trim());
      this.refuse(line, reasons.join('; ') || error.message);
    }
  }

  finish(): EventFile {
    for (const { event, line } of this.waiting) {
      const target = reversedEventId(event) ?? '';
      if (!this.kinds.has(target)) this.refuse(line, 'takes back an event that the file has not');
      else this.reversals.set(target, [...(this.reversals.get(target) ?? []), event]);
    }
    const { byPartner, reversals, kinds, read, repeated, refused, refusals } = this;
    return { byPartner, reversals, kinds, read, repeated, refused, refusals };
  }

  private take(event: TrackedEvent, line: number): void {
    const hash = eventContentHash(event);
    const known = this.hashes.get(event.id);
    if (known === hash) return void (this.repeated += 1);
    if (known !== undefined) return this.refuse(line, 'has the id of an earlier event and other content');
    this.hashes.set(event.id, hash);
    this.kinds.set(event.id, event.kind);
    if (event.kind !== 'conversion') return void this.waiting.push({ event, line });
    const own = this.byPartner.get(event.partner);
    if (own) own.push(event);
    else this.byPartner.set(event.partner, [event]);
  }

  private refuse(line: number, reason: string): void {
    this.refused += 1;
    if (this.refusals.length < maxToldRefusals) this.refusals.push({ line, reason });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DomainError('invalid-document', 'is not JSON'); // the parser's own message would repeat the content
  }
}

/**
 * What the terms cost on the file's events: the same functions price here as in the live service. Bonuses that
 * count from the activation of the partners are given where somebody says when that was; deliverables are not in a file, and
 * cost nothing here. What falls due by itself counts up to `asOfMs`, which is included, or the last instant of the file.
 * Epoch milliseconds.
 */
export function priceEventFile(
  file: EventFile,
  terms: CompiledTerms,
  due: { activatedAtMs?: number | undefined; asOfMs?: number | undefined } = {},
): SimulatedCost {
  const tally = new CostTally();
  const versions = agreementPeriods([{ fromMs: -Infinity, terms }]);
  const context: PricingContext = { versions, tiers: [], rates: new RateTable() };
  const untilMs = due.asOfMs ?? lastInstantMs(file);
  for (const conversions of file.byPartner.values()) {
    const events = conversions.map(toPricedEvent).sort(byTime);
    const reversalsOf = (id: string): Reversal[] => (file.reversals.get(id) ?? []).map(toReversal);
    for (const { event, outcome } of priceTimeline(events, startOfTimeline(), context)) {
      const line = commissionLine(event, outcome);
      if (line) tally.line(line);
      else tally.noLine(outcome.reason);
      milestoneLines(event, outcome).forEach((each) => tally.line(each));
      for (const judged of reverse(reversedOriginal(event, outcome), reversalsOf(event.id))) {
        const reversal = reversalLine(judged.reversal, judged.outcome, event.id, outcome);
        if (reversal) tally.line(reversal);
        else tally.noLine(judged.outcome.reason);
      }
    }
    for (const { bonus, amountMinor } of customerValues(events, reversalsOf, context, untilMs)) {
      tally.line({ kind: 'bonus', ruleId: bonus.id, amountMinor });
    }
    for (const { bonus, amountMinor } of simulatedBonuses(context, { activatedAtMs: due.activatedAtMs, untilMs })) {
      tally.line({ kind: 'bonus', ruleId: bonus.id, amountMinor });
    }
  }
  judgeStrayReversals(file, tally);
  return tally.cost;
}

/** Epoch milliseconds of the last event of the file; what falls due later is not there yet. */
function lastInstantMs({ byPartner, reversals }: EventFile): number {
  let lastMs = -Infinity;
  for (const list of [...byPartner.values(), ...reversals.values()]) {
    for (const { occurredAt } of list) lastMs = Math.max(lastMs, occurredAt.getTime());
  }
  return lastMs;
}

/** Refunds and voids that name a refund or void take nothing back. */
function judgeStrayReversals({ reversals, kinds }: EventFile, tally: CostTally): void {
  for (const [target, taken] of reversals) {
    const kind = kinds.get(target);
    if (kind === undefined || kind === 'conversion') continue;
    const original: Original = { kind };
    for (const { outcome } of reverse(original, taken.map(toReversal))) tally.noLine(outcome.reason);
  }
}

function toReversal(event: ReversalEvent): Reversal {
  const common = { id: event.id, occurredAtMs: event.occurredAt.getTime() };
  if (event.kind === 'void') return { kind: 'void', ...common };
  return { kind: 'refund', ...common, amountMinor: event.amountMinor };
}
