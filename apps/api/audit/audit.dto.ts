import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';

export const auditQuery = z.strictObject({
  ...pageFields,
  /** Facts about this thing alone, by its id. */
  subject: z.string().min(1).max(200).optional(),
  program: z.string().min(1).max(40).optional(),
});

export const auditFact = z.object({
  id: z.string(),
  programId: z.string(),
  at: z.iso.datetime(),
  actorId: z.string(),
  action: z.string(),
  subjectId: z.string(),
  fromState: z.string().nullable(),
  toState: z.string().nullable(),
  reason: z.string().nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditFactView = z.infer<typeof auditFact>;
export const auditPage = pageOf(auditFact);

export const feedQuery = z.strictObject({
  limit: pageFields.limit,
  /** The `next` of the answer before; from the first event where absent. */
  after: z.string().min(1).max(1_000).optional(),
  program: z.string().min(1).max(40).optional(),
});

export const domainEvent = z.object({
  id: z.string(),
  programId: z.string(),
  type: z.string(),
  subjectId: z.string(),
  at: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});
export type DomainEventView = z.infer<typeof domainEvent>;

/** Unlike a page's, the feed's `next` is always there: events to come stand after it. */
export const feedPage = z.object({ items: z.array(domainEvent), next: z.string().nullable() });
