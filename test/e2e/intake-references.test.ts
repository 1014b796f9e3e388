import { ContractingWalk, type Applicant } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Problem {
  code: string;
  errors: { pointer: string; message: string }[];
}

interface ReviewReferences {
  references: {
    name: string;
    state: string;
    dueAt: string | null;
    answeredAt: string | null;
    answers: { question: string; label: string; answer: string }[];
  }[];
}

describe('a reference', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let people = 0;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  const answers = { knows: 'For three years, <b>as her publisher</b>', trust: 'yes' };
  const newPerson = () => ({
    name: `Bea Number ${++people}`,
    email: `bea-${people}@elsewhere.example`,
    relation: 'client',
  });

  /** An applicant with one reference, who has the mail with the link. */
  async function asked(of = walk): Promise<{ applicant: Applicant; link: string; email: string }> {
    const { name, email, relation } = newPerson();
    const applicant = await of.apply({ references: [{ name, email, relation }] });
    return { applicant, email, link: await linkFor(email) };
  }

  async function linkFor(email: string): Promise<string> {
    const { text } = await product.mail(email, 'as a reference');
    const [link] = /reference\.ref_[0-9a-f]{32}\.[\w-]+/.exec(text) ?? [];
    if (link === undefined) throw new Error('the mail has no link');
    return link;
  }

  const answer = (link: string, given: unknown) =>
    product.call<{ state?: string } & Problem>('POST', `/v1/references/${link}`, { body: { answers: given } });
  const submit = (link: string, fields: Record<string, string>) =>
    product.call('POST', `/v1/references/${link}`, {
      raw: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const page = (link: string) => product.call('GET', `/v1/references/${link}`, { headers: { accept: 'text/html' } });
  const reviewed = async ({ applicationId }: Applicant, of = walk) =>
    (
      await product.ok<ReviewReferences>('GET', `/v1/applications/${applicationId}/review`, {
        token: of.tokens.manager,
      })
    ).references;

  it('is asked by mail once the applicant’s own address is proved, and never before', async () => {
    const { name, email } = newPerson();
    const applicant = await walk.applyUnverified({ references: [{ name, email }, { name: 'Without a mail box' }] });
    const link = await walk.verificationLink(applicant);
    await product.outboxEmpty();
    expect(await product.mails(email)).toEqual([]);
    await walk.verify(link);
    const { text } = await product.mail(email, 'as a reference');
    expect(text).toContain(applicant.name);
    expect(text).not.toContain(applicant.token);
    const [one, other] = await reviewed(applicant);
    expect(one).toMatchObject({ name, state: 'asked', answers: [] });
    expect(Math.abs(Date.parse(one!.dueAt!) - Date.now() - 14 * 86_400_000)).toBeLessThan(60_000);
    expect(other).toMatchObject({ name: 'Without a mail box', state: 'unasked', dueAt: null });
  });

  it('reads the questions, and its answers are in the review', async () => {
    const { applicant, link } = await asked();
    const form = await product.ok<{ questions: { id: string; required: boolean }[] }>('GET', `/v1/references/${link}`);
    expect(form).toMatchObject({ state: 'asked', applicantName: applicant.name, company: walk.document.company });
    expect(form.questions.map(({ id, required }) => `${id} ${required}`)).toEqual([
      'knows true',
      'trust true',
      'remark false',
    ]);
    expect((await answer(link, answers)).body).toEqual({ state: 'answered' });
    expect(await reviewed(applicant)).toEqual([
      expect.objectContaining({
        state: 'answered',
        answeredAt: expect.any(String) as string,
        answers: [
          { question: 'knows', label: 'How do you know the applicant?', answer: answers.knows },
          { question: 'trust', label: expect.any(String) as string, answer: 'yes' },
        ],
      }),
    ]);
    expect(await walk.audit(/ref_[0-9a-f]{32}/.exec(link)![0])).toEqual([
      'reference.ask >asked',
      'reference.answer asked>answered',
    ]);
  });

  it('answers once: a second time, and of two at once one, is refused', async () => {
    const { applicant, link } = await asked();
    const both = await Promise.all([answer(link, answers), answer(link, { ...answers, trust: 'no' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const late = await answer(link, answers);
    expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
    expect((await reviewed(applicant))[0]?.answers).toHaveLength(2);
    expect((await page(link)).text).toContain('This was answered already');
  });

  it('is told what is wrong with its answers, and nothing is kept of them', async () => {
    const { applicant, link } = await asked();
    const refused = await answer(link, { trust: 'maybe', shoeSize: '43' });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid-document']);
    expect(refused.body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/answers/knows',
      '/answers/shoeSize',
      '/answers/trust',
    ]);
    expect((await answer(link, { knows: 5 })).status).toBe(400);
    expect((await product.call('POST', `/v1/references/${link}`, { body: {} })).status).toBe(400);
    expect((await reviewed(applicant))[0]).toMatchObject({ state: 'asked', answers: [] });
  });

  it('answers on a page without a script, which keeps what was typed when something is missing', async () => {
    const { applicant, link } = await asked();
    const shown = await page(link);
    expect(shown.headers.get('content-security-policy')).toMatch(/default-src 'none'.*form-action 'self'/);
    expect(shown.text).toMatch(/<textarea id="knows" name="knows" maxlength="2000" required>/);
    expect(shown.text).toMatch(/<input type="radio" name="trust" value="not sure" required>/);
    const faulty = await submit(link, { knows: answers.knows });
    expect(faulty.status).toBe(422);
    expect(faulty.text).toContain('role="alert"');
    expect(faulty.text).toMatch(/<div class="fault"><fieldset><legend>Would you put/);
    expect(faulty.text).toContain('&lt;b&gt;as her publisher&lt;/b&gt;</textarea>');
    const thanks = await submit(link, { ...answers, remark: '' });
    expect([thanks.status, thanks.text]).toEqual([200, expect.stringContaining('Your answers have arrived') as string]);
    expect((await reviewed(applicant))[0]).toMatchObject({ state: 'answered' });
    expect((await submit(link, answers)).status).toBe(409);
  });

  it('is asked in the language of the application', async () => {
    const { name, email } = newPerson();
    await walk.apply({ language: 'ar', references: [{ name, email }] });
    const { text } = await product.until('the mail', async () => {
      return (await product.mails(email)).find((mail) => mail.text.includes('reference.ref_'));
    });
    const shown = await page(/reference\.ref_[0-9a-f]{32}\.[\w-]+/.exec(text)![0]);
    expect(shown.text).toMatch(/<html lang="ar" dir="rtl">/);
    expect(shown.text).toMatch(/value="not sure" required> لست متأكدًا/);
  });

  it('that is silent past its deadline is seen to be so, and cannot answer any more', async () => {
    const references = { ...walk.document.application.references, answerWithin: 'PT6S' };
    const hasty = await ContractingWalk.open(product, { application: { references } });
    const [silent, talking] = [newPerson(), newPerson()];
    const applicant = await hasty.apply({
      references: [silent, talking].map(({ name, email }) => ({ name, email })),
    });
    expect((await answer(await linkFor(talking.email), answers)).status).toBe(200);
    const states = await product.until('silence', async () => {
      const seen = (await reviewed(applicant, hasty)).map(({ state }) => state);
      return seen.includes('unanswered') && seen;
    });
    expect(states).toEqual(['unanswered', 'answered']);
    const link = await linkFor(silent.email);
    const late = await answer(link, answers);
    expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
    expect((await page(link)).text).toContain('This link has ended');
    // The application itself goes on.
    expect(await hasty.application(applicant.applicationId)).toMatchObject({ stage: 'in_review' });
  });

  it('answers nothing for an application that ended, and only by its own link', async () => {
    const { applicant, link } = await asked();
    const forged = `${link.slice(0, -3)}AAA`;
    expect((await answer(forged, answers)).status).toBe(404);
    expect((await page(forged)).status).toBe(404);
    expect((await answer(applicant.token, answers)).status).toBe(404);
    await walk.withdraw(applicant);
    expect((await answer(link, answers)).body.code).toBe('illegal-transition');
  });

  it('is asked nothing where the program has no questions', async () => {
    const quiet = await ContractingWalk.open(product, { application: { references: { questions: [] } } });
    const { name, email } = newPerson();
    const applicant = await quiet.apply({ references: [{ name, email }] });
    await product.outboxEmpty();
    expect(await product.mails(email)).toEqual([]);
    expect((await reviewed(applicant, quiet))[0]).toMatchObject({ state: 'unasked' });
  });
});
