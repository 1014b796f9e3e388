import fc from 'fast-check';
import { canonicalJson } from '../../libs/kernel/canonical-json.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { eventContentHash, eventToJson, parseEvent, type UnknownFields } from '../../libs/tracking/domain/index.js';

const sale = {
  id: 'order-1',
  type: 'sale',
  occurredAt: '2026-01-05T07:00:00.250+07:00',
  partner: 'p1',
  amountMinor: 1250,
  currency: 'USD',
  customer: 'c1',
  coupon: 'SPRING',
  products: ['cd'],
  country: 'US',
  campaign: 'launch',
};
const refund = { id: 'r1', type: 'refund', occurredAt: '2026-01-06T00:00:00Z', refundOf: 'order-1', amountMinor: 50 };
const taken = { id: 'v1', type: 'void', occurredAt: '2026-01-06T00:00:00Z', voidOf: 'order-1' };

function pointersOf(input: unknown, unknownFields: UnknownFields = 'refuse'): string[] {
  try {
    parseEvent(input, unknownFields);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.code).toBe('invalid-document');
    return error.errors.map(({ pointer }) => pointer);
  }
  return [];
}

const hashOf = (input: unknown) => eventContentHash(parseEvent(input, 'ignore'));

describe('an event', () => {
  it('is read with its amount as minor units and its instant in UTC', () => {
    const { occurredAt, amountMinor, ...rest } = sale;
    expect(parseEvent(sale, 'refuse')).toEqual({
      kind: 'conversion',
      ...rest,
      occurredAt: new Date('2026-01-05T00:00:00.250Z'),
      amountMinor: BigInt(amountMinor),
    });
    expect(occurredAt).toContain('+07:00');
  });

  it('is read without what it need not have, null included', () => {
    const { customer: _c, coupon: _p, products: _l, country: _n, campaign: _a, ...least } = sale;
    const event = parseEvent({ ...least, customer: null, products: null }, 'refuse');
    expect(event).not.toHaveProperty('customer');
    expect(event).toEqual(parseEvent(least, 'refuse'));
  });

  it('can be a refund or a void, which may name a partner in vain', () => {
    expect(parseEvent({ ...refund, partner: 'p2' }, 'refuse')).toEqual({
      kind: 'refund',
      id: 'r1',
      occurredAt: new Date('2026-01-06T00:00:00Z'),
      refundOf: 'order-1',
      amountMinor: 50n,
    });
    expect(parseEvent(taken, 'refuse')).toMatchObject({ kind: 'void', voidOf: 'order-1' });
  });

  it.each([
    ['/id', 'é'],
    ['/id', ''],
    ['/id', 7],
    ['/id', 'x'.repeat(129)],
    ['/id', 'a\nb'],
    ['/type', undefined],
    ['/type', 'x'.repeat(65)],
    ['/occurredAt', '2026-01-05'],
    ['/occurredAt', '2026-01-05T00:00:00'],
    ['/occurredAt', '2026-01-05T00:00:00.0001Z'],
    ['/occurredAt', '2026-02-29T00:00:00Z'],
    ['/occurredAt', 1767571200000],
    ['/partner', null],
    ['/amountMinor', undefined],
    ['/amountMinor', -1],
    ['/amountMinor', 1.5],
    ['/amountMinor', '1250'],
    ['/amountMinor', 9007199254740992],
    ['/currency', 'usd'],
    ['/currency', 'XBT'],
    ['/customer', ''],
    ['/customer', 5],
    ['/customer', '\ud800'],
    ['/coupon', 'x'.repeat(257)],
    ['/products', 'cd'],
    ['/products', Array.from({ length: 1001 }, () => 'cd')],
  ])('is refused at %s for %j', (pointer, value) => {
    expect(pointersOf({ ...sale, [pointer.slice(1)]: value })).toEqual([pointer]);
  });

  it('is refused with all that is wrong', () => {
    expect(pointersOf({ type: 'sale', products: ['cd', 1] })).toEqual([
      '/id',
      '/occurredAt',
      '/partner',
      '/amountMinor',
      '/currency',
      '/products/1',
    ]);
    expect(pointersOf({ type: 'refund' })).toEqual(['/id', '/occurredAt', '/refundOf', '/amountMinor']);
    expect(pointersOf({ type: 'void' })).toEqual(['/id', '/occurredAt', '/voidOf']);
    for (const input of [null, 'sale', [sale], 1]) expect(pointersOf(input)).toEqual(['']);
  });

  it('is refused with an unknown field by the API and read without it from files', () => {
    expect(pointersOf({ ...sale, note: 1, 'a/b': 1 })).toEqual(['/note', '/a~1b']);
    expect(pointersOf({ ...sale, refundOf: 'x' })).toEqual(['/refundOf']);
    expect(pointersOf({ ...refund, currency: 'USD' })).toEqual(['/currency']);
    expect(pointersOf(JSON.parse('{"__proto__":1}'))).toContain('/__proto__');
    expect(parseEvent({ ...sale, note: 1 }, 'ignore')).toEqual(parseEvent(sale, 'refuse'));
  });

  it('never says in an error what the field held', () => {
    try {
      parseEvent({ ...sale, customer: 'ada@example.org\u0000' }, 'refuse');
    } catch (error) {
      expect(JSON.stringify((error as DomainError).errors)).not.toContain('ada');
    }
    expect.assertions(1);
  });
});

