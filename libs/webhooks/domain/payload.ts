import { eventTypes, type EventSubject, type EventType } from '../../outbox/domain/index.js';
import { subjectOf } from './event-filters.js';

/** An event as the outbox holds it. */
export interface AnnouncedEvent {
  /** The event's id, which every delivery of it carries as `webhook-id`. */
  eventId: string;
  /** Rises with each event; of two events of one subject, the one with the higher number came later. */
  sequence: number;
  programId: string;
  type: string;
  subjectId: string;
  at: Date;
  data: Readonly<Record<string, unknown>>;
}

/** What a receiver gets (Standard Webhooks: type, timestamp, data). */
export interface WebhookPayload {
  type: string;
  timestamp: string;
  data: Readonly<Record<string, unknown>>;
}

/** The payload of an event. `context` are the ids and lasting facts of its subject; the event's own facts go before them. */
export function payloadOf(event: AnnouncedEvent, context: Readonly<Record<string, unknown>>): WebhookPayload {
  const { eventId, sequence, programId, subjectId } = event;
  const data = { eventId, sequence, programId, subjectId, ...context, ...event.data };
  return { type: event.type, timestamp: event.at.toISOString(), data };
}

const id = (prefix: string): string => `${prefix}_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b`;
const partner = { partnerId: id('prt'), partnerReference: 'ada-music', applicationId: id('app') };

/** `agreementId` is null where the negotiation is about a first contract. */
const negotiation = { negotiationId: id('neg'), agreementId: null, ...partner };
const envelope = {
  subjectId: id('env'),
  facts: { envelopeId: id('env'), ...negotiation, termsHash: 'a'.repeat(64) },
};

/** What stands in the payload of each subject's events beside the event's own facts. */
const contexts: Readonly<Record<EventSubject, { subjectId: string; facts: Readonly<Record<string, unknown>> }>> = {
  program: { subjectId: id('prg'), facts: { programSlug: 'northwind-partners' } },
  application: { subjectId: id('app'), facts: partner },
  reference: { subjectId: id('ref'), facts: { referenceId: id('ref'), ...partner } },
  negotiation: { subjectId: id('neg'), facts: negotiation },
  internal_approval: { subjectId: id('apv'), facts: { approvalId: id('apv'), ...negotiation } },
  simulation: { subjectId: id('sim'), facts: { simulationId: id('sim'), ...negotiation } },
  template: { subjectId: id('tpl'), facts: { templateId: id('tpl') } },
  envelope,
  // Told with the contract that is to be sealed by it.
  seal_key: envelope,
  agreement: { subjectId: id('agr'), facts: { agreementId: id('agr'), ...partner } },
  amendment: {
    subjectId: id('amd'),
    facts: { amendmentId: id('amd'), agreementId: id('agr'), ...partner },
  },
  partner: { subjectId: id('prt'), facts: partner },
  line_hold: { subjectId: id('hld'), facts: { holdId: id('hld'), trackedEventId: 'order-1', ...partner } },
  dispute: { subjectId: id('dsp'), facts: { disputeId: id('dsp'), ...partner } },
  write_off: {
    subjectId: id('wof'),
    facts: { writeOffId: id('wof'), ...partner, amount: { amountMinor: 40_000, currency: 'USD' } },
  },
  payout_account: { subjectId: id('prt'), facts: partner },
  payout_batch: {
    subjectId: id('bat'),
    facts: { batchId: id('bat'), currency: 'USD', cutOff: '2026-03-31T22:00:00.000Z' },
  },
  payout_item: {
    subjectId: id('itm'),
    facts: { itemId: id('itm'), batchId: id('bat'), ...partner, amount: { amountMinor: 40_000, currency: 'USD' } },
  },
  bank_file: { subjectId: id('bfl'), facts: {} },
  bank_report: { subjectId: id('brp'), facts: {} },
  store_credit: {
    subjectId: id('scr'),
    facts: { creditId: id('scr'), ...partner, amount: { amountMinor: 2_500, currency: 'USD' } },
  },
  mail: { subjectId: id('mal'), facts: {} },
  webhook: { subjectId: id('whk'), facts: {} },
};

/** A whole payload of a type, as an example. */
export function examplePayload({ type, data = {} }: EventType): WebhookPayload {
  const { subjectId, facts } = contexts[subjectOf(type)];
  const event = { eventId: id('evt'), sequence: 4711, programId: id('prg'), type, subjectId, data };
  return payloadOf({ ...event, at: new Date('2026-03-01T09:00:00Z') }, facts);
}

/** The names that the payload of a subject's events has beside the event's own: what the context must hold. */
export function contextNamesOf(subject: EventSubject): string[] {
  return Object.keys(contexts[subject].facts);
}

/** All types with an example payload each. */
export function describedEventTypes(): { type: string; description: string; example: WebhookPayload }[] {
  return eventTypes.map((type) => ({ type: type.type, description: type.description, example: examplePayload(type) }));
}
