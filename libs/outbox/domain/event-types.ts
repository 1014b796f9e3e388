import { exampleId as id, type EventDescription } from './event-description.js';
import { moneyEvents } from './money-events.js';

const hash = '5f2b7c0e9d1a4b6c8e3f507192a4b6c8d0e2f4061728394a5b6c7d8e9f0a1b2c';
const [start, end] = ['2026-03-01T00:00:00.000Z', '2027-03-01T00:00:00.000Z'];
const recipient = { recipientId: id('rcp') };
const reference = { applicationId: id('app') };
const delivery = { template: 'signature-requested', about: id('env') };
const approval = { negotiationId: id('neg'), move: 'proposal', termsHash: hash };
const renewal = { renewalId: id('rnw'), termFrom: end };
const termination = { terminationId: id('trm'), side: 'partner', actHash: hash };

/**
 * Every event that is announced, and nothing else: the compiler refuses to announce another one, and a test finds those
 * that nobody announces. Types are part of the public API: they are added, never renamed.
 */
const listed = {
  'program.version_made': { description: 'A program has a new current version.', data: { version: 2 } },
  'program.books_closed': {
    description: 'Finance has closed a month: nothing is booked before `untilAt` any more.',
    data: { period: '2026-02', untilAt: start },
  },

  'application.submitted': { description: 'An application has arrived.' },
  'application.in_review': {
    description:
      'An application waits for a decision: its address is proved, or a question was answered or not in time.',
  },
  'application.review_begun': {
    description: 'The rules of the program have scored an application, and a reviewer has it.',
    data: { score: 40, isFlagged: true, reviewerId: 'reviewer-7' },
  },
  'application.assigned': {
    description: 'An application was given to another reviewer.',
    data: { reviewerId: 'reviewer-8' },
  },
  'application.attachment_added': {
    description: 'A file was added to an application.',
    data: { attachmentId: id('att') },
  },
  'application.information_requested': { description: 'The applicant was asked for more before a decision.' },
  'application.reminded': {
    description: 'The company was reminded, for the `number`th time, of an application that waits.',
    data: { number: 1 },
  },
  'application.escalated': {
    description: 'The time to decide is nearly over: somebody else was told of the application.',
    data: { role: 'partner_manager' },
  },
  'application.approved': { description: 'An application was approved; the offer is on the table.' },
  'application.rejected': { description: 'An application was rejected.' },
  'application.withdrawn': { description: 'The applicant took the application back.' },
  'application.expired': { description: 'Nobody decided on an application in time, or its address was never proved.' },
  'application.active': { description: 'The contract of an application is executed: the partner is active.' },
  'application.lapsed': { description: 'An approved application ended without a contract.' },
  'application.erased': {
    description: 'What an application that came to nothing said of people was erased.',
    data: { why: 'retention' },
  },

  'reference.asked': { description: 'A person whom the applicant named was asked for a reference.', data: reference },
  'reference.answered': { description: 'A reference was answered.', data: reference },
  'reference.unanswered': { description: 'The time to answer a reference has passed.', data: reference },

  'negotiation.proposed': {
    description: 'A side has put terms on the table: round `number`, to be answered by the other side.',
    data: { number: 2, side: 'partner', termsHash: hash },
  },
  'negotiation.retracted': {
    description: 'A side took its proposal back before an answer: the one before it stands again.',
    data: { number: 3, side: 'company', standing: 2, termsHash: hash },
  },
  'negotiation.commented': {
    description: 'A comment was made; one with visibility `company` is not for the partner.',
    data: { commentId: id('cmt'), number: 2, side: 'company', visibility: 'both' },
  },
  'negotiation.reminded': {
    description: 'The side whose turn it is was reminded that the time to answer ends soon.',
    data: { number: 2, awaiting: 'partner' },
  },
  'negotiation.signer_named': {
    description: 'Another person was named to sign for the partner.',
    data: { signerId: id('sgn') },
  },
  'negotiation.signer_removed': {
    description: 'A person who was to sign for the partner was taken back.',
    data: { signerId: id('sgn') },
  },
  'negotiation.agreed': { description: 'Both sides agree on the terms.' },
  'negotiation.withdrawn': { description: 'A negotiation ended without an agreement.' },
  'negotiation.lapsed': { description: 'Nobody answered the round on the table in time; nothing was agreed.' },

  'internal_approval.requested': {
    description: 'A move of the company goes beyond its limits: `roles` have to approve it before the partner sees it.',
    data: { ...approval, roles: ['finance'] },
  },
  'internal_approval.approved': { description: 'Every role approved: the move was made.', data: approval },
  'internal_approval.rejected': { description: 'A role rejected a move: it was not made.', data: approval },
  'internal_approval.withdrawn': {
    description: 'Whoever asked for an approval took the move back.',
    data: approval,
  },
  'internal_approval.superseded': {
    description: 'Another move came before the approval, which is wanted no more.',
    data: approval,
  },

  'simulation.done': {
    description: 'A simulation of proposed terms has its result.',
    data: { negotiationId: id('neg') },
  },
  'simulation.failed': { description: 'A simulation ended without a result.', data: { negotiationId: id('neg') } },

  'template.version_made': {
    description: 'A template of terms has a new current version.',
    data: { version: 2, termsHash: hash },
  },
  'template.retired': { description: 'A template of terms is offered to nobody any more.' },

  'envelope.draft': { description: 'A contract is being made: its recipients are known.' },
  'envelope.frozen': { description: 'The document of a contract is made and does not change any more.' },
  'envelope.sent': { description: 'A contract went out to its first signers.' },
  'envelope.recipient_asked': {
    description: 'It is the turn of a recipient, who was asked to sign.',
    data: recipient,
  },
  'envelope.delivered': { description: "The request to sign reached the recipient's address.", data: recipient },
  'envelope.delivery_failed': {
    description: 'The request to sign came back: the address of the recipient has to be corrected.',
    data: recipient,
  },
  'envelope.viewed': { description: 'A signer has opened the contract.' },
  'envelope.signed': {
    description: 'A recipient has signed, and others of its side have still to sign.',
    data: recipient,
  },
  'envelope.partner_signed': { description: "All of the partner have signed; the partner's seal is made next." },
  'envelope.awaiting_countersign': { description: "The partner has signed: it is the company's turn." },
  'envelope.countersigned': { description: 'All of the company have signed: the contract is concluded.' },
  'envelope.sealing': { description: "The company's seal is being made." },
  'envelope.sealed': { description: "The company's seal is made, and the whole contract was verified." },
  'envelope.executed': { description: 'Both sides have signed, and the seals are made: the contract is executed.' },
  'envelope.timestamped': { description: 'A time-stamping authority has confirmed when the seals were there.' },
  'envelope.timestamp_pending': {
    description: 'No time-stamping authority answered: the contract is executed without, and its time-stamp follows.',
  },
  'envelope.certified': { description: 'The certificate of evidence of how a contract was signed is made.' },
  'envelope.declined': { description: 'A signer declined.' },
  'envelope.voided': { description: 'The company took the contract back.' },
  'envelope.expired': { description: 'The time to sign has passed.' },
  'envelope.superseded': {
    description: 'What the contract says of a signer was corrected: another contract takes its place.',
  },
  'envelope.delegated': { description: 'A recipient gave its place to somebody else.', data: recipient },
  'envelope.corrected': { description: 'The name or the address of a recipient was corrected.', data: recipient },
  'envelope.extended': { description: 'The time to sign was put off.' },
  'envelope.resent': { description: 'A recipient was asked again, by a person of the company.', data: recipient },
  'envelope.access_code_set': { description: 'A signer has a code by which to prove itself.', data: recipient },
  'envelope.signer_locked': {
    description: 'A signer gave too many wrong codes and is locked out until a person lets it in again.',
    data: recipient,
  },
  'envelope.signer_unlocked': { description: 'A signer who was locked out may try again.', data: recipient },
  'envelope.expiry_warned': { description: 'Those whose turn it is were told that the time to sign ends soon.' },
  'envelope.escalated': { description: 'The company has not countersigned in time: somebody else was told.' },
  'envelope.seal_blocked': {
    description: 'A seal cannot be made or does not verify: a person of the company has to look into it.',
  },
  'envelope.seal_retried': { description: 'A person has looked into a blocked seal: it is tried again.' },
  'envelope.step_stuck': { description: 'A step on the way to the signed contract fails again and again.' },

  'seal_key.expiring': {
    description: 'A contract was sent while the certificate of the key that seals contracts is about to end.',
    data: { notAfter: end },
  },

  'agreement.in_force': {
    description: 'A partner has an agreement: its first version is in force from `effectiveFrom` on.',
    data: {
      ...{ version: 1, termsHash: hash, envelopeId: id('env'), effectiveFrom: start },
      ...{ effectiveUntil: end, termEndsAt: end },
    },
  },
  'agreement.version_added': {
    description: 'An agreement was changed: another version is in force from `effectiveFrom` on.',
    data: {
      ...{ version: 2, basis: 'signed', termsHash: hash, envelopeId: id('env') },
      ...{ effectiveFrom: '2026-07-01T00:00:00.000Z', effectiveUntil: end },
    },
  },
  'agreement.notice_sent': {
    description: 'Both sides were told what happens at the end of the term.',
    data: { outcome: 'renews', at: end, leadMs: 2_592_000_000 },
  },
  'agreement.checkpoint_due': {
    description: 'Obligations of an agreement are due to be checked.',
    data: { obligations: ['monthly-report'] },
  },
  'agreement.renewal_offered': {
    description: 'The partner was offered one more term, to which it has to agree.',
    data: { ...renewal, termUntil: '2028-03-01T00:00:00.000Z', termsHash: hash },
  },
  'agreement.renewal_consented': {
    description: 'The partner agreed to one more term.',
    data: { ...renewal, termsHash: hash, actHash: hash },
  },
  'agreement.renewal_declined': {
    description: 'A side lets the agreement end with its term.',
    data: { renewalId: id('rnw'), side: 'partner', actHash: hash },
  },
  'agreement.renewal_lapsed': {
    description: 'An offer of one more term came to nothing.',
    data: { renewalId: id('rnw') },
  },
  'agreement.renewed': {
    description: 'An agreement has one more term, by itself or because the partner agreed.',
    data: { cause: 'auto', term: 2, startedAt: end, endsAt: '2028-03-01T00:00:00.000Z' },
  },
  'agreement.termination_given': {
    description: 'A side gave notice: the agreement ends at `effectiveAt`.',
    data: { ...termination, kind: 'ordinary', effectiveAt: '2026-09-01T00:00:00.000Z', termsHash: hash },
  },
  'agreement.termination_taken_back': {
    description: 'The side that gave notice took it back: the agreement goes on.',
    data: { ...termination, endsAt: null },
  },
  'agreement.ended': {
    description: 'An agreement has ended: nothing is earned by it from `endsAt` on.',
    data: { endsAt: end, cause: 'term' },
  },

  'amendment.proposed': {
    description:
      'A side proposes to change an agreement in force; one of the company may wait for its own approval first.',
    data: { agreementId: id('agr'), side: 'company', termsHash: hash, needsConsent: true },
  },
  'amendment.announcing': { description: 'A change that needs no consent was approved: its notice is given next.' },
  'amendment.noticed': {
    description: 'The partner has notice of a change, which applies from `effectiveFrom` on.',
    data: { effectiveFrom: '2026-05-01T00:00:00.000Z', endsAt: '2026-05-01T00:00:00.000Z', termsHash: hash },
  },
  'amendment.negotiating': { description: 'A change is negotiated: it was approved, or the partner objected.' },
  'amendment.signing': { description: 'Both sides agree on a change; its contract is made next.' },
  'amendment.adopted': {
    description: 'A change has become a version of the agreement, in force from `effectiveFrom` on.',
    data: { version: 2, effectiveFrom: '2026-05-01T00:00:00.000Z', termsHash: hash, envelopeId: null },
  },
  'amendment.refused': { description: 'A change was refused: the terms stay.', data: { cause: 'envelope_declined' } },
  'amendment.withdrawn': {
    description: 'A change was taken back: the terms stay.',
    data: { cause: 'negotiation_withdrawn' },
  },
  'amendment.expired': {
    description: 'Nobody answered or signed a change in time: the terms stay.',
    data: { cause: 'negotiation_lapsed' },
  },
  'amendment.cancelled': {
    description: 'A change ended with its agreement, or gave way to another one: the terms stay.',
    data: { cause: 'agreement_terminated' },
  },

  'partner.contracting': { description: 'A partner was made from an approved application.' },
  'partner.active': { description: 'A partner is active: what it brings counts.' },
  'partner.suspended': { description: 'A partner is suspended: nothing is paid out to it.' },
  'partner.suspension_begun': {
    description: 'There is a cause to suspend a partner; it may be one of several.',
    data: { cause: 'compliance' },
  },
  'partner.suspension_ended': {
    description: 'A cause to suspend a partner is over; `causesLeft` others still hold it.',
    data: { cause: 'compliance', causesLeft: 0 },
  },
  'partner.ended': { description: 'A partner ended: no contract came about, or its agreement has ended.' },
  'partner.tier_recorded': { description: 'A partner has a tier.', data: { tier: 'gold' } },

  ...moneyEvents,

  'mail.bounced': { description: 'A mail came back from its address.', data: { ...delivery, code: '5.1.1' } },
  'mail.complained': { description: 'A reader marked a mail as unwanted.', data: { ...delivery, code: null } },
  'mail.failed': { description: 'A mail could not be sent.', data: { ...delivery, code: '550' } },
  'mail.suppressed': {
    description: 'A mail was held back: an earlier one to the same address bounced or was complained about.',
    data: { ...delivery, code: null },
  },

  'webhook.disabled': {
    description: 'A webhook was switched off by itself: its receiver said 410 or failed for days.',
    data: { because: 'failing' },
  },
} as const satisfies Record<`${string}.${string}`, EventDescription>;

/** `<subject>.<past tense or state>`: what may be announced. */
export type EventTypeName = keyof typeof listed;

/** What an event is about; it decides which ids and facts stand in the payload beside the event's own. */
export type EventSubject = EventTypeName extends `${infer Subject}.${string}` ? Subject : never;

export interface EventType extends EventDescription {
  type: EventTypeName;
}

export const eventTypes: readonly EventType[] = (Object.entries(listed) as [EventTypeName, EventDescription][]).map(
  ([type, told]) => ({ type, ...told }),
);
