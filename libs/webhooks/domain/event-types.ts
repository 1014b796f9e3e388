/** What an event is about; it decides which ids and facts stand in the payload beside the event's own. */
export type EventSubject =
  | 'program'
  | 'application'
  | 'negotiation'
  | 'envelope'
  | 'agreement'
  | 'amendment'
  | 'partner'
  | 'payout_account'
  | 'payout_batch'
  | 'payout_item'
  | 'mail'
  | 'webhook';

export interface EventType {
  /** `<subject>.<past tense or state>`. */
  type: string;
  description: string;
  /** An example of what the event itself tells, beside the ids of its subject. */
  data?: Readonly<Record<string, unknown>>;
}

const hash = '5f2b7c0e9d1a4b6c8e3f507192a4b6c8d0e2f4061728394a5b6c7d8e9f0a1b2c';
const delivery = { template: 'signature-requested', about: 'env_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b' };
const payment = {
  batchId: 'bat_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
  partnerId: 'prt_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
};

/**
 * Every event that is announced, and nothing else: a test holds this list against the sources. Types are part of the
 * public API: they are added, never renamed.
 */
export const eventTypes: readonly EventType[] = [
  { type: 'program.version_made', description: 'A program has a new current version.', data: { version: 2 } },

  { type: 'application.submitted', description: 'An application has arrived.' },
  { type: 'application.approved', description: 'An application was approved; the offer is on the table.' },
  { type: 'application.rejected', description: 'An application was rejected.' },
  { type: 'application.withdrawn', description: 'The applicant took the application back.' },
  { type: 'application.expired', description: 'Nobody decided on an application in time.' },
  { type: 'application.active', description: 'The contract of an application is executed: the partner is active.' },
  { type: 'application.lapsed', description: 'An approved application ended without a contract.' },

  {
    type: 'negotiation.proposed',
    description: 'A side has put terms on the table: round `number`, to be answered by the other side.',
    data: { number: 2, side: 'partner', termsHash: hash },
  },
  { type: 'negotiation.agreed', description: 'Both sides agree on the terms; the contract is made next.' },
  { type: 'negotiation.withdrawn', description: 'A negotiation ended without an agreement.' },

  { type: 'envelope.sent', description: 'A contract went out to its first signer.' },
  { type: 'envelope.viewed', description: 'A signer has opened the contract.' },
  { type: 'envelope.awaiting_countersign', description: "The partner has signed: it is the company's turn." },
  { type: 'envelope.executed', description: 'Both sides have signed.' },
  { type: 'envelope.declined', description: 'A signer declined.' },
  { type: 'envelope.voided', description: 'The company took the contract back.' },
  { type: 'envelope.expired', description: 'The time to sign has passed.' },

  {
    type: 'agreement.in_force',
    description: 'A version of an agreement is in force from `effectiveFrom` on.',
    data: { version: 1, termsHash: hash, effectiveFrom: '2026-03-01T00:00:00.000Z' },
  },

  {
    type: 'amendment.proposed',
    description: 'A side proposes to change an agreement in force; one of the company may wait for its own approval first.',
    data: { agreementId: 'agr_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b', side: 'company', termsHash: hash, needsConsent: true },
  },
  { type: 'amendment.announcing', description: 'A change that needs no consent was approved: its notice is given next.' },
  {
    type: 'amendment.noticed',
    description: 'The partner has notice of a change, which applies from `effectiveFrom` on.',
    data: { effectiveFrom: '2026-05-01T00:00:00.000Z', endsAt: '2026-05-01T00:00:00.000Z', termsHash: hash },
  },
  { type: 'amendment.negotiating', description: 'A change is negotiated: it was approved, or the partner objected.' },
  { type: 'amendment.signing', description: 'Both sides agree on a change; its contract is made next.' },
  {
    type: 'amendment.adopted',
    description: 'A change has become a version of the agreement, in force from `effectiveFrom` on.',
    data: { version: 2, effectiveFrom: '2026-05-01T00:00:00.000Z', termsHash: hash, envelopeId: null },
  },
  { type: 'amendment.refused', description: 'A change was refused: the terms stay.', data: { cause: 'envelope_declined' } },
  {
    type: 'amendment.withdrawn',
    description: 'A change was taken back: the terms stay.',
    data: { cause: 'negotiation_withdrawn' },
  },
  {
    type: 'amendment.expired',
    description: 'Nobody answered or signed a change in time: the terms stay.',
    data: { cause: 'negotiation_lapsed' },
  },
  {
    type: 'amendment.cancelled',
    description: 'A change ended with its agreement, or gave way to another one: the terms stay.',
    data: { cause: 'agreement_terminated' },
  },

  { type: 'partner.contracting', description: 'A partner was made from an approved application.' },
  { type: 'partner.active', description: 'A partner is active: what it brings counts.' },
  { type: 'partner.ended', description: 'A partner ended without ever having been active.' },
  { type: 'partner.tier_recorded', description: 'A partner has a tier.', data: { tier: 'gold' } },

  {
    type: 'payout_account.opened',
    description: "A partner's account at the payment rail is open.",
    data: { rail: 'stripe' },
  },
  {
    type: 'payout_batch.drafted',
    description: 'A batch of payouts was collected.',
    data: { cutOff: '2026-03-31T22:00:00.000Z', items: 12, totalMinor: 480_000, carriedMinor: 1_250, carried: {} },
  },
  { type: 'payout_batch.frozen', description: 'A batch was submitted: it waits for its approval.' },
  { type: 'payout_batch.released', description: 'A batch was approved: it is being paid.' },
  { type: 'payout_batch.rejected', description: 'A batch was rejected: nothing of it is paid.' },
  { type: 'payout_batch.cancelled', description: 'The draft of a batch was cancelled.' },
  { type: 'payout_batch.completed', description: 'All of a batch is paid.', data: { unpaid: 0 } },
  { type: 'payout_batch.partial', description: 'A batch has ended, and some of it is not paid.', data: { unpaid: 1 } },
  { type: 'payout_item.submitted', description: 'The rail has taken a payment.', data: payment },
  { type: 'payout_item.settled', description: 'A payment has arrived.', data: payment },
  { type: 'payout_item.unknown', description: 'The rail did not say what became of a payment.', data: payment },
  { type: 'payout_item.failed', description: 'The rail refused a payment; its money is held.', data: payment },
  { type: 'payout_item.returned', description: 'A payment came back; its money is held.', data: payment },
  { type: 'payout_item.held_released', description: 'Held money is free for the next collection.', data: payment },

  { type: 'mail.bounced', description: 'A mail came back from its address.', data: { ...delivery, code: '5.1.1' } },
  { type: 'mail.complained', description: 'A reader marked a mail as unwanted.', data: { ...delivery, code: null } },
  { type: 'mail.failed', description: 'A mail could not be sent.', data: { ...delivery, code: '550' } },
  {
    type: 'mail.suppressed',
    description: 'A mail was held back: an earlier one to the same address bounced or was complained about.',
    data: { ...delivery, code: null },
  },

  {
    type: 'webhook.disabled',
    description: 'A webhook was switched off by itself: its receiver said 410 or failed for days.',
    data: { because: 'failing' },
  },
];

/** What a test of an endpoint sends, to that endpoint alone; it stands in no feed. */
export const testEventType = 'webhook.test';

/** The subjects that events are about; `<subject>.*` names all of one's types. */
export const eventSubjects: readonly string[] = [...new Set(eventTypes.map(({ type }) => type.split('.')[0] ?? ''))];

/** Whether a filter names a type or all types of a subject. */
export function isEventFilter(filter: string): boolean {
  return (
    eventTypes.some(({ type }) => type === filter) ||
    (filter.endsWith('.*') && eventSubjects.includes(filter.slice(0, -2)))
  );
}

/** Whether events of a type go to an endpoint with these filters; no filter lets all through. */
export function matchesFilters(filters: readonly string[], type: string): boolean {
  return filters.length === 0 || filters.some((filter) => filter === type || filter === `${type.split('.')[0]}.*`);
}
