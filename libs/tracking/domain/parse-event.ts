import { parseInstant } from '../../kernel/calendar.js';
import { isCurrency } from '../../kernel/currency.js';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import type { TrackedEvent } from './event.js';

/** Whether a conversion has to name its partner: where touches are known, its customer, coupon or click may do in its place. */
export type NamedPartner = 'required' | 'attributed';

/** Whether a field that events do not have is an error (the API) or of no interest (files). */
export type UnknownFields = 'refuse' | 'ignore';

type Json = Readonly<Record<string, unknown>>;

const conversionFields: ReadonlySet<string> = new Set([
  ...['id', 'type', 'occurredAt', 'partner', 'amountMinor', 'currency'],
  ...['customer', 'coupon', 'products', 'country', 'campaign', 'click'],
]);
/** A refund or void may name a partner; it follows its event all the same. */
const refundFields: ReadonlySet<string> = new Set(['id', 'type', 'occurredAt', 'partner', 'refundOf', 'amountMinor']);
const voidFields: ReadonlySet<string> = new Set(['id', 'type', 'occurredAt', 'partner', 'voidOf']);

const maxIdLength = 128;
const maxTypeLength = 64;
const maxValueLength = 256;
const maxProducts = 1000;

const asciiPattern = /^[ -~]*$/;
const unprintablePattern = /[\p{Cc}\p{Cs}]/u;

/**
 * The event that `input` (a parsed JSON value) is (terms.md, Events). A field that is null counts as absent. Throws
 * DomainError `invalid-document` with every error as a JSON pointer; values are never repeated in the messages.
 */
export function parseEvent(
  input: unknown,
  unknownFields: UnknownFields,
  partner: NamedPartner = 'required',
): TrackedEvent {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw invalid([{ pointer: '', message: 'must be an object' }]);
  }
  const reader = new FieldReader(input as Json);
  const event = readEvent(reader, partner);
  if (unknownFields === 'refuse') reader.refuseFieldsBeside(fieldsOf(event));
  if (reader.errors.length > 0) throw invalid(reader.errors);
  return event;
}

function invalid(errors: readonly FieldError[]): DomainError {
  return new DomainError('invalid-document', 'the event is not valid', errors);
}

function fieldsOf({ kind }: TrackedEvent): ReadonlySet<string> {
  if (kind === 'refund') return refundFields;
  return kind === 'void' ? voidFields : conversionFields;
}

function readEvent(reader: FieldReader, partner: NamedPartner): TrackedEvent {
  const type = reader.name('type', maxTypeLength) ?? '';
  const id = reader.id('id');
  const occurredAt = reader.instant('occurredAt');
  if (type === 'refund') {
    return {
      kind: 'refund',
      id,
      occurredAt,
      refundOf: reader.id('refundOf'),
      amountMinor: reader.amount('amountMinor'),
    };
  }
  if (type === 'void') return { kind: 'void', id, occurredAt, voidOf: reader.id('voidOf') };
  return {
    kind: 'conversion',
    id,
    type,
    occurredAt,
    partner: partner === 'attributed' && reader.hasTrace() ? '' : (reader.name('partner', maxIdLength) ?? ''),
    amountMinor: reader.amount('amountMinor'),
    currency: reader.currency('currency'),
    ...reader.optional(),
  };
}

/** Reads field by field and remembers what is wrong; what it returns then is a stand-in that is never used. */
class FieldReader {
  readonly errors: FieldError[] = [];

  constructor(private readonly json: Json) {}

  id(field: string): string {
    const value = this.name(field, maxIdLength);
    if (value !== undefined && !asciiPattern.test(value)) this.fail(field, 'must be printable ASCII');
    return value ?? '';
  }

  /** A required text that is not empty. */
  name(field: string, maxLength: number): string | undefined {
    const value = this.text(field, maxLength);
    if (value === undefined && this.isAbsent(field)) this.fail(field, 'is missing');
    if (value === '') this.fail(field, 'must not be empty');
    return value;
  }

  instant(field: string): Date {
    const value = this.name(field, maxTypeLength);
    const instant = value === undefined ? undefined : parseInstant(value);
    if (value !== undefined && !instant) {
      this.fail(field, 'must be an RFC 3339 instant with a zone and at most milliseconds');
    }
    return instant ?? new Date(0);
  }

  amount(field: string): bigint {
    const value = this.json[field];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    this.fail(field, this.isAbsent(field) ? 'is missing' : 'must be a safe integer of at least 0');
    return 0n;
  }

  currency(field: string): string {
    const value = this.name(field, maxTypeLength);
    if (value !== undefined && !isCurrency(value)) this.fail(field, 'must be an active ISO 4217 currency');
    return value ?? '';
  }

  /** The fields that a conversion may have; only those that are there. */
  optional(): Partial<Record<'customer' | 'coupon' | 'country' | 'campaign' | 'click', string>> & {
    products?: string[];
  } {
    const fields: ReturnType<FieldReader['optional']> = {};
    if (!this.isAbsent('click')) fields.click = this.id('click');
    for (const field of ['customer', 'coupon', 'country', 'campaign'] as const) {
      const value = this.text(field, maxValueLength);
      if (value !== undefined) fields[field] = value;
    }
    // One empty customer for all who gave none would make strangers existing customers.
    if (fields.customer === '') this.fail('customer', 'must not be empty');
    const products = this.products();
    if (products) fields.products = products;
    return fields;
  }

  /** Whether the event names no partner and has something by which one may be found. */
  hasTrace(): boolean {
    return this.isAbsent('partner') && ['customer', 'coupon', 'click'].some((field) => !this.isAbsent(field));
  }

  refuseFieldsBeside(known: ReadonlySet<string>): void {
    for (const field of Object.keys(this.json)) {
      if (known.has(field)) continue;
      this.errors.push({
        pointer: `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        message: 'is not a known field',
      });
    }
  }

  private products(): string[] | undefined {
    if (this.isAbsent('products')) return undefined;
    const list: unknown = this.json['products'];
    if (!Array.isArray(list)) return void this.fail('products', 'must be a list');
    if (list.length > maxProducts) return void this.fail('products', `must have at most ${maxProducts} elements`);
    (list as unknown[]).forEach((product, index) => this.checkText(`products/${index}`, product, maxValueLength));
    return list as string[];
  }

  private text(field: string, maxLength: number): string | undefined {
    if (this.isAbsent(field)) return undefined;
    return this.checkText(field, this.json[field], maxLength);
  }

  private checkText(path: string, value: unknown, maxLength: number): string | undefined {
    if (typeof value !== 'string') return void this.fail(path, 'must be a string');
    if (value.length > maxLength) return void this.fail(path, `must have at most ${maxLength} characters`);
    if (unprintablePattern.test(value)) return void this.fail(path, 'must not have control characters');
    return value;
  }

  private isAbsent(field: string): boolean {
    return this.json[field] === undefined || this.json[field] === null;
  }

  private fail(path: string, message: string): void {
    this.errors.push({ pointer: `/${path}`, message });
  }
}
