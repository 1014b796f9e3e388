import { z } from 'zod';
import { mailStates, type MailState } from '../../../libs/notifications/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { programIdField } from '../edge/fields.js';

const state = z.enum(Object.keys(mailStates.table) as [MailState, ...MailState[]]);

export const mailView = z.object({
  id: z.string(),
  programId: z.string(),
  template: z.string(),
  subjectId: z.string(),
  personId: z.string().nullable(),
  role: z.string().nullable(),
  language: z.string().nullable(),
  state,
  attempts: z.number().int(),
  code: z.string().nullable(),
  messageId: z.string().nullable(),
  resendOf: z.string().nullable(),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
  sentAt: z.iso.datetime().nullable(),
});

export const mailPage = pageOf(mailView);

export const mailLogQuery = z.strictObject({
  ...pageFields,
  state: state.optional(),
  template: z.string().min(1).max(60).optional(),
});

export const mailsQuery = mailLogQuery.extend({ programId: programIdField.optional() });

export const resentMail = z.object({ id: z.string() });
