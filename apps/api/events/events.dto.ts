import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { moneyField, programIdField } from '../edge/fields.js';

/** One event's own schema is tracking's, so that a batch can refuse one event and take the others. */
const event = z.record(z.string().max(64), z.unknown());

/** Either one event or, as `events`, up to a thousand. */
export const eventsBody = z.union([z.strictObject({ events: z.array(z.unknown()).min(1).max(1000) }), event]);

export const programQuery = z.strictObject({ programId: programIdField });

const problem = z.object({
  code: z.string(),
  message: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })),
});

/** What an event that names no partner gives one of those who share it. */
const share = z.object({
  partnerId: z.string(),
  /** The partner's part of the event's amount. */
  allocated: moneyField,
  status: z.enum(['priced', 'unpriced', 'held']),
  rule: z.string().optional(),
  clause: z.string().optional(),
  termsHash: z.string().optional(),
  amount: moneyField.optional(),
  reason: z.string().optional(),
});

export const eventResult = z.object({
  id: z.string().optional(),
  status: z.enum(['priced', 'unpriced', 'waiting', 'held', 'attributed', 'unattributed', 'duplicate', 'refused']),
  shares: z.array(share).optional(),
  partnerId: z.string().optional(),
  rule: z.string().optional(),
  clause: z.string().optional(),
  termsHash: z.string().optional(),
  amount: moneyField.optional(),
  reason: z.string().optional(),
  problem: problem.optional(),
});

/** One result for one event; `results`, in the order of the events, for a batch. */
export const eventsAnswer = z.union([z.object({ results: z.array(eventResult) }), eventResult]);

const line = z.object({
  eventId: z.string(),
  partnerId: z.string(),
  rule: z.string(),
  clause: z.string(),
  kind: z.enum(['commission', 'credit', 'bonus', 'reversal']),
  /** Credit goes to the partner's credit account and is never paid as money. */
  tender: z.enum(['money', 'credit']),
  /** What a milestone had counted when it was reached. */
  step: z.int().optional(),
  of: z.string().optional(),
  amount: moneyField,
  clamp: z.string().optional(),
  termsHash: z.string(),
  agreementVersionId: z.string(),
  occurredAt: z.iso.datetime(),
  vestsAt: z.iso.datetime(),
  vested: z.boolean(),
});

export const linePage = pageOf(line);

export const linesQuery = z.strictObject(pageFields);

export const explanation = z.object({
  event: z.record(z.string(), z.unknown()),
  partnerId: z.string().optional(),
  summary: z.string(),
  trace: z.record(z.string(), z.unknown()).optional(),
  /** What each rule and bonus of the terms did with the event, a sentence each. */
  sentences: z.array(z.object({ rule: z.string(), clause: z.string(), sentence: z.string() })).optional(),
  /** Why bonuses that fall due by the calendar or by a decision are paid, or not: upfront, retainer, participation, lifetime value. */
  bonuses: z.array(z.record(z.string(), z.unknown())).optional(),
  reversals: z.array(z.record(z.string(), z.unknown())),
  /** Of an event that names no partner: who has which share, and of every touch why it counts or not. */
  attribution: z.record(z.string(), z.unknown()).optional(),
  /** The explanation of each share; a partner is shown its own in the place of the whole. */
  shares: z.array(z.record(z.string(), z.unknown())).optional(),
  holds: z.array(z.record(z.string(), z.unknown())).optional(),
  disputes: z.array(z.record(z.string(), z.unknown())).optional(),
  lines: z.array(line.extend({ payouts: z.array(z.record(z.string(), z.unknown())) })),
});
