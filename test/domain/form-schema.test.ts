import { DomainError } from '../../libs/kernel/domain-error.js';
import {
  checkFormAnswers,
  formSchemaErrors,
  formView,
  parseProgram,
  type FormSchema,
} from '../../libs/programs/domain/index.js';
import { demoProgram } from '../support/demo-program.js';

const schema: FormSchema = {
  type: 'object',
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    code: { type: 'string', pattern: '^[A-Z]{2}-\\d{3}$' },
    site: { type: 'string', format: 'uri' },
    channels: { type: 'array', items: { enum: ['blog', 'video'] }, uniqueItems: true, maxItems: 2 },
    address: { $ref: '#/$defs/address' },
    kind: { enum: ['shop', 'blog'] },
  },
  required: ['size'],
  if: { properties: { kind: { const: 'shop' } }, required: ['kind'] },
  then: { required: ['address'] },
  $defs: {
    address: {
      type: 'object',
      properties: { street: { type: 'string', maxLength: 20 }, town: { type: 'string' } },
      required: ['town'],
      additionalProperties: false,
    },
  },
};

const pointers = (input: unknown): string[] => formSchemaErrors(input).map(({ pointer }) => pointer);
const withProperty = (property: unknown, more: object = {}) => ({
  type: 'object',
  properties: { one: property },
  ...more,
});

function faults(work: () => unknown): { pointer: string; message: string }[] {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return [...error.errors];
    throw error;
  }
  return [];
}

describe('the schema of a form', () => {
  test('may use what forms need', () => {
    expect(formSchemaErrors(schema)).toEqual([]);
    expect(formSchemaErrors({ ...schema, $schema: 'https://json-schema.org/draft/2020-12/schema' })).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ['a text', 'nothing', ''],
    ['a list', [], ''],
    ['another type', { type: 'array', items: {} }, ''],
    ['another draft', { ...schema, $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema'],
    ['a reference to elsewhere', withProperty({ $ref: 'https://evil.example/schema.json' }), '/properties/one/$ref'],
    ['a reference to a file', withProperty({ $ref: 'file:///etc/passwd' }), '/properties/one/$ref'],
    ['a reference to the whole', withProperty({ $ref: '#' }), '/properties/one/$ref'],
    ['a reference to nothing', withProperty({ $ref: '#/$defs/none' }), ''],
    ['an id of its own', { ...schema, $id: 'https://evil.example/' }, '/$id'],
    ['a dynamic reference', withProperty({ $dynamicRef: '#x' }), '/properties/one/$dynamicRef'],
    ['patterns as names', { ...schema, patternProperties: { '^(a+)+$': {} } }, '/patternProperties'],
    ['an unknown word', withProperty({ type: 'string', maxlength: 5 }), '/properties/one/maxlength'],
    ['an unknown format', withProperty({ type: 'string', format: 'regex' }), '/properties/one/format'],
    ['a pattern that looks back', withProperty({ type: 'string', pattern: '(a)\\1' }), '/properties/one/pattern'],
    ['a wrong bound', withProperty({ type: 'string', maxLength: 'x' }), '/properties/one/maxLength'],
    ['a name with a dash', { type: 'object', properties: { 'a-b': {} } }, '/properties/a-b'],
    ['a name of every object', { type: 'object', properties: { constructor: {} } }, '/properties/constructor'],
    ['no schema at all in a place for one', withProperty(5), '/properties/one'],
    [
      'too many values',
      withProperty({ enum: Array.from({ length: 1_001 }, (_, index) => index) }),
      '/properties/one/enum',
    ],
    ['too much text', withProperty({ title: 'x'.repeat(70_000) }), ''],
  ])('is refused for %s, where it is', (_what, input, pointer) => {
    expect(pointers(input)).toContain(pointer);
  });

  test('is refused where it lies too deep, is too many, runs in circles or unfolds without end', () => {
    let deep: object = { type: 'string' };
    for (let level = 0; level < 12; level += 1) deep = { type: 'object', properties: { a: deep } };
    expect(formSchemaErrors(withProperty(deep))[0]?.message).toMatch(/lies deeper/);
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`a${index}`, {}]));
    expect(formSchemaErrors({ type: 'object', properties: many })[0]?.message).toMatch(/more than 500/);
    const circle = { a: { $ref: '#/$defs/b' }, b: { properties: { a: { $ref: '#/$defs/a' } } } };
    expect(formSchemaErrors(withProperty({ $ref: '#/$defs/a' }, { $defs: circle }))[0]?.message).toMatch(/circle/);
    const laughs = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `d${index}`,
        { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    );
    const $defs = { ...laughs, d20: { type: 'string' } };
    expect(formSchemaErrors(withProperty({ $ref: '#/$defs/d0' }, { $defs }))[0]?.message).toMatch(/unfolds/);
  });

  test('is told of by its place in the program, and cannot stand beside a list of fields', () => {
    const { application, ...rest } = demoProgram();
    const bad = { ...application, schema: withProperty({ type: 'string', pattern: '(?=a)' }) };
    expect(faults(() => parseProgram({ ...rest, application: bad }))).toEqual([
      {
        pointer: '/application/schema/properties/one/pattern',
        message: expect.stringMatching(/looks around/) as string,
      },
    ]);
    const fields = [{ name: 'a', label: 'A', type: 'text', required: false }];
    const both = faults(() => parseProgram({ ...rest, application: { ...application, fields } }));
    expect(both.map(({ pointer }) => pointer)).toEqual(['/application/fields']);
  });

  test('comes within a program that nobody could read to its end', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level += 1) deep = { not: deep };
    expect(() => parseProgram({ ...demoProgram(), review: deep })).toThrow(/lies deeper than 60 levels/);
  });
});