describe('the content of an event', () => {
  it('is the same for the same instant, another order of fields, and null for absent', () => {
    const other = { ...Object.fromEntries(Object.entries(sale).reverse()), occurredAt: '2026-01-05T00:00:00.25Z' };
    const { coupon: _, ...without } = sale;
    expect(hashOf(other)).toBe(hashOf(sale));
    expect(hashOf({ ...sale, coupon: null })).toBe(hashOf(without));
    expect(hashOf({ ...sale, amountMinor: 1.25e3 })).toBe(hashOf(sale));
  });

  it.each(Object.keys(sale))('is another with another %s', (field) => {
    const others: Record<string, unknown> = {
      occurredAt: '2026-01-05T00:00:00.251Z',
      amountMinor: 1251,
      currency: 'EUR',
      products: ['cd', 'lp'],
    };
    expect(hashOf({ ...sale, [field]: others[field] ?? 'other' })).not.toBe(hashOf(sale));
  });

  it('is that of the canonical JSON of the event, whatever it has', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value));
    const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
    const conversion = fc.record(
      {
        ...{ id: ascii, type: text.filter((type) => !['refund', 'void'].includes(type)), partner: text },
        ...{ amountMinor: fc.nat(), currency: fc.constantFrom('USD', 'JPY'), customer: text, coupon: text },
        ...{ products: fc.array(text, { maxLength: 3 }), country: text, campaign: text, click: ascii },
      },
      { requiredKeys: ['id', 'type', 'amountMinor', 'currency', 'customer'] },
    );
    const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    const any = fc.oneof(
      conversion,
      fc.record({ id: ascii, type: fc.constant('refund'), refundOf: ascii, amountMinor: fc.nat() }),
      fc.record({ id: ascii, type: fc.constant('void'), voidOf: ascii }),
    );
    fc.assert(
      fc.property(any, instants, (fields, at) => {
        const event = parseEvent({ ...fields, occurredAt: at.toISOString() }, 'refuse', 'attributed');
        expect(eventContentHash(event)).toBe(sha256(canonicalJson(eventToJson(event))));
      }),
    );
  });

  it('is written as JSON that reads back the same', () => {
    for (const input of [sale, refund, taken]) {
      const event = parseEvent(input, 'refuse');
      expect(parseEvent(JSON.parse(JSON.stringify(eventToJson(event))), 'refuse')).toEqual(event);
    }
  });
});
