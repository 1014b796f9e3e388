import { z } from 'zod';
import {
  approvalStates,
  negotiationStates,
  type ApprovalState,
  type NegotiationState,
} from '../../../libs/agreements/index.js';
import { calendarKinds, lostOutcomes, signingSteps } from '../../../libs/contract-tracking/index.js';
import { suspensionCauses } from '../../../libs/partners/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { agreementDetail } from '../agreements/agreements.dto.js';
import { amendmentView } from '../amendments/amendments.dto.js';
import { reviewView } from '../applications/review.dto.js';
import { instantField, programIdField, sha256Field } from '../edge/fields.js';
import { listedEnvelope } from '../envelopes/envelopes.dto.js';
import { mailView } from '../mails/mails.dto.js';
import { partnerView } from '../partners/partners.dto.js';

const instant = z.iso.datetime();
const nullableInstant = instant.nullable();
const text = z.string().nullable();
const hash = z.string().nullable();
const count = z.number().int();
const side = z.enum(['company', 'partner']);
const statesOf = <State extends string>(table: Readonly<Record<State, unknown>>) =>
  z.enum(Object.keys(table) as [State, ...State[]]);

/** A period: from its first instant on, until its last (not included). */
const period = { from: instantField.optional(), until: instantField.optional() };

export const statisticsQuery = z.strictObject({
  programId: programIdField.optional(),
  ...period,
  by: z.enum(['program', 'template', 'month']).default('program'),
});

const durations = z.object({ count, medianMs: count.nullable(), p90Ms: count.nullable() });
const outcomes = z.object(Object.fromEntries(lostOutcomes.map((outcome) => [outcome, count])));

export const envelopeStatistics = z.object({
  programId: text,
  templateVersion: text,
  termsTemplateId: text,
  termsTemplateVersion: count.nullable(),
  month: text,
  ...{ sent: count, superseded: count, executed: count, declined: count, expired: count, voided: count, open: count },
  completionRate: text,
  timeToSign: durations,
  steps: z.object({
    sentToViewed: durations,
    viewedToSigned: durations,
    signedToCountersigned: durations,
    countersignedToExecuted: durations,
  }),
  dropOffs: z.object(Object.fromEntries(signingSteps.map((step) => [step, outcomes]))),
  reasons: z.array(z.object({ after: z.enum(signingSteps), outcome: z.enum(lostOutcomes), reason: text, count })),
});

export const statisticsAnswer = z.object({
  from: instant,
  until: instant,
  by: z.enum(['program', 'template', 'month']),
  total: envelopeStatistics,
  items: z.array(envelopeStatistics),
  next: z.null(),
});

const spread = (name: string): string[] => [`${name}.count`, `${name}.medianMs`, `${name}.p90Ms`];

export const statisticsColumns = [
  ...['programId', 'templateVersion', 'termsTemplateId', 'termsTemplateVersion', 'month', 'sent', 'superseded'],
  ...['executed', 'declined', 'expired', 'voided', 'open', 'completionRate'],
  ...spread('timeToSign'),
  ...['sentToViewed', 'viewedToSigned', 'signedToCountersigned', 'countersignedToExecuted'].flatMap((name) =>
    spread(`steps.${name}`),
  ),
  ...signingSteps.flatMap((step) => lostOutcomes.map((outcome) => `dropOffs.${step}.${outcome}`)),
  'reasons',
];

export const feedQuery = z.strictObject({
  programId: programIdField.optional(),
  /** Only entries of this kind. */
  kind: z.enum(calendarKinds).optional(),
  ...period,
});

export const calendarQuery = feedQuery.extend(pageFields);

export const calendarEntry = z.object({
  uid: z.string(),
  kind: z.enum(calendarKinds),
  at: instant,
  programId: z.string(),
  partnerId: text,
  partnerReference: text,
  subjectId: z.string(),
  detail: text,
});

export const calendarPage = pageOf(calendarEntry);

const approvals = z.array(
  z.object({
    id: z.string(),
    move: z.enum(['proposal', 'acceptance']),
    state: statesOf<ApprovalState>(approvalStates.table),
    termsHash: sha256Field,
    proposedBy: z.string(),
    createdAt: instant,
    stateSince: instant,
    decisions: z.array(
      z.object({
        ...{ role: z.string(), actorId: z.string(), decision: z.enum(['approve', 'reject']) },
        ...{ reason: text, at: instant },
      }),
    ),
  }),
);

const negotiation = z.object({
  id: z.string(),
  kind: z.enum(['initial', 'amendment', 'renewal']),
  agreementId: text,
  state: statesOf<NegotiationState>(negotiationStates.table),
  stateSince: instant,
  createdAt: instant,
  dueAt: nullableInstant,
  agreedHash: hash,
  termsTemplateId: text,
  termsTemplateVersion: count.nullable(),
  rounds: z.array(
    z.object({
      ...{ number: count, side, termsHash: sha256Field, actorId: z.string(), note: text },
      ...{ createdAt: instant, retractedAt: nullableInstant },
    }),
  ),
  approvals,
  comments: z.array(
    z.object({
      ...{ id: z.string(), number: count, side, visibility: z.enum(['both', 'company']) },
      ...{ actorId: z.string(), text: z.string(), createdAt: instant },
    }),
  ),
});

const chainStanding = { head: hash, brokenAt: count.nullable() };

export const partnerTrail = z.object({
  partner: partnerView,
  person: z.object({
    ...{ id: z.string(), name: text, email: text, phone: text, language: z.string() },
    erasedAt: nullableInstant,
  }),
  application: reviewView.omit({ history: true }),
  negotiations: z.array(negotiation),
  envelopes: z.array(
    listedEnvelope.extend({
      evidence: z.object({ facts: count, ...chainStanding }),
      seals: z.array(z.object({ party: side, at: instant, documentHash: hash, certificateSha256: hash })),
    }),
  ),
  agreements: z.array(agreementDetail.extend({ acts: z.object({ count, ...chainStanding }) })),
  /** Changes of its agreements, oldest first, whatever became of them. */
  amendments: z.array(amendmentView.extend({ approvals })),
  suspensions: z.array(
    z.object({
      ...{ id: z.string(), cause: z.enum(suspensionCauses), reason: z.string(), actorId: z.string() },
      ...{ from: instant, until: nullableInstant, endedBy: text, endReason: text },
    }),
  ),
  tiers: z.array(z.object({ tier: z.string(), from: instant, reason: z.string(), recordedAt: instant })),
  mails: z.array(mailView),
  documents: z.array(
    z.object({
      ...{ sha256: sha256Field, kind: text, mediaType: text, sizeBytes: count.nullable() },
      ...{ createdAt: nullableInstant, subjectId: z.string() },
    }),
  ),
  dossiers: z.array(z.object({ sha256: sha256Field, madeBy: z.string(), madeAt: instant })),
  timeline: z.array(
    z.object({
      at: instant,
      source: z.enum(['audit', 'evidence', 'mail']),
      id: z.string(),
      subjectId: z.string(),
      what: z.string(),
      who: z.string(),
      why: text,
      from: text,
      to: text,
      details: z.record(z.string(), z.unknown()),
    }),
  ),
  isComplete: z.boolean(),
});
