import { z } from 'zod';
import { parseTerms, type Terms } from '../../agreements/domain/index.js';
import { isTimeZone } from '../../kernel/calendar.js';
import { isCurrency } from '../../kernel/currency.js';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import { agreementSettings } from './agreement-settings.js';
import { applicationSettings, type FormField } from './application-settings.js';
import { attributionSettings } from './attribution-settings.js';
import { assertContractWords, contractSettings } from './contract-settings.js';
import { disputeSettings, holdSettings } from './hold-settings.js';
import { messageSettings, refuseWrongTexts } from './message-settings.js';
import { negotiationSettings } from './negotiation-settings.js';
import { payoutSettings } from './payout-settings.js';
import { payeeSettings } from './payee-settings.js';
import { reviewSettings } from './review-settings.js';
import { cronField } from './settings-fields.js';
import { refuseDoubleSigners, signatureSettings } from './signature-settings.js';

/** One immutable version of a program. Durations of waiting are ISO 8601 elapsed time, a day being 24 hours. */
const shape = z.strictObject({
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens'),
  name: z.string().min(1).max(200),
  /** The company as the contract names it. */
  company: z.string().min(1).max(200),
  currency: z.string().refine(isCurrency, 'must be an ISO 4217 currency'),
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone'),
  application: applicationSettings,
  review: reviewSettings,
  negotiation: negotiationSettings,
  contract: contractSettings,
  signature: signatureSettings,
  agreement: agreementSettings,
  messages: messageSettings,
  /** Where mails to the company's roles go; a role without an address gets none. */
  contacts: z
    .strictObject({
      partner_manager: z.email().optional(),
      legal: z.email().optional(),
      finance: z.email().optional(),
      admin: z.email().optional(),
      /** Who is told when a countersignature is overdue, where that is none of the above. */
      escalation: z.email().optional(),
    })
    .default({}),
  vesting: z.strictObject({ schedule: cronField }),
  holds: holdSettings,
  disputes: disputeSettings,
  payout: payoutSettings,
  payees: payeeSettings.prefault({}),
  attribution: attributionSettings.prefault({}),
  terms: z.unknown(),
});

const maxDepth = 60;

export type ProgramDocument = Omit<z.infer<typeof shape>, 'terms'> & { terms: Terms };

/** A stored version as this release reads it: settings that it did not know yet have their default. */
export function readProgram(stored: unknown): ProgramDocument {
  return shape.parse(stored) as ProgramDocument;
}

/**
 * The program that `input` (a parsed JSON value) describes. Throws DomainError `invalid-document` with every error's
 * pointer.
 */
export function parseProgram(input: unknown): ProgramDocument {
  if (isDeeperThan(input, maxDepth)) {
    throw new DomainError('invalid-document', `the program is not valid: it lies deeper than ${maxDepth} levels`);
  }
  const parsed = shape.safeParse(input);
  const errors: FieldError[] = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), message: 'is not a known field' }))
          : [{ pointer: toPointer(issue.path), message: issue.message }],
      );
  if (!parsed.success) throw new DomainError('invalid-document', 'the program is not valid', errors);
  const terms = programTerms(parsed.data.terms, parsed.data.currency);
  refuseDoubleFields(parsed.data.application.fields);
  refuseWrongTexts(parsed.data.messages);
  refuseDoubleSigners(parsed.data.signature.companySigners.signers);
  assertContractWords(parsed.data.contract);
  return { ...parsed.data, terms };
}

function programTerms(input: unknown, currency: string): Terms {
  try {
    const terms = parseTerms(input);
    assertSameCurrency(terms, currency);
    return terms;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const errors = error.errors.map(({ pointer, message }) => ({ pointer: `/terms${pointer}`, message }));
    throw new DomainError(error.code, error.message, errors);
  }
}

/** Payouts of a program are in one currency: terms in another one could be signed but never paid. */
export function assertSameCurrency(terms: Terms, currency: string): void {
  if (terms.currency === currency) return;
  const error = { pointer: '/currency', message: `must be the program's currency, ${currency}` };
  throw new DomainError('invalid-document', 'the terms are in another currency than the program', [error]);
}

function refuseDoubleFields(fields: readonly FormField[]): void {
  const seen = new Set<string>();
  fields.forEach(({ name, type, options }, index) => {
    const pointer = `/application/fields/${index}`;
    if (seen.has(name)) {
      throw new DomainError('invalid-document', 'the program is not valid', [
        { pointer: `${pointer}/name`, message: 'is there twice' },
      ]);
    }
    if ((type === 'choice') !== (options !== undefined)) {
      const message = 'belong to fields of type choice, and those need them';
      throw new DomainError('invalid-document', 'the program is not valid', [
        { pointer: `${pointer}/options`, message },
      ]);
    }
    seen.add(name);
  });
}

/** Looked at before anything reads the document level by level. */
function isDeeperThan(input: unknown, levels: number): boolean {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((value) => (isContainer(value) ? Object.values(value) : []));
  }
  return false;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
