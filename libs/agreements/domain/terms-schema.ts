/**
 * The JSON Schema (draft 2020-12) of terms documents `pactline.terms/1`, complete for every kind. `terms.schema.json`
 * beside this file is its published copy. Each union is told apart by `kind` with if/then, so that an error names the
 * field of the kind that was meant. What a schema cannot say (unique ids, rising bands, known zones) `parseTerms` adds.
 */

const safeInteger = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const count = { type: 'integer', minimum: 0, maximum: 1000 } as const;
/** Ids are printed, signed and sent in headers and file names: printable ASCII. */
const id = { type: 'string', maxLength: 128, pattern: '^[ -~]+$' } as const;
/** Names are printed in the contract: no control characters, and no lone surrogates, which UTF-8 cannot hold. */
const name = { type: 'string', maxLength: 64, pattern: '^[^\\p{Cc}\\p{Cs}]+$' } as const;
const value = { type: 'string', maxLength: 128, pattern: '^[^\\p{Cc}\\p{Cs}]+$' } as const;
const text = { type: 'string', maxLength: 4000, pattern: '^(?:[^\\p{Cc}\\p{Cs}]|[\\n\\r\\t])+$' } as const;
const values = { type: 'array', minItems: 1, maxItems: 1000, uniqueItems: true, items: { $ref: '#/$defs/value' } };
const period = { enum: ['month', 'quarter', 'year'] };
const periodOrLifetime = { enum: ['month', 'quarter', 'year', 'lifetime'] };
const metric = { enum: ['count', 'amount', 'new_customers'] };

const ref = (definition: string) => ({ $ref: `#/$defs/${definition}` });

interface ObjectSchema {
  type: 'object';
  properties: Record<string, unknown>;
  required: string[];
  additionalProperties: false;
}

/** A closed object: fields that it does not name are refused. A name that ends in `?` is optional. */
function closed(fields: Record<string, unknown>): ObjectSchema {
  const properties = Object.fromEntries(Object.entries(fields).map(([key, schema]) => [key.replace('?', ''), schema]));
  const required = Object.keys(fields).filter((key) => !key.endsWith('?'));
  return { type: 'object', properties, required, additionalProperties: false };
}

/** An object whose other fields depend on its `kind`. */
function byKind(kinds: Record<string, ObjectSchema>) {
  return {
    type: 'object',
    properties: { kind: { enum: Object.keys(kinds) } },
    required: ['kind'],
    allOf: Object.entries(kinds).map(([kind, schema]) => ({
      if: { type: 'object', properties: { kind: { const: kind } }, required: ['kind'] },
      then: schema,
    })),
  };
}

const reward = byKind({
  percent: closed({ kind: true, rate: ref('rate') }),
  flat: closed({ kind: true, amountMinor: ref('amountMinor') }),
  credit: closed({ kind: true, amountMinor: ref('amountMinor'), of: { const: 'store_credit' } }),
  banded: closed({
    kind: true,
    basis: { enum: ['amount', 'count'] },
    period: periodOrLifetime,
    mode: { enum: ['marginal', 'whole'] },
    bands: { type: 'array', minItems: 1, maxItems: 1000, items: closed({ from: safeInteger, rate: ref('rate') }) },
  }),
});

const match = closed({
  'customer?': { enum: ['new', 'existing'] },
  'minAmountMinor?': ref('amountMinor'),
  'tiers?': { ...values, items: ref('name') },
  'coupons?': values,
  'products?': values,
  'countries?': values,
  'campaigns?': values,
  'from?': ref('instant'),
  'until?': ref('instant'),
  'withinFirst?': ref('duration'),
});

const limits = closed({
  'perEventMinor?': ref('amountMinor'),
  'perPeriod?': closed({ period, maxMinor: ref('amountMinor') }),
  'lifetimeMinor?': ref('amountMinor'),
});

const bonus = byKind({
  upfront: closed({ id: ref('id'), kind: true, amountMinor: ref('amountMinor') }),
  retainer: closed({ id: ref('id'), kind: true, every: ref('duration'), amountMinor: ref('amountMinor') }),
  milestone: closed({
    id: ref('id'),
    kind: true,
    event: ref('name'),
    metric,
    period: periodOrLifetime,
    steps: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: closed({ at: { ...safeInteger, minimum: 1 }, amountMinor: ref('amountMinor') }),
    },
  }),
  participation: closed({ id: ref('id'), kind: true, deliverable: ref('value'), amountMinor: ref('amountMinor') }),
  lifetime_value: closed({ id: ref('id'), kind: true, after: ref('duration'), rate: ref('rate') }),
});

const tiers = closed({
  lookback: ref('duration'),
  requalify: period,
  metric,
  graceReviews: count,
  list: { type: 'array', minItems: 1, maxItems: 1000, items: closed({ name: ref('name'), from: safeInteger }) },
});

const attribution = closed({
  model: { enum: ['last_touch', 'first_touch', 'linear', 'position_based', 'roles'] },
  window: ref('duration'),
  'shares?': { type: 'object', maxProperties: 100, propertyNames: ref('id'), additionalProperties: ref('rate') },
});

/** The schema as a plain value: what ajv compiles, what the API publishes and what `terms.schema.json` holds. */
export const termsSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:pactline:terms:1',
  title: 'Pactline terms document, version 1',
  ...closed({
    schema: { const: 'pactline.terms/1' },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217' },
    'timeZone?': { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$', description: 'an IANA zone' },
    commissions: { type: 'array', maxItems: 1000, items: ref('commission') },
    'bonuses?': { type: 'array', maxItems: 1000, items: ref('bonus') },
    'tiers?': tiers,
    'attribution?': attribution,
    payment: closed({
      frequency: { enum: ['weekly', 'monthly', 'quarterly'] },
      holding: ref('duration'),
      minimumMinor: ref('amountMinor'),
      methods: { ...values, items: ref('name') },
    }),
    term: closed({
      length: ref('duration'),
      renewal: { enum: ['auto', 'consent', 'none'] },
      notice: ref('duration'),
    }),
    'obligations?': {
      type: 'array',
      maxItems: 1000,
      items: closed({ id: ref('id'), text: ref('text'), 'checkpoint?': ref('duration') }),
    },
    'legal?': closed({ 'governingLaw?': ref('text'), 'exclusivity?': { type: 'boolean' } }),
  }),
  $defs: {
    amountMinor: { ...safeInteger, description: 'minor units of the currency' },
    rate: {
      type: 'string',
      pattern: '^(?:100|(?:0|[1-9][0-9]?)(?:\\.[0-9]{0,5}[1-9])?)$',
      description: 'percent, 0 to 100, at most six decimals, without needless zeros',
    },
    duration: {
      type: 'string',
      pattern: '^P(?=[0-9])(?:[0-9]{1,4}Y)?(?:[0-9]{1,4}M)?(?:[0-9]{1,4}W)?(?:[0-9]{1,4}D)?$',
      description: 'ISO 8601 with years, months, weeks and days',
    },
    instant: { type: 'string', maxLength: 40, description: 'RFC 3339 with a zone, at most milliseconds' },
    id,
    name,
    value,
    text,
    commission: closed({
      id: ref('id'),
      event: ref('name'),
      'match?': match,
      reward,
      'limits?': limits,
    }),
    bonus,
  },
};
