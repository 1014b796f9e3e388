import { z } from 'zod';
import { isCountry } from '../../kernel/country.js';
import type { Language } from '../../kernel/language.js';
import { languageField } from './language.js';
import { partnerTypes } from './partner-type.js';
import { elapsedField, sentenceField } from './settings-fields.js';

const shortId = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens');
const scalar = z.union([z.string().min(1).max(200), z.number(), z.boolean()]);
/** What rules look at. `form/…` is an answer of the program's own form, by its path. */
const fact = z
  .string()
  .regex(
    /^(country|partnerType|language|company|emailDomain|webSites|webSiteHosts|references|attachments|duplicates|score|form(\/[a-zA-Z0-9_]{1,40}){1,5})$/,
    'is not a fact that rules can look at',
  );

/** A test of one fact, or of several conditions together. */
export interface Condition {
  fact?: string | undefined;
  is?: string | number | boolean | undefined;
  in?: (string | number | boolean)[] | undefined;
  atLeast?: number | undefined;
  atMost?: number | undefined;
  /** Of a text: it has this in it, upper and lower case alike; of a list: one of its items is this. */
  contains?: string | undefined;
  /** Whether it was answered at all. */
  given?: boolean | undefined;
  all?: Condition[] | undefined;
  any?: Condition[] | undefined;
  not?: Condition | undefined;
}

const tests = ['is', 'in', 'atLeast', 'atMost', 'contains', 'given'] as const;
const joins = ['all', 'any', 'not'] as const;
const maxDepth = 5;

const condition: z.ZodType<Condition> = z
  .strictObject({
    fact: fact.optional(),
    is: scalar.optional(),
    in: z.array(scalar).min(1).max(300).optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    contains: z.string().min(1).max(200).optional(),
    given: z.boolean().optional(),
    get all() {
      return z.array(condition).min(1).max(20).optional();
    },
    get any() {
      return z.array(condition).min(1).max(20).optional();
    },
    get not() {
      return condition.optional();
    },
  })
  .superRefine((value, context) => {
    const given = (names: readonly (keyof Condition)[]): string[] => names.filter((name) => value[name] !== undefined);
    const parts = [...given(tests), ...given(joins)];
    if (parts.length !== 1) {
      context.addIssue({ code: 'custom', message: `must have one of ${[...tests, ...joins].join(', ')}` });
    } else if ((given(tests).length === 1) !== (value.fact !== undefined)) {
      context.addIssue({ code: 'custom', path: ['fact'], message: 'belongs to a test of a fact, and a test needs it' });
    }
  });

const rule = z.strictObject({
  id: shortId.refine((id) => id !== 'duplicate', 'is kept for duplicates'),
  if: condition,
  then: z.enum(['score', 'flag', 'approve', 'reject']),
  /** What a rule of kind `score` adds. */
  points: z.number().int().min(-1_000).max(1_000).optional(),
  /** Why, for people; the text of a flag and the reason of a decision. */
  reason: sentenceField.optional(),
  /** Which of the program's reasons a rejection gives. */
  reasonCode: shortId.optional(),
});

export type ReviewRule = z.infer<typeof rule>;

const checklistItem = z.strictObject({
  id: shortId,
  label: sentenceField,
  /** Whether it must be ticked before anybody approves. */
  required: z.boolean().default(false),
});

export type ChecklistItem = z.infer<typeof checklistItem>;

const rejectReason = z.strictObject({
  code: shortId,
  text: sentenceField,
  texts: z.partialRecord(languageField, sentenceField).default({}),
});

