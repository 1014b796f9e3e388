import { applicantTokenOf } from '../../tools/client/applicant-token.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Problem {
  code: string;
  errors: { pointer: string; message: string }[];
}

describe('an application', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let address: string;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    address = `/v1/programs/${walk.programId}/applications`;
  });
  afterAll(() => product.close());

  const person = {
    ...{ name: 'Dewi Lestari', email: 'dewi@partner.example', phone: '+62215550100' },
    consent: { version: '2026-01', given: true },
  };

  const toReview = [
    'application.submit >unverified',
    'application.verify unverified>in_review',
    'application.begin_review >',
  ];

  it('finds the form, the call to action and the offer without a token', async () => {
    const form = await product.ok('GET', `/v1/programs/${walk.programId}/application-form`);
    expect(form).toMatchObject({
      programId: walk.programId,
      programVersion: 1,
      name: walk.document.name,
      callToAction: walk.document.application.callToAction,
      offer: expect.stringMatching(/12\.5 %.*paid monthly.*sale/) as unknown,
    });
    expect((await product.call('GET', `/v1/programs/prg_${'0'.repeat(32)}/application-form`)).status).toBe(404);
    const address = `/v1/programs/${walk.programId}/application-form`;
    const arabic = await product.ok<Record<string, unknown>>('GET', `${address}?language=ar`);
    expect(arabic).toMatchObject({
      language: 'ar',
      direction: 'rtl',
      consent: { version: '2026-01' },
      schema: form['schema'],
    });
    expect(arabic['offer']).not.toBe(form['offer']);
    expect((await product.call('GET', `${address}?language=de`)).status).toBe(400);
  });

  it('is answered with 202, an id and a link that reads it, and with a mail that holds the same link', async () => {
    const references = [{ name: 'Budi', email: 'budi@elsewhere.example', relation: 'label' }];
    const form = { audience: 'Readers of a blog', channels: ['blog'] };
    const site = 'https://Lestari.example/blog';
    const body = { ...person, company: 'Lestari Media', partnerType: 'media', webSites: [site], references, form };
    const {
      status,
      headers,
      body: made,
    } = await product.call<{ id: string; stage: string; statusUrl: string }>('POST', address, { body });
    expect(status).toBe(202);
    expect(made.stage).toBe('unverified');
    expect(headers.get('location')).toBe(`/v1/applications/${made.id}`);
    const link = made.statusUrl.replace(/^https?:\/\/[^/]+/, '');
    const view = await product.ok('GET', link);
    expect(view).toMatchObject({ id: made.id, stage: 'unverified', decisionDueAt: null, partnerId: null });
    const token = applicantTokenOf(made.statusUrl);
    // The right to the application goes to a mail address only once that has proved to be the applicant's.
    const proof = await walk.verificationLink({
      applicationId: made.id,
      token,
      email: person.email,
      name: person.name,
    });
    expect((await product.mails(person.email)).some(({ text }) => text.includes(token))).toBe(false);
    expect((await walk.verify(proof)).body).toEqual({ stage: 'in_review' });
    expect((await product.mail(person.email, 'we have your application')).text).toContain(token);
    const [kept] = await product.rows(
      `select p.name, p.email, p.phone, a.company, a.form, a.partner_type, a.web_sites, r.relation, rp.name as reference
         from applications a join persons p on p.id = a.person_id
         join application_references r on r.application_id = a.id join persons rp on rp.id = r.person_id where a.id = $1`,
      made.id,
    );
    expect(kept).toEqual({
      ...{ name: person.name, email: person.email, phone: person.phone, company: 'Lestari Media', form },
      partner_type: 'media',
      web_sites: [site],
      relation: 'label',
      reference: 'Budi',
    });
  });

  it('is made once, however often the same request comes and whenever', async () => {
    const body = { ...person, name: 'Once Only', email: 'once@partner.example' };
    const send = () => product.call('POST', address, { body, headers: { 'idempotency-key': 'once' } });
    const answers = await Promise.all(Array.from({ length: 5 }, send));
    const made = answers.filter(({ status }) => status === 202);
    expect(made.length).toBeGreaterThan(0);
    for (const { status, body: problem } of answers.filter(({ status: code }) => code !== 202)) {
      expect([status, problem['code']]).toEqual([409, 'request-in-progress']);
    }
    const again = await send();
    expect(new Set([...made, again].map(({ text }) => text)).size).toBe(1);
    // The stored answer was lost: the row itself remembers its request.
    await product.rows(`delete from idempotency_keys where key = 'once'`);
    expect((await send()).text).toBe(again.text);
    const sql = `select count(*)::int as count from persons where email = 'once@partner.example'`;
    expect(await product.rows(sql)).toEqual([{ count: 1 }]);
    await product.outboxEmpty();
    expect(await product.mails('once@partner.example')).toHaveLength(1);
  });

  it('is refused with 422 when another request had the key, and never answered with the other one', async () => {
    const send = (email: string) =>
      product.call<{ id: string; code?: string }>('POST', address, {
        body: { ...person, name: 'Key Twice', email },
        headers: { 'idempotency-key': 'twice' },
      });
    const first = await send('first@partner.example');
    const second = await send('second@partner.example');
    expect([second.status, second.body.code]).toEqual([422, 'idempotency-key-reused']);
    // Two days later the key is forgotten, and somebody else may take it: the first one's link is not theirs.
    await product.rows(`delete from idempotency_keys where key = 'twice'`);
    const later = await send('second@partner.example');
    expect(later.status).toBe(202);
    expect(later.body.id).not.toBe(first.body.id);
  });

  it('names every field that is wrong', async () => {
    const references = [{ name: 'Budi', email: 'nowhere' }];
    const malformed = await product.call<Problem>('POST', address, {
      body: { name: 'two\nlines', email: 'nobody', phone: '12', references, extra: 1 },
    });
    expect([malformed.status, malformed.body.code]).toEqual([400, 'malformed-request']);
    expect(malformed.body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/email',
      '/extra',
      '/name',
      '/phone',
      '/references/0/email',
    ]);
    const form = { audienceSize: 'many', channels: ['blog', 'blog'], shoeSize: 43 };
    const invalid = await product.call<Problem>('POST', address, { body: { ...person, consent: undefined, form } });
    expect([invalid.status, invalid.body.code]).toEqual([422, 'invalid-document']);
    expect(invalid.body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/consent',
      '/form/audienceSize',
      '/form/channels',
      '/form/shoeSize',
    ]);
    const unreal = await product.call<Problem>('POST', address, { body: { ...person, phone: '+44 1632 960000' } });
    expect([unreal.status, unreal.body.errors.map(({ pointer }) => pointer)]).toEqual([400, ['/phone']]);
  });

  describe('in review', () => {
    it('is approved: the partner is made, the offer is on the table, the applicant is told', async () => {
      const approved = await walk.approved({ reference: 'approved-one' });
      expect(await walk.application(approved.applicationId)).toMatchObject({ stage: 'approved' });
      const partner = await product.ok('GET', `/v1/partners/${approved.partnerId}`, { token: walk.tokens.manager });
      expect(partner).toMatchObject({ reference: 'approved-one', stage: 'contracting', agreements: [], tier: null });
      const negotiation = await walk.negotiation(approved.negotiationId);
      expect(negotiation).toMatchObject({ state: 'open', number: 1, awaiting: 'partner' });
      expect(negotiation.versions[0]?.terms).toEqual(walk.document.terms);
      await product.mail(approved.email, 'terms');
      expect(await walk.audit(approved.applicationId)).toEqual([...toReview, 'application.approve in_review>approved']);
      expect(await walk.audit(approved.partnerId)).toEqual(['partner.create >contracting']);
    });

    it('needs a reason to be rejected, and the applicant reads it', async () => {
      const { applicationId, token, email } = await walk.apply();
      const silent = await walk.decide(applicationId, { action: 'reject' });
      expect([silent.status, silent.body['errors']]).toEqual([
        400,
        [{ pointer: '/reason', message: 'is needed to reject' }],
      ]);
      const rejected = await walk.decide(applicationId, { action: 'reject', reason: 'We are full this year' });
      expect([rejected.status, rejected.body]).toEqual([200, { stage: 'rejected' }]);
      const seen = await product.ok('GET', `/v1/applications/${applicationId}`, { token });
      expect(seen).toMatchObject({ stage: 'rejected', reason: 'We are full this year' });
      await product.until('the mail', async () => {
        return (await product.mails(email)).some(({ text }) => text.includes('We are full this year'));
      });
      const [fact] = await product.rows(
        `select actor_id, reason, request_id from audit_facts where subject_id = $1 and action = 'application.reject'`,
        applicationId,
      );
      expect(fact).toMatchObject({ actor_id: 'usr_petra-partner-manager', reason: 'We are full this year' });
      expect(fact?.['request_id']).toBe(rejected.headers.get('x-request-id'));
      expect(await product.ended(`partner-onboarding/${applicationId}`)).toBe('COMPLETED');
    });

    it('is decided once: a second decision gets 409, the same one sent again its answer', async () => {
      const { applicationId } = await walk.apply();
      const headers = { 'idempotency-key': product.newKey() };
      const first = await walk.decide(applicationId, { action: 'approve' }, { headers });
      const again = await walk.decide(applicationId, { action: 'approve' }, { headers });
      expect([again.status, again.text]).toEqual([200, first.text]);
      const second = await walk.decide(applicationId, { action: 'reject', reason: 'No' });
      expect([second.status, second.body.code]).toEqual([409, 'illegal-transition']);
    });

    it('keeps a partner reference to one partner', async () => {
      await walk.approved({ reference: 'taken' });
      const { applicationId } = await walk.apply();
      const refused = await walk.decide(applicationId, { action: 'approve', partnerReference: 'taken' });
      expect([refused.status, refused.body.code]).toEqual([409, 'already-exists']);
      expect(await walk.application(applicationId)).toMatchObject({ stage: 'in_review' });
      expect((await walk.decide(applicationId, { action: 'approve', partnerReference: 'free' })).status).toBe(200);
    });

    it('takes effect in the past for nobody outside a rehearsal', async () => {
      const { applicationId } = await walk.apply();
      const body = { action: 'approve', effectiveFrom: '2024-01-01T00:00:00Z' };
      const asAdmin = await walk.decide(applicationId, body, { token: walk.tokens.admin });
      expect([asAdmin.status, asAdmin.body.code]).toEqual([403, 'rehearsal-only']);
      const asManager = await walk.decide(applicationId, body);
      expect([asManager.status, asManager.body.code]).toEqual([403, 'forbidden']);
    });

    it('expires when nobody decides, and is told so', async () => {
      const hasty = await ContractingWalk.open(product, { decisionWithin: 'PT0.4S' });
      const { applicationId, email } = await hasty.apply();
      await hasty.stage(applicationId, 'expired');
      expect(await product.ended(`partner-onboarding/${applicationId}`)).toBe('COMPLETED');
      expect(await walk.audit(applicationId)).toEqual([...toReview, 'application.expire in_review>expired']);
      await product.outboxEmpty();
      expect(await product.mails(email)).toHaveLength(3);
      const late = await hasty.decide(applicationId, { action: 'approve' });
      expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
    });
  });

  describe('withdrawn by its applicant', () => {
    it('ends in review', async () => {
      const applicant = await walk.apply();
      const answer = await walk.withdraw(applicant, 'Another offer');
      expect([answer.status, answer.body.stage]).toEqual([200, 'withdrawn']);
      expect(await product.ended(`partner-onboarding/${applicant.applicationId}`)).toBe('COMPLETED');
      const [fact] = await product.rows(
        `select actor_id, reason from audit_facts where subject_id = $1 and to_state = 'withdrawn'`,
        applicant.applicationId,
      );
      expect(fact).toEqual({ actor_id: applicant.applicationId, reason: 'Another offer' });
      expect((await walk.withdraw(applicant)).body.code).toBe('illegal-transition');
    });

    it('takes its negotiation with it', async () => {
      const partner = await walk.approved();
      expect((await walk.withdraw(partner)).status).toBe(200);
      expect(await walk.negotiation(partner.negotiationId)).toMatchObject({ state: 'withdrawn' });
      expect(await walk.audit(partner.partnerId)).toContain('partner.end contracting>ended');
      for (const workflow of [`negotiation/${partner.negotiationId}`, `partner-onboarding/${partner.applicationId}`]) {
        expect(await product.ended(workflow)).toBe('COMPLETED');
      }
      const late = await walk.accept(partner.negotiationId, partner.termsHash, partner.token);
      expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
    });

    it('takes an envelope back that is out', async () => {
      const partner = await walk.sent();
      expect((await walk.withdraw(partner)).status).toBe(200);
      expect(await walk.envelope(partner.envelopeId)).toMatchObject({ state: 'voided', awaiting: null });
      for (const workflow of [`signature/${partner.negotiationId}`, `partner-onboarding/${partner.applicationId}`]) {
        expect(await product.ended(workflow)).toBe('COMPLETED');
      }
      expect((await walk.sign(partner)).body.code).toBe('illegal-transition');
      expect(await walk.application(partner.applicationId)).toMatchObject({ stage: 'withdrawn' });
    });

    it('is refused once it has signed, and nothing is half done', async () => {
      const partner = await walk.sent();
      await walk.sign(partner);
      const before = await walk.audit(partner.partnerId);
      const answer = await walk.withdraw(partner);
      expect([answer.status, answer.body.code]).toEqual([409, 'illegal-transition']);
      expect(await walk.application(partner.applicationId)).toMatchObject({ stage: 'approved' });
      expect(await walk.envelope(partner.envelopeId)).toMatchObject({ state: 'awaiting_countersign' });
      expect(await walk.audit(partner.partnerId)).toEqual(before);
      expect((await walk.countersign(partner)).status).toBe(200);
      await walk.stage(partner.applicationId, 'active');
      expect((await walk.withdraw(partner)).body.code).toBe('illegal-transition');
    });
  });

  describe('is shown', () => {
    it('to nobody without a right to it', async () => {
      const [mine, other] = [await walk.apply(), await walk.apply()];
      const path = `/v1/applications/${mine.applicationId}`;
      expect((await product.call('GET', path)).status).toBe(401);
      expect((await product.call('GET', `${path}?token=${other.token.slice(0, -2)}`)).status).toBe(401);
      expect((await product.call('GET', path, { token: other.token })).status).toBe(404);
      expect((await product.call('GET', path, { token: await product.token('finance') })).status).toBe(403);
      expect((await walk.withdraw({ ...mine, token: other.token })).status).toBe(404);
      expect((await walk.decide(mine.applicationId, { action: 'approve' }, { token: mine.token })).status).toBe(403);
      expect((await product.call('GET', path, { token: mine.token })).status).toBe(200);
    });

    it('to the managers of its own program alone', async () => {
      const other = await ContractingWalk.open(product);
      const { applicationId } = await walk.apply();
      const here = await product.token('partner_manager', { programId: walk.programId });
      const there = await product.token('partner_manager', { programId: other.programId });
      expect((await product.call('GET', `/v1/applications/${applicationId}`, { token: here })).status).toBe(200);
      expect((await product.call('GET', `/v1/applications/${applicationId}`, { token: there })).status).toBe(404);
      expect((await walk.decide(applicationId, { action: 'approve' }, { token: there })).status).toBe(404);
      const list = `/v1/applications?programId=${walk.programId}`;
      expect((await product.call('GET', list, { token: there })).status).toBe(404);
      const all = await product.ok<{ items: { programId: string }[] }>('GET', '/v1/applications', { token: there });
      expect(all.items).toEqual([]);
      expect((await walk.decide(applicationId, { action: 'approve' }, { token: walk.tokens.legal })).status).toBe(403);
      expect((await walk.decide(applicationId, { action: 'approve' }, { token: walk.tokens.auditor })).status).toBe(
        403,
      );
    });
  });
});
