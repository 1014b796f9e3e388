import { sha256 } from '../../libs/kernel/sha256.js';
import { forEachLimited, type EventResult } from '../client/index.js';
import { filesCurrency, type Inputs, type OrderInput, type RefundInput } from './inputs.js';
import type { RowFinding } from './findings.js';
import type { Rehearsal } from './rehearsal.js';

const chunkSize = 1_000;
/**
 * Lines of events that are posted side by side. A partner's events are all in one lane, in the order of their time, so
 * that none comes late and makes earlier ones be priced again.
 */
const laneCount = 2;

/** An event as the API takes it, and the row it comes from. */
export interface RehearsedEvent {
  body: Record<string, unknown> & { id: string };
  occurredAt: Date;
  partnerRef: string;
  source: Pick<RowFinding, 'file' | 'line'>;
}

export interface EventCounts {
  read: number;
  priced: number;
  unpriced: number;
  refused: number;
  /** Rows that repeat an earlier one of the file, which counts once. */
  repeated: number;
  /** Events without a line, by the reason that the API gives. */
  unpricedBy: Record<string, number>;
}

export interface ReportedEvents {
  orders: EventCounts;
  /** Present where there was a file of refunds. */
  refunds?: EventCounts;
  /** Those that the API took in. */
  accepted: RehearsedEvent[];
}

/** The two files that make events. */
export interface EventFiles {
  orders: Inputs<OrderInput>;
  refunds: Inputs<RefundInput> | undefined;
}

/** The same files, with refunds of orders that the file has not among the faults: such a refund would wait for ever. */
export function withKnownOrders({ orders, refunds }: EventFiles): EventFiles {
  if (!refunds) return { orders, refunds };
  const known = new Set(orders.rows.map(({ ref }) => ref));
  const strangers = refunds.rows.filter(({ orderRef }) => !known.has(orderRef));
  const reason = 'is of an order that the file of orders has not';
  const faults = [...refunds.faults, ...strangers.map(({ line, ref }) => ({ line, ref, reason }))];
  return { orders, refunds: { ...refunds, rows: refunds.rows.filter(({ orderRef }) => known.has(orderRef)), faults } };
}

/** Sales and refunds in the order of their time, a sale before a refund of the same instant. */
export function eventsOf({ orders, refunds }: EventFiles): RehearsedEvent[] {
  const partners = new Map(orders.rows.map(({ ref, partnerRef }) => [ref, partnerRef]));
  const reversals = refunds?.rows.map((refund) => refundOf(refund, partners.get(refund.orderRef) ?? '')) ?? [];
  return [...orders.rows.map(saleOf), ...reversals].sort(byTime);
}

/** The order of time; of one instant, a sort leaves the order that there was. */
export function byTime(a: RehearsedEvent, b: RehearsedEvent): number {
  return a.occurredAt.getTime() - b.occurredAt.getTime();
}

function saleOf({ ref, line, orderedAt, partnerRef, customer, amountMinor }: OrderInput): RehearsedEvent {
  const event = { id: ref, type: 'sale', occurredAt: orderedAt.toISOString(), partner: partnerRef };
  const money = { amountMinor: Number(amountMinor), currency: filesCurrency };
  const body = { ...event, ...money, ...(customer !== '' && { customer }) };
  return { body, occurredAt: orderedAt, partnerRef, source: { file: 'orders', line } };
}

function refundOf({ ref, line, refundedAt, orderRef, amountMinor }: RefundInput, partnerRef: string): RehearsedEvent {
  const event = { id: ref, type: 'refund', occurredAt: refundedAt.toISOString() };
  const body = { ...event, refundOf: orderRef, amountMinor: Number(amountMinor) };
  return { body, occurredAt: refundedAt, partnerRef, source: { file: 'refunds', line } };
}

/** Posts all events. Repeating it is harmless: the API takes an event once. */
export async function reportEvents(
  rehearsal: Rehearsal,
  events: readonly RehearsedEvent[],
  files: EventFiles,
): Promise<ReportedEvents> {
  const tally = new Tally(rehearsal, files);
  await rehearsal.progress.phase('orders', events.length, async (advance) => {
    await forEachLimited(lanesOf(events), laneCount, async (lane) => {
      for (let start = 0; start < lane.length; start += chunkSize) {
        const chunk = lane.slice(start, start + chunkSize);
        await reportChunk(rehearsal, chunk, tally);
        advance(chunk.length);
      }
    });
  });
  return tally.result();
}

function lanesOf(events: readonly RehearsedEvent[]): RehearsedEvent[][] {
  const lanes = Array.from({ length: laneCount }, (): RehearsedEvent[] => []);
  for (const event of events) lanes[parseInt(sha256(event.partnerRef).slice(0, 8), 16) % laneCount]?.push(event);
  return lanes;
}

async function reportChunk(rehearsal: Rehearsal, chunk: readonly RehearsedEvent[], tally: Tally): Promise<void> {
  const bodies = chunk.map(({ body }) => body);
  const key = `rehearsal/events/${sha256(JSON.stringify(bodies))}`;
  const results = await rehearsal.api.report(rehearsal.programId, bodies, key);
  if (results.length !== chunk.length)
    throw new Error('The API said something of other events than those it was sent.');
  for (const [index, event] of chunk.entries()) {
    const result = results[index];
    if (result) tally.add(event, result.status === 'duplicate' ? await recalled(rehearsal, event) : result);
  }
}

/** What became of an event when it was first reported, where the answer to that was lost. */
async function recalled({ api, programId }: Rehearsal, { body }: RehearsedEvent): Promise<EventResult> {
  const { trace, reversals } = await api.explanation(programId, body.id);
  const outcome = body['type'] === 'refund' ? reversals[0]?.outcome : trace?.outcome;
  if (outcome === undefined) return { status: 'waiting' };
  return outcome === 'line' ? { status: 'priced' } : { status: 'unpriced', reason: outcome };
}

/** Counts what became of the rows, by file. */
class Tally {
  private readonly accepted: RehearsedEvent[] = [];
  private readonly orders: EventCounts;
  private readonly refunds: EventCounts | undefined;

  constructor(
    private readonly rehearsal: Rehearsal,
    { orders, refunds }: EventFiles,
  ) {
    this.orders = this.countsOf('orders', orders);
    this.refunds = refunds && this.countsOf('refunds', refunds);
  }

  add(event: RehearsedEvent, { status, reason, problem }: EventResult): void {
    const counts = event.source.file === 'orders' ? this.orders : this.refunds;
    if (!counts) return;
    if (status === 'refused') {
      counts.refused += 1;
      const fields = (problem?.errors ?? []).map(({ pointer, message }) => `${pointer} ${message}`.trim());
      const why = [problem?.message ?? 'was refused', ...fields].join('; ');
      this.rehearsal.findings.add({ ...event.source, ref: event.body.id, reason: why });
      return;
    }
    this.accepted.push(event);
    if (status === 'priced') {
      counts.priced += 1;
      return;
    }
    counts.unpriced += 1;
    const cause = reason ?? status;
    counts.unpricedBy[cause] = (counts.unpricedBy[cause] ?? 0) + 1;
  }

  result(): ReportedEvents {
    const { orders, refunds, accepted } = this;
    return { orders, ...(refunds && { refunds }), accepted };
  }

  private countsOf(file: 'orders' | 'refunds', { read, faults, repeats }: Inputs<unknown>): EventCounts {
    for (const finding of [...faults, ...repeats]) this.rehearsal.findings.add({ file, ...finding });
    return { read, priced: 0, unpriced: 0, refused: faults.length, repeated: repeats.length, unpricedBy: {} };
  }
}
