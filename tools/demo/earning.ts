import { formatMoney } from '../../libs/kernel/money.js';
import type { EventExplanation, EventResult } from '../client/index.js';
import type { ContractedPartner, Stage } from './contracting.js';

/** What the partner brought about and what it earned, as the API tells it. */
export interface Earned {
  events: { id: string; type: string; status: string; amountMinor: number }[];
  /** Minor units of the program's currency, reversals deducted. */
  commissionMinor: bigint;
}

interface Deed {
  title: string;
  event: Record<string, unknown> & { id: string; type: string; amountMinor: number };
}

/** Two orders of one new customer and a partial refund of the second, and why the first was paid as it was. */
export async function earn(stage: Stage, partner: ContractedPartner): Promise<Earned> {
  const { api, story, cast } = stage;
  const { currency } = cast.program;
  const events: Earned['events'] = [];
  for (const { title, event } of deeds(stage, partner)) {
    const { id, type, amountMinor } = event;
    const result = await story.step(
      title,
      async () => accepted(await api.report(partner.programId, [event], `demo/${cast.run}/${id}`)),
      ({ status }) => [`Event ${id} of ${formatMoney(BigInt(amountMinor), currency)}: ${status}.`],
    );
    events.push({ id, type, status: result.status, amountMinor });
  }
  await explain(stage, partner, events[0]?.id ?? '');
  return { events, commissionMinor: await commissionOf(stage, partner) };
}

function deeds({ cast }: Stage, { partnerId }: ContractedPartner): Deed[] {
  const { run, customer, program } = cast;
  const id = (name: string): string => `${run}-${name}`;
  const sale = { type: 'sale', partner: partnerId, customer, currency: program.currency };
  const now = Date.now();
  const at = (milliseconds: number): string => new Date(now + milliseconds).toISOString();
  return [
    {
      title: 'A new customer orders',
      event: { ...sale, id: id('order-1'), occurredAt: at(0), amountMinor: 12_000 },
    },
    {
      title: 'The same customer orders again',
      event: { ...sale, id: id('order-2'), occurredAt: at(1), amountMinor: 8_000 },
    },
    {
      title: 'A quarter of the second order goes back',
      event: { type: 'refund', id: id('refund-1'), occurredAt: at(2), refundOf: id('order-2'), amountMinor: 2_000 },
    },
  ];
}

function accepted(results: readonly EventResult[]): EventResult {
  const [result] = results;
  if (!result) throw new Error('The API said nothing of the event.');
  if (result.status === 'priced') return result;
  throw new Error(`The event was not priced: ${result.status}${result.reason ? ` (${result.reason})` : ''}.`);
}

async function explain({ api, story }: Stage, { programId }: ContractedPartner, eventId: string): Promise<void> {
  await story.step(
    '"Why did I get this?"',
    () => api.explanation(programId, eventId),
    ({ summary, trace }) => [summary, ...(trace?.rules ?? []).map(ruleTried)],
  );
}

function ruleTried({ rule, clause, failed }: NonNullable<EventExplanation['trace']>['rules'][number]): string {
  const outcome = failed ? `not met: ${failed.condition}` : 'met, and it gave the line';
  return `Rule ${rule} (clause ${clause} of the contract): ${outcome}.`;
}

async function commissionOf({ api, story, cast }: Stage, { partnerId }: ContractedPartner): Promise<bigint> {
  let sum = 0n;
  for await (const { amount } of api.earnings(partnerId)) sum += BigInt(amount.amountMinor);
  story.tell(`So far she has earned ${formatMoney(sum, cast.program.currency)}.`);
  if (sum <= 0n) throw new Error('Nothing was earned, so there is nothing to pay.');
  return sum;
}
