import { z } from 'zod';
import { applicationStages, type ApplicationStage } from '../../../libs/partners/index.js';
import { programIdField } from '../edge/fields.js';

const stage = z.enum(Object.keys(applicationStages.table) as [ApplicationStage, ...ApplicationStage[]]);
const instant = z.iso.datetime().nullable();
const text = z.string().nullable();

export const checklistBody = z.strictObject({
  item: z.string().min(1).max(40),
  isDone: z.boolean(),
  note: z.string().trim().min(1).max(2_000).optional(),
});

export const reviewerBody = z.strictObject({
  /** As the reviewer's token names it. */
  reviewerId: z.string().min(1).max(200),
});

export const erasureBody = z.strictObject({});
export const erasureRunBody = z.strictObject({ programId: programIdField });
export const erasureRun = z.object({ programId: z.string(), cutOff: z.iso.datetime() });
export const erasureView = z.object({ id: z.string(), erasedAt: z.iso.datetime() });

export const reviewView = z.object({
  id: z.string(),
  programId: z.string(),
  programVersion: z.number().int(),
  stage,
  person: z.object({ name: text, email: text, phone: text, language: z.string() }),
  company: text,
  country: text,
  partnerType: text,
  webSites: z.array(z.string()),
  form: z.record(z.string(), z.unknown()),
  formVersion: z.string(),
  consentVersion: text,
  verifiedAt: instant,
  reviewSince: instant,
  reviewerId: text,
  decisionDueAt: instant,
  remindersSent: z.number().int(),
  escalatedAt: instant,
  score: z.number().int().nullable(),
  /** What rules raised, each with its rule; `duplicate` is the one that every program has. */
  flags: z.array(z.object({ rule: z.string(), reason: z.string(), raisedAt: z.iso.datetime() })),
  /** Other applications of the program with the same mail address, company or web site. */
  duplicates: z.array(
    z.object({
      applicationId: z.string(),
      stage,
      on: z.array(z.enum(['email', 'company', 'web_site'])),
      createdAt: z.iso.datetime(),
    }),
  ),
  checklist: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      required: z.boolean(),
      checkedBy: text,
      checkedAt: instant,
      note: text,
    }),
  ),
  references: z.array(
    z.object({
      id: z.string(),
      name: text,
      email: text,
      phone: text,
      relation: text,
      state: z.enum(['unasked', 'asked', 'answered', 'unanswered']),
      dueAt: instant,
      answeredAt: instant,
      answers: z.array(z.object({ question: z.string(), label: z.string(), answer: z.string() })),
    }),
  ),
  informationRequests: z.array(z.object({ id: z.string(), round: z.number().int(), state: z.string() }).loose()),
  attachments: z.array(
    z.object({ id: z.string(), mediaType: z.string(), sizeBytes: z.number().int(), fileName: text }),
  ),
  /** Who decided, when and why; null while nobody has. `system` where a rule did. */
  decision: z.object({ by: z.string(), at: z.iso.datetime(), reason: text, reasonCode: text }).nullable(),
  history: z.array(
    z.object({
      at: z.iso.datetime(),
      action: z.string(),
      actorId: z.string(),
      from: text,
      to: text,
      reason: text,
      details: z.record(z.string(), z.unknown()),
    }),
  ),
  erasedAt: instant,
});