describe('answers to a schema', () => {
  const check = (answers: Record<string, unknown>, of: FormSchema = schema) =>
    faults(() => checkFormAnswers({ schema: of, fields: [] }, answers));

  test('are kept where they fit; what was left empty is not given', () => {
    const answers = { size: 5, code: 'AB-123', site: 'https://a.example', channels: ['blog'], kind: 'blog' };
    expect(checkFormAnswers({ schema, fields: [] }, { ...answers, address: null, note: '' })).toEqual(answers);
  });

  test.each<[Record<string, unknown>, string, RegExp]>([
    [{}, '/form/size', /is missing/],
    [{ size: null }, '/form/size', /is missing/],
    [{ size: 1.5 }, '/form/size', /integer/],
    [{ size: 0 }, '/form/size', />= 1/],
    [{ size: 1, code: 'ab-123' }, '/form/code', /pattern/],
    [{ size: 1, site: 'no address' }, '/form/site', /uri/],
    [{ size: 1, channels: ['blog', 'blog'] }, '/form/channels', /duplicate/],
    [{ size: 1, channels: ['radio'] }, '/form/channels/0', /must be one of blog, video/],
    [{ size: 1, address: { street: 'x' } }, '/form/address/town', /is missing/],
    [{ size: 1, address: { town: 'x', zip: 1 } }, '/form/address/zip', /is not a field/],
    [{ size: 1, kind: 'shop' }, '/form/address', /is missing/],
    [{ size: Number.NaN }, '/form/size', /number/],
  ])('%j is refused at %s', (answers, pointer, message) => {
    expect(check(answers)).toEqual([{ pointer, message: expect.stringMatching(message) as string }]);
  });

  test('are judged by their own schema, though others give the same names to other things', () => {
    const naming = (address: object, type: string): FormSchema => ({
      ...{ type: 'object', properties: { at: { $ref: '#/$defs/address' }, [type]: { type } }, $defs: { address } },
    });
    const [text, number] = [naming({ type: 'string' }, 'string'), naming({ type: 'integer' }, 'number')];
    expect([formSchemaErrors(text), formSchemaErrors(number), formSchemaErrors(text)]).toEqual([[], [], []]);
    expect(check({ at: 'x', string: 'y' }, text)).toEqual([]);
    expect(check({ at: 1, number: 2 }, number)).toEqual([]);
    expect(check({ at: 1 }, text)[0]).toMatchObject({ pointer: '/form/at' });
    expect(check({ at: 'x' }, number)[0]).toMatchObject({ pointer: '/form/at' });
  });

  test('unknown ones are refused unless the schema lets them in', () => {
    const closed = { type: 'object' as const, properties: { a: {} } };
    expect(check({ b: 1 }, closed)).toEqual([{ pointer: '/form/b', message: 'is not a field of this form' }]);
    expect(check({ b: 1 }, { ...closed, additionalProperties: true })).toEqual([]);
  });

  test('are bounded, whatever the schema says', () => {
    const open = { type: 'object' as const, properties: { a: {} } };
    expect(check({ a: 'x'.repeat(5_001) }, open)[0]?.message).toMatch(/at most 5000/);
    expect(check({ a: Array.from({ length: 1_001 }, () => 1) }, open)[0]?.message).toMatch(/at most 1000/);
    expect(check({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }, open)[0]?.message).toMatch(/too deep/);
    const long = Array.from({ length: 20 }, () => 'x'.repeat(4_000));
    expect(check({ a: long }, open)[0]?.message).toMatch(/at most 65536/);
  });
});

