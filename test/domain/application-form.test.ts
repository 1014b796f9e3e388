import { applicationForm, e164, standardFieldErrors } from '../../libs/partners/domain/index.js';
import { demoProgram } from '../support/demo-program.js';

const complete = {
  name: 'Ada Example',
  email: 'ada@partner.example',
  phone: '+442079460958',
  company: 'Example & Daughters',
  country: 'GB',
  webSites: ['https://ada.example/shop'],
  partnerType: 'media',
  language: 'id',
  references: [{ name: 'Bea Example', email: 'bea@partner.example', relation: 'client' }],
  form: { followers: 1200, note: null, channels: ['blog'], address: { street: 'Main Road' } },
  consent: { version: '2026-01', given: true },
};

function problems(input: unknown): string[] {
  const parsed = applicationForm.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('application form', () => {
  test('a complete one is read as it is', () => {
    expect(applicationForm.parse(complete)).toEqual(complete);
  });

  test('name and mail address are enough; space around them is dropped', () => {
    expect(applicationForm.parse({ name: ' Ada ', email: ' ada@partner.example ' })).toEqual({
      name: 'Ada',
      email: 'ada@partner.example',
      webSites: [],
      references: [],
      form: {},
    });
  });

  test('phone numbers become E.164, with the country of the applicant where they say none', () => {
    const read = (changes: object) => applicationForm.parse({ ...complete, ...changes });
    expect(read({ phone: ' +44 (20) 7946-0958 ' }).phone).toBe('+442079460958');
    expect(read({ phone: '0812 3456 789', country: 'ID' }).phone).toBe('+628123456789');
    expect(read({ references: [{ name: 'Bea', phone: '020 7946 0958' }] }).references[0]?.phone).toBe('+442079460958');
    expect(e164('0812 3456 789')).toBeUndefined();
    // Right in form, but no number of the numbering plan.
    expect(e164('+441632960000')).toBeUndefined();
    expect(problems({ ...complete, phone: '+15555550123' })).toEqual(['phone']);
    expect(problems({ ...complete, references: [{ name: 'Bea', phone: '+15555550123' }] })).toEqual([
      'references.0.phone',
    ]);
  });

  test.each<[string, unknown]>([
    ['name', undefined],
    ['name', '   '],
    ['name', 'x'.repeat(201)],
    ['name', 'Ada\nBcc: all@partner.example'],
    ['name', 'Ada\u0000'],
    ['name', 5],
    ['email', undefined],
    ['email', 'ada'],
    ['email', 'ada@localhost'],
    ['email', 'ada@partner.example, bob@partner.example'],
    ['email', 'Ada <ada@partner.example>'],
    ['email', 'ada@partner.example\r\nSubject: x'],
    ['email', `${'a'.repeat(250)}@b.example`],
    ['phone', '+44 1632 960000'],
    ['phone', 'call me'],
    ['phone', '+0441632960000'],
    ['phone', '+1234567890123456'],
    ['company', ''],
    ['country', 'gb'],
    ['country', 'XX'],
    ['country', 'GBR'],
    ['partnerType', 'wizard'],
    ['language', 'de'],
    ['references', Array.from({ length: 11 }, () => ({ name: 'Bea' }))],
    ['references', 'Bea'],
    ['form', ['https://ada.example']],
  ])('%s as %j is refused', (field, value) => {
    expect(problems({ ...complete, [field]: value })).toEqual([field]);
  });

  test.each<[unknown, string]>([
    [{ ...complete, references: [{ email: 'bea@partner.example' }] }, 'references.0.name'],
    [{ ...complete, references: [{ name: 'Bea', email: 'bea' }] }, 'references.0.email'],
    [{ ...complete, references: [{ name: 'Bea', age: 5 }] }, 'references.0'],
    [{ ...complete, references: [{ name: 'Bea', phone: 'none' }] }, 'references.0.phone'],
    [{ ...complete, webSites: ['ftp://ada.example'] }, 'webSites.0'],
    [{ ...complete, webSites: ['https://ada.example', 'javascript:alert(1)'] }, 'webSites.1'],
    [{ ...complete, webSites: ['https://localhost'] }, 'webSites.0'],
    [{ ...complete, webSites: ['https://user:secret@ada.example'] }, 'webSites.0'],
    [{ ...complete, webSites: Array.from({ length: 11 }, () => 'https://ada.example') }, 'webSites'],
    [{ ...complete, consent: { version: '2026-01', given: false } }, 'consent.given'],
    [{ ...complete, consent: true }, 'consent'],
    [{ ...complete, form: { ['x'.repeat(41)]: 1 } }, `form.${'x'.repeat(41)}`],
    [{ ...complete, role: 'admin' }, ''],
    [null, ''],
    ['Ada', ''],
  ])('%j is refused at %j', (input, at) => {
    expect(problems(input)).toEqual([at]);
  });
});

describe('standard questions', () => {
  const { application } = demoProgram();
  const pointers = (settings: Partial<typeof application>, changes: object = {}) =>
    standardFieldErrors({ ...application, ...settings }, applicationForm.parse({ ...complete, ...changes })).map(
      ({ pointer }) => pointer,
    );

  test('are optional unless the program says otherwise', () => {
    expect(pointers({ standardFields: {} })).toEqual([]);
    expect(pointers({}, { phone: undefined, company: undefined, country: undefined, webSites: [] })).toEqual([]);
  });

  test('are missing where they have to be answered', () => {
    const standardFields = { phone: 'required', webSites: 'required', references: 'required' } as const;
    expect(pointers({ standardFields }, { phone: undefined, webSites: [], references: [] })).toEqual([
      '/phone',
      '/webSites',
      '/references',
    ]);
    expect(pointers({ standardFields })).toEqual([]);
  });

  test('are refused where nobody asked', () => {
    expect(pointers({ standardFields: { company: 'hidden', references: 'hidden' } })).toEqual([
      '/company',
      '/references',
    ]);
  });

  test('consent is given to the text that is there now', () => {
    expect(pointers({}, { consent: undefined })).toEqual(['/consent']);
    expect(pointers({}, { consent: { version: '2025-01', given: true } })).toEqual(['/consent/version']);
    const { consent: _, ...withoutConsent } = application;
    const form = applicationForm.parse({ ...complete, consent: undefined });
    expect(standardFieldErrors(withoutConsent, form)).toEqual([]);
  });

  test('a language that the form does not speak is refused', () => {
    expect(pointers({ languages: ['en', 'ar'] })).toEqual(['/language']);
  });
});
