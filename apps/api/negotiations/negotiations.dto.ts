import { z } from 'zod';
import { elapsedMs, isElapsedDuration } from '../../../libs/kernel/elapsed.js';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { moneyField, reasonField, sha256Field } from '../edge/fields.js';

const maxAnswerMs = 366 * 86_400_000;

/** ISO 8601 elapsed time, at most a year. */
export const answerWithinField = z
  .string()
  .max(40)
  .refine(
    (text) => isElapsedDuration(text) && elapsedMs(text) > 0 && elapsedMs(text) <= maxAnswerMs,
    'must be a duration of weeks, days, hours, minutes and seconds, at most 366 days',
  );

/** A whole terms document (`pactline.terms/1`), checked by its own schema. */
export const termsField = z.record(z.string().max(64), z.unknown());

export const proposalBody = z.strictObject({
  /** The whole terms document (`pactline.terms/1`). */
  terms: termsField,
  /** The hash of the version that this one answers. */
  answersHash: sha256Field,
  note: reasonField.optional(),
  /** How long the other side has to answer; the program's setting where absent. */
  answerWithin: answerWithinField.optional(),
});

export const acceptanceBody = z.strictObject({ termsHash: sha256Field });
export const retractionBody = z.strictObject({ termsHash: sha256Field });
export const negotiationWithdrawalBody = z.strictObject({ reason: reasonField.optional() });

export const approvalDecisionBody = z
  .strictObject({
    approvalId: z
      .string()
      .max(40)
      .refine((text) => isId('apv', text), 'must be the id of an internal approval'),
    decision: z.enum(['approve', 'reject', 'withdraw']),
    reason: reasonField.optional(),
  })
  .refine(({ decision, reason }) => decision !== 'reject' || reason !== undefined, {
    path: ['reason'],
    error: 'is needed to reject',
  });

export const commentBody = z.strictObject({
  text: z.string().trim().min(1).max(4000),
  /** `company` is for the company's own people alone. */
  visibility: z.enum(['both', 'company']).default('both'),
  /** The comment that this one answers. */
  replyTo: z
    .string()
    .max(40)
    .refine((text) => isId('cmt', text), 'must be the id of a comment')
    .optional(),
});

export const commentsQuery = z.strictObject({ ...pageFields });

const side = z.enum(['company', 'partner']);
const state = z.enum(['open', 'agreed', 'withdrawn', 'lapsed']);
const move = z.enum(['proposal', 'acceptance']);
const fieldErrors = z.array(z.object({ pointer: z.string(), message: z.string() }));

export const negotiationStatus = z.object({
  state,
  /** The version on the table. */
  number: z.number().int(),
  termsHash: sha256Field,
  awaiting: side.optional(),
  /** When the round on the table expires unless it is answered. */
  dueAt: z.iso.datetime().optional(),
  /** A move of the company that waits for approval; the company alone sees it. */
  pendingApproval: z.object({ approvalId: z.string(), move, roles: z.array(z.string()) }).optional(),
});

export const negotiationView = negotiationStatus.extend({
  id: z.string(),
  programId: z.string(),
  applicationId: z.string(),
  partnerId: z.string(),
  kind: z.enum(['initial', 'amendment', 'renewal']),
  agreementId: z.string().nullable(),
  /** What the opening offer came from, as the company sees it: null where from the program's own terms. */
  template: z.object({ id: z.string(), version: z.number().int() }).nullable().optional(),
  versions: z.array(
    z.object({
      number: z.number().int(),
      side,
      termsHash: sha256Field,
      note: z.string().nullable(),
      answerWithin: z.string().nullable(),
      createdAt: z.iso.datetime(),
      /** When its side took it back, so that the one before it stood again. */
      retractedAt: z.iso.datetime().nullable(),
      /** What it would have cost, as far as that was asked; the company alone sees it. */
      simulations: z
        .array(
          z.object({
            id: z.string(),
            state: z.enum(['running', 'done', 'failed']),
            total: moneyField.nullable(),
            difference: moneyField.nullable(),
          }),
        )
        .optional(),
      terms: z.record(z.string(), z.unknown()),
    }),
  ),
});

export const internalApprovals = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      move,
      state: z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'superseded']),
      termsHash: sha256Field,
      answersNumber: z.number().int(),
      note: z.string().nullable(),
      needed: z.array(z.object({ role: z.string(), fields: fieldErrors })),
      proposedBy: z.string(),
      createdAt: z.iso.datetime(),
      stateSince: z.iso.datetime(),
      decisions: z.array(
        z.object({
          role: z.string(),
          actorId: z.string(),
          decision: z.enum(['approve', 'reject']),
          reason: z.string().nullable(),
          createdAt: z.iso.datetime(),
        }),
      ),
      terms: z.record(z.string(), z.unknown()),
    }),
  ),
  next: z.null(),
});

export const commentView = z.object({
  id: z.string(),
  /** The version that was on the table. */
  number: z.number().int(),
  side,
  visibility: z.enum(['both', 'company']),
  /** Who wrote it; of the company's people the partner sees the side alone. */
  authorId: z.string().optional(),
  replyTo: z.string().nullable(),
  text: z.string(),
  createdAt: z.iso.datetime(),
});

export const commentPage = pageOf(commentView);