/** How applications are decided on. */
export const reviewSettings = z
  .strictObject({
    /** How long a decision may take; what nobody decided by then expires. Time that an applicant takes doesn't count. */
    decisionWithin: elapsedField,
    /** How often the company is reminded of an application that waits, and how many times. */
    remindEvery: elapsedField.default('P3D'),
    maxReminders: z.number().int().min(0).max(200).default(3),
    /** How long before the deadline somebody else is told, and who. Nobody where it is absent. */
    escalation: z
      .strictObject({ before: elapsedField, to: z.enum(['partner_manager', 'legal', 'finance', 'admin']) })
      .optional(),
    /** The ids of people who review, as their tokens name them; each new application goes to the next of them. */
    reviewers: z.array(z.string().min(1).max(200)).max(50).default([]),
    checklist: z.array(checklistItem).max(50).default([]),
    /** Read in their order, once the mail address is verified: first all scores, then the rest. */
    rules: z.array(rule).max(100).default([]),
    informationRequests: z
      .strictObject({
        answerWithin: elapsedField.default('P7D'),
        maxRounds: z.number().int().min(0).max(200).default(5),
        /** What becomes of an application whose question stays open: it goes back to its reviewer, or expires. */
        whenUnanswered: z.enum(['return', 'expire']).default('return'),
      })
      .prefault({}),
    rejectReasons: z.array(rejectReason).max(50).default([]),
    /** How long after a rejection the same mail address is rejected again without a look. */
    reapplyAfter: elapsedField.default('P0D'),
    /** When personal data of applications that came to nothing is erased, and when a run looks for them. */
    erasure: z
      .strictObject({
        after: elapsedField.default('P180D'),
        schedule: z
          .string()
          .max(100)
          .regex(/^\S+( \S+){4}$/, 'must be five cron fields')
          .default('30 3 * * *'),
      })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    const fault = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const twice = (name: string, ids: readonly string[], key: string): void =>
      ids.forEach((id, index) => void (ids.indexOf(id) < index && fault([name, index, key], 'is there twice')));
    const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);
    const codes = settings.rejectReasons.map(({ code }) => code);
    twice('rules', ids(settings.rules), 'id');
    twice('checklist', ids(settings.checklist), 'id');
    twice('rejectReasons', codes, 'code');
    settings.reviewers.forEach((reviewer, index) => {
      if (settings.reviewers.indexOf(reviewer) < index) fault(['reviewers', index], 'is there twice');
    });
    settings.rules.forEach((one, index) => {
      for (const [at, message] of ruleFaults(one, codes)) fault(['rules', index, ...at], message);
    });
  });

export type ReviewSettings = z.infer<typeof reviewSettings>;

/** What one of a program's reasons to reject says in a language; undefined for a code that it does not have. */
export function rejectReasonText(
  { rejectReasons }: Pick<ReviewSettings, 'rejectReasons'>,
  code: string,
  language?: Language,
): string | undefined {
  const reason = rejectReasons.find((one) => one.code === code);
  return (language && reason?.texts[language]) ?? reason?.text;
}

/** What is wrong with a rule beyond its shape, each with where. */
function* ruleFaults(one: ReviewRule, codes: readonly string[]): Generator<[PropertyKey[], string]> {
  const isScore = one.then === 'score';
  if (isScore !== (one.points !== undefined)) yield [['points'], 'belong to rules that score, and those need them'];
  if (!isScore && one.reason === undefined && one.reasonCode === undefined) yield [['reason'], 'is needed'];
  if (one.reasonCode !== undefined && (one.then !== 'reject' || !codes.includes(one.reasonCode))) {
    yield [['reasonCode'], 'must be one of rejectReasons, of a rule that rejects'];
  }
  if (depthOf(one.if) > maxDepth) yield [['if'], `lies deeper than ${maxDepth} conditions`];
  for (const { fact: name, is, in: listed = [] } of testsIn(one.if)) {
    if (isScore && name === 'score') yield [['if'], 'a rule that scores cannot look at the score'];
    const values = [...(is === undefined ? [] : [is]), ...listed];
    if (name === 'country' && !values.every((value) => isCountry(String(value)))) {
      yield [['if'], 'names a country that ISO 3166-1 does not have'];
    }
    if (name === 'partnerType' && !values.every((value) => (partnerTypes as readonly unknown[]).includes(value))) {
      yield [['if'], `names a partner type that is none of ${partnerTypes.join(', ')}`];
    }
  }
}

function* testsIn(one: Condition): Generator<Condition> {
  yield one;
  for (const part of [...(one.all ?? []), ...(one.any ?? []), ...(one.not ? [one.not] : [])]) yield* testsIn(part);
}

function depthOf(one: Condition): number {
  const parts = [...(one.all ?? []), ...(one.any ?? []), ...(one.not ? [one.not] : [])];
  return 1 + Math.max(0, ...parts.map(depthOf));
}
