import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

describe('the mail address of an applicant', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  const page = (link: string, headers: Record<string, string> = {}) =>
    product.call('GET', `/v1/verification/${link}`, { headers: { accept: 'text/html', ...headers } });
  const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
  const facts = (applicationId: string) => walk.audit(applicationId);

  it('is proved by a button: looking at the link changes nothing, however often', async () => {
    const applicant = await walk.applyUnverified();
    const link = await walk.verificationLink(applicant);
    for (let look = 0; look < 3; look += 1) {
      const { status, headers, text } = await page(link);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
      expect(text).toMatch(/<form method="post"><button type="submit">/);
      expect(text).toContain(walk.document.name);
    }
    expect(await walk.application(applicant.applicationId)).toMatchObject({ stage: 'unverified' });
    const pressed = await product.call('POST', `/v1/verification/${link}`, { headers: form, raw: '' });
    expect([pressed.status, pressed.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(pressed.text).toContain('is confirmed');
    expect(await walk.application(applicant.applicationId)).toMatchObject({ stage: 'in_review' });
    expect((await page(link)).text).toContain('is confirmed');
  });

  it('is asked for in the language of the reader, from right to left where it is written so', async () => {
    const link = await walk.verificationLink(await walk.applyUnverified());
    expect((await page(link, { 'accept-language': 'de, ar;q=0.9, en;q=0.8' })).text).toMatch(
      /<html lang="ar" dir="rtl">.*أكّد بريدك/s,
    );
    expect((await page(link, { 'accept-language': 'id-ID' })).text).toContain('<html lang="id" dir="ltr">');
    expect((await page(link, { 'accept-language': 'fr' })).text).toContain('<html lang="en" dir="ltr">');
  });

  it('is proved once, whoever comes at the same time', async () => {
    const { applicationId, ...applicant } = await walk.applyUnverified();
    const link = await walk.verificationLink({ applicationId, ...applicant });
    const answers = await Promise.all(Array.from({ length: 5 }, () => walk.verify(link)));
    for (const { status, body } of answers) expect([status, body]).toEqual([200, { stage: 'in_review' }]);
    expect((await walk.verify(link)).body).toEqual({ stage: 'in_review' });
    expect(await facts(applicationId)).toEqual([
      'application.submit >unverified',
      'application.verify unverified>in_review',
      'application.begin_review >',
    ]);
    await product.outboxEmpty();
    expect(await product.mails(applicant.email, 'we have your application')).toHaveLength(1);
  });

  it('comes before every decision, whose time begins with it', async () => {
    const applicant = await walk.applyUnverified();
    const early = await walk.decide(applicant.applicationId, { action: 'approve' });
    expect([early.status, early.body.code]).toEqual([409, 'illegal-transition']);
    const before = await product.ok('GET', `/v1/applications/${applicant.applicationId}`, { token: applicant.token });
    expect(before).toMatchObject({ stage: 'unverified', decisionDueAt: null, verifiedAt: null });
    expect(Date.parse(String(before['verifyDueAt'])) - Date.parse(String(before['createdAt']))).toBe(7 * 86_400_000);
    await walk.verify(await walk.verificationLink(applicant));
    const after = await product.ok('GET', `/v1/applications/${applicant.applicationId}`, { token: applicant.token });
    const decisionMs = Date.parse(String(after['decisionDueAt'])) - Date.parse(String(after['verifiedAt']));
    expect(Math.abs(decisionMs - 14 * 86_400_000)).toBeLessThan(5_000);
  });

  it('may be decided about as soon as the row is in review, though its workflow has not heard of it yet', async () => {
    const applicant = await walk.applyUnverified();
    await walk.verificationLink(applicant);
    // As an activity that has committed, and whose answer is still on its way to the workflow.
    await product.rows(
      `update applications set stage = 'in_review', verified_at = now(), review_since = now() where id = $1`,
      applicant.applicationId,
    );
    const decided = await walk.decide(applicant.applicationId, { action: 'approve' });
    expect([decided.status, decided.body.stage]).toEqual([200, 'approved']);
  });

  it('expires when nobody proves it, and the link with it', async () => {
    const verification = { required: true, within: 'PT0.5S', maxResends: 1 };
    const hasty = await ContractingWalk.open(product, { application: { verification } });
    const applicant = await hasty.applyUnverified();
    const link = await hasty.verificationLink(applicant);
    await hasty.stage(applicant.applicationId, 'expired');
    expect(await product.ended(`partner-onboarding/${applicant.applicationId}`)).toBe('COMPLETED');
    const late = await hasty.verify(link);
    expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
    const shown = await page(link);
    expect([shown.status, shown.text]).toEqual([409, expect.stringContaining('This link has ended') as string]);
    const pressed = await product.call('POST', `/v1/verification/${link}`, { headers: form, raw: '' });
    expect([pressed.status, pressed.text]).toEqual([409, expect.stringContaining('This link has ended') as string]);
    const again = await product.call('POST', `/v1/applications/${applicant.applicationId}/verification-mail`, {
      token: applicant.token,
    });
    expect([again.status, again.body['code']]).toEqual([409, 'illegal-transition']);
    // Nobody proved that the address is the applicant's: it gets no second mail.
    await product.outboxEmpty();
    expect(await product.mails(applicant.email)).toHaveLength(1);
  });

  it('is withdrawn by the applicant before it is proved, and the link leads nowhere then', async () => {
    const applicant = await walk.applyUnverified();
    const link = await walk.verificationLink(applicant);
    expect((await walk.withdraw(applicant)).status).toBe(200);
    expect((await walk.verify(link)).body.code).toBe('illegal-transition');
  });

  it('is written to again when asked, as often as the program says', async () => {
    const verification = { required: true, within: 'P1D', maxResends: 2 };
    const patient = await ContractingWalk.open(product, { application: { verification } });
    const applicant = await patient.applyUnverified();
    const resend = (token = applicant.token) =>
      product.call('POST', `/v1/applications/${applicant.applicationId}/verification-mail`, { token });
    expect((await resend((await patient.applyUnverified()).token)).status).toBe(404);
    expect((await resend(patient.tokens.manager)).status).toBe(403);
    const [first, second] = [await resend(), await resend()];
    expect([first.body, second.body]).toEqual([{ mailsLeft: 1 }, { mailsLeft: 0 }]);
    const third = await resend();
    expect([third.status, third.body['code']]).toEqual([429, 'rate-limited']);
    await product.outboxEmpty();
    const mails = await product.mails(applicant.email);
    expect(mails).toHaveLength(3);
    // The same link in each: one of them is enough.
    const link = await patient.verificationLink(applicant);
    expect(mails.every(({ text }) => text.includes(link))).toBe(true);
    await patient.verify(link);
    expect((await resend()).body['code']).toBe('illegal-transition');
  });

  it('has to be proved by the link of the mail, and by no other', async () => {
    const applicant = await walk.applyUnverified();
    const link = await walk.verificationLink(applicant);
    const forged = `${link.slice(0, -3)}AAA`;
    const asApplicant = applicant.token.replace('application.', 'verification.');
    for (const wrong of [forged, asApplicant, applicant.token, 'x']) {
      expect((await walk.verify(wrong)).status).toBe(404);
      expect((await page(wrong)).status).toBe(404);
    }
    const answer = await product.call('GET', `/v1/applications/${applicant.applicationId}?token=${link}`);
    expect(answer.status).toBe(401);
    expect(await walk.application(applicant.applicationId)).toMatchObject({ stage: 'unverified' });
    const body = await walk.verify(link, { body: { more: 1 } });
    expect([body.status, body.body.code]).toEqual([400, 'malformed-request']);
  });

  it('is not asked for where the program does not want it: the review begins at once', async () => {
    const verification = { required: false, within: 'P1D', maxResends: 0 };
    const open = await ContractingWalk.open(product, { application: { verification } });
    const { applicationId, email } = await open.applyUnverified();
    expect(await open.application(applicationId)).toMatchObject({ stage: 'in_review' });
    await product.until('the review', async () => (await facts(applicationId)).includes('application.begin_review >'));
    await product.mail(email, 'we have your application');
    expect((await open.decide(applicationId, { action: 'approve' })).status).toBe(200);
    expect(await facts(applicationId)).not.toContain('application.verify unverified>in_review');
  });
});