describe('the form as a page shows it', () => {
  const { application } = demoProgram();

  test.each(['en', 'id', 'ar'] as const)('speaks %s in every label', (language) => {
    const view = formView(application, language);
    expect(view).toMatchObject({ language, direction: language === 'ar' ? 'rtl' : 'ltr', formVersion: '2026-01' });
    expect(view.standardFields.map(({ name }) => name)).toEqual([
      ...['name', 'email', 'phone', 'company', 'country', 'webSites', 'partnerType', 'references', 'language'],
    ]);
    expect(view.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'audience longText',
      'audienceSize number',
      'channels choices',
      'promotesCompetitors boolean',
    ]);
    const english = formView(application, 'en');
    const labels = (of: typeof view) => [
      ...[of.callToAction, of.offer, of.consent?.text],
      ...[...of.standardFields, ...of.fields].map(({ label }) => label),
      ...Object.values(of.fields[2]?.optionLabels ?? {}),
    ];
    const same = labels(view).filter((label, index) => label === labels(english)[index]);
    // `Video` and `Podcast` are the same in more than one language.
    if (language !== 'en') expect(same.filter((label) => label !== 'Podcast')).toEqual([]);
    expect(Object.keys(view.fields[2]?.optionLabels ?? {})).toEqual(view.fields[2]?.options);
  });

  test('falls back to its first language for what it does not say, and for languages it does not speak', () => {
    const { texts: _, ...silent } = application;
    expect(formView({ ...silent, texts: {} }, 'id').callToAction).toBe(application.callToAction);
    expect(formView({ ...application, languages: ['en'] }, 'ar').language).toBe('en');
  });

  test('asks by a plain list of fields as before', () => {
    const fields = [
      { name: 'site', label: 'Where?', type: 'url' as const, required: true },
      { name: 'kind', label: 'What?', type: 'choice' as const, required: false, options: ['a', 'b'] },
    ];
    const { schema: _, ...plain } = application;
    const view = formView({ ...plain, fields, languages: ['en'], texts: {} });
    expect(view.fields).toEqual(fields);
    expect(view.schema).toMatchObject({ required: ['site'], properties: { kind: { enum: ['a', 'b'] } } });
    expect(formSchemaErrors(view.schema)).toEqual([]);
  });

  test('leaves out what a program does not ask', () => {
    const view = formView({
      ...application,
      standardFields: { company: 'hidden', references: 'hidden', phone: 'required' },
    });
    expect(view.standardFields.map(({ name }) => name)).not.toContain('company');
    expect(view.standardFields.find(({ name }) => name === 'phone')?.required).toBe(true);
    expect(view.references.max).toBe(0);
  });
});
