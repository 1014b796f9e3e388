import {
  companyKey,
  contactKeys,
  dueSteps,
  emailKey,
  nextDue,
  webSiteHost,
  type ReviewDeadlines,
} from '../../libs/partners/domain/index.js';

describe('what two applications are compared by', () => {
  test.each([
    ['Ada@Partner.Example', 'ada@partner.example', true],
    ['ada+shop@partner.example', 'ada@partner.example', true],
    ['a.d.a@gmail.com', 'ada@googlemail.com', true],
    ['a.da@partner.example', 'ada@partner.example', false],
    ['ada@partner.example', 'ada@partner.test', false],
    ['+ada@partner.example', '+bob@partner.example', false],
  ])('the mail addresses %s and %s: %s', (one, other, isSame) => {
    expect(emailKey(one) === emailKey(other)).toBe(isSame);
  });

  test.each([
    ['Northwind Music Ltd.', 'NORTHWIND  MUSIC Limited', true],
    ['Lestari Média, PT', 'lestari media', true],
    ["O'Neill & Sons GmbH", 'ONeill Sons', true],
    ['Northwind Music', 'Northwind Books', false],
    ['شركة النور', 'شركة  النور', true],
    // A name of nothing but legal words is still a name.
    ['The Company Co.', 'the', true],
    ['Co.', 'Co', true],
    ['Co.', 'Ltd', false],
  ])('the companies %s and %s: %s', (one, other, isSame) => {
    expect(companyKey(one) === companyKey(other)).toBe(isSame);
  });

  test.each([
    ['https://www.Ada.example/shop?x=1', 'http://ada.example', true],
    ['https://ada.example:8443/', 'https://ada.example', true],
    ['https://bücher.example', 'https://xn--bcher-kva.example', true],
    ['https://blog.ada.example', 'https://ada.example', false],
  ])('the web sites %s and %s: %s', (one, other, isSame) => {
    expect(webSiteHost(one) === webSiteHost(other)).toBe(isSame);
  });

  test('each host is one key, and what is not given is none', () => {
    const webSites = ['https://ada.example/a', 'https://www.ada.example/b', 'https://other.example'];
    expect(contactKeys({ email: 'ada@partner.example', company: '—', webSites })).toEqual([
      { kind: 'email', key: 'ada@partner.example' },
      { kind: 'web_site', key: 'ada.example' },
      { kind: 'web_site', key: 'other.example' },
    ]);
  });
});

describe('what is due', () => {
  const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));
  const row: ReviewDeadlines = {
    stage: 'in_review',
    verify_due_at: at(2),
    decision_due_at: at(20),
    next_reminder_at: at(5),
    escalate_at: at(18),
    information_due_at: at(9),
    references_due_at: at(12),
  };

  test.each<[Partial<ReviewDeadlines>, Date | undefined]>([
    [{}, at(5)],
    [{ next_reminder_at: null }, at(12)],
    [{ next_reminder_at: null, references_due_at: null }, at(18)],
    [{ next_reminder_at: null, references_due_at: null, escalate_at: null }, at(20)],
    [{ stage: 'unverified' }, at(2)],
    [{ stage: 'information_requested' }, at(9)],
    [{ stage: 'information_requested', information_due_at: null, references_due_at: null }, undefined],
    [{ stage: 'approved' }, undefined],
    [{ stage: 'rejected' }, undefined],
  ])('next with %j is %s', (changes, due) => {
    expect(nextDue({ ...row, ...changes })).toEqual(due);
  });

  test('at an instant is everything until then, an end first', () => {
    expect(dueSteps(row, at(4))).toEqual([]);
    expect(dueSteps(row, at(5))).toEqual(['remind']);
    expect(dueSteps(row, at(19))).toEqual(['missed-references', 'escalate', 'remind']);
    expect(dueSteps(row, at(20))[0]).toBe('expire');
    expect(dueSteps({ ...row, stage: 'information_requested' }, at(30))).toEqual([
      'missed-information',
      'missed-references',
    ]);
    expect(dueSteps({ ...row, stage: 'unverified' }, at(30))).toEqual(['expire']);
    expect(dueSteps({ ...row, stage: 'withdrawn' }, at(30))).toEqual([]);
  });
});
