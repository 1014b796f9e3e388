import { z } from 'zod';
import { parseInstant } from '../../kernel/calendar.js';
import { canonicalJson } from '../../kernel/canonical-json.js';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import { sha256 } from '../../kernel/sha256.js';
import { touchKinds, type TouchKind } from './attribute.js';

/** A touch as it is reported. It names its partner in one way: itself, by a link of its, or by a coupon code of its. */
export interface TouchReport {
  readonly id: string;
  readonly kind: TouchKind;
  readonly occurredAt: Date;
  readonly partner?: string | undefined;
  readonly link?: string | undefined;
  readonly coupon?: string | undefined;
  readonly customer?: string | undefined;
  readonly role?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export const touchIdPattern = /^[\x21-\x7e]{1,128}$/;
const maxParameters = 30;
const text = (max: number): z.ZodString =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control characters');

/** What a link or click carries on: names of a query, and their values. */
export const parametersShape = z
  .record(z.string().regex(/^[A-Za-z0-9_.~-]{1,64}$/, 'must be the name of a parameter'), z.string().max(256))
  .refine((given) => Object.keys(given).length <= maxParameters, `must have at most ${maxParameters} parameters`);

const instant = z
  .string()
  .max(64)
  .transform((value, context) => {
    const parsed = parseInstant(value);
    if (parsed) return parsed;
    context.addIssue({ code: 'custom', message: 'must be an RFC 3339 instant with a zone and at most milliseconds' });
    return z.NEVER;
  });

const absent = (value: unknown): unknown => value ?? undefined;
const optional = <Shape extends z.ZodType>(shape: Shape) => z.preprocess(absent, shape.optional());

const shape = z.strictObject({
  id: z.string().regex(touchIdPattern, 'must be printable ASCII without spaces'),
  kind: z.enum(touchKinds),
  occurredAt: instant,
  partner: optional(text(128)),
  link: optional(text(128)),
  coupon: optional(text(256)),
  customer: optional(text(256)),
  role: optional(z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be the name of a role')),
  parameters: optional(parametersShape),
});

/** The touch that `input` (a parsed JSON value) is. Throws DomainError `invalid-document` with every error as a JSON pointer. */
export function parseTouch(input: unknown): TouchReport {
  const parsed = shape.safeParse(input);
  const errors: FieldError[] = parsed.success
    ? namingErrors(parsed.data)
    : parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), message: 'is not a known field' }))
          : [{ pointer: pointerTo(issue.path), message: issue.message }],
      );
  if (parsed.success && errors.length === 0) return parsed.data;
  throw new DomainError('invalid-document', 'the touch is not valid', errors);
}

function namingErrors({ kind, partner, link, coupon, customer }: z.infer<typeof shape>): FieldError[] {
  const names = [partner, link, coupon].filter((name) => name !== undefined);
  const errors: FieldError[] = [];
  if (names.length !== 1) errors.push({ pointer: '', message: 'names its partner by one of partner, link and coupon' });
  if (kind === 'coupon' && coupon === undefined) errors.push({ pointer: '/coupon', message: 'is missing' });
  if (kind !== 'coupon' && coupon !== undefined)
    errors.push({ pointer: '/coupon', message: 'belongs to coupons alone' });
  if (kind !== 'click' && link !== undefined) errors.push({ pointer: '/link', message: 'belongs to clicks alone' });
  // A click may be claimed later, by an event that names it; nothing leads from an event to another touch but its customer.
  if (kind !== 'click' && customer === undefined) errors.push({ pointer: '/customer', message: 'is missing' });
  return errors;
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Equal exactly where two reports say the same: lower-case hexadecimal SHA-256. */
export function touchContentHash({ occurredAt, ...rest }: TouchReport): string {
  const present = Object.entries(rest).filter(([, value]) => value !== undefined);
  return sha256(canonicalJson({ ...Object.fromEntries(present), occurredAt: occurredAt.toISOString() }));
}

/** A coupon code as it is kept and compared: people type them in any case, with spaces around. */
export function couponKey(code: string): string {
  return code.trim().toUpperCase();
}

/** The id of the touch that a conversion with a coupon is; no sender can give one with spaces. */
export function couponTouchId(eventId: string): string {
  return `coupon of ${eventId}`;
}
