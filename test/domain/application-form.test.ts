import { applicationForm } from '../../libs/partners/domain/index.js';

const complete = {
  name: 'Ada Example',
  email: 'ada@partner.example',
  phone: '+441632960000',
  company: 'Example & Daughters',
  references: [{ name: 'Bea Example', email: 'bea@partner.example', relation: 'client' }],
  form: { website: 'https://ada.example', followers: 1200, note: null },
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
      references: [],
      form: {},
    });
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
    ['phone', '01632 960000'],
    ['phone', '+0441632960000'],
    ['phone', '+1234567890123456'],
    ['company', ''],
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
    [{ ...complete, form: { deep: { deeper: 1 } } }, 'form.deep'],
    [{ ...complete, form: { text: 'x'.repeat(2001) } }, 'form.text'],
    [{ ...complete, role: 'admin' }, ''],
    [null, ''],
    ['Ada', ''],
  ])('%j is refused at %j', (input, at) => {
    expect(problems(input)).toEqual([at]);
  });
});
