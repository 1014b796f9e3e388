import { AmendmentWalk, type Amendment, type Contracted } from '../support/amendments.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const law = 'the law of Indonesia';

describe('notices of change', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let short: AmendmentWalk;
  let guarded: AmendmentWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    const standard = { period: 'PT6S', mayObject: true };
    walk = await ContractingWalk.open(product, { agreement: { noticeOfChange: standard } });
    short = new AmendmentWalk(walk);
    const bounds = [{ role: 'partner_manager' as const, forbidden: [law] }, { role: 'legal' as const }];
    const guardrails = [{ path: '/legal/governingLaw', bounds }];
    const negotiation = { answerWithin: 'P30D', remindBefore: [], guardrails };
    // Here the law is what needs consent, and of the rate a notice is enough.
    const agreement = { material: ['/legal'], noticeOfChange: { period: 'P30D', mayObject: false } };
    guarded = new AmendmentWalk(await ContractingWalk.open(product, { negotiation, agreement }));
  });
  afterAll(() => product.close(), 60_000);

  const listFor = async ({ agreementId, token }: Contracted): Promise<string[]> => {
    const address = `/v1/agreements/${agreementId}/amendments`;
    const { items } = await product.ok<{ items: Amendment[] }>('GET', address, { token });
    return items.map(({ id }) => id);
  };

  it('change the terms when their period is over, and not a millisecond before', async () => {
    const partner = await short.partner();
    const { id, needsConsent, material } = await short.proposed(partner, short.law(law));
    expect([needsConsent, material]).toEqual([false, []]);
    const { notice, effectiveFrom, shownAt } = await short.reaches(id, 'noticed');
    expect(Date.parse(notice!.endsAt) - Date.parse(notice!.givenAt)).toBe(6_000);
    expect([effectiveFrom, notice!.mayObject, shownAt !== null]).toEqual([notice!.endsAt, true, true]);
    const mail = await product.mail(partner.email, 'notice that terms of your agreement change');
    expect(mail.attachments.map(({ fileName }) => fileName)).toEqual(['changes.pdf', 'terms.json']);
    expect(mail.text).toContain('object before');
    expect(await short.calendar(id)).toEqual([`change_notice_end ${notice!.endsAt} the partner may object until then`]);
    const begin = new Date(effectiveFrom!);
    const early = await short.sale(partner, new Date(begin.getTime() - 1));
    const late = await short.sale(partner, begin);
    const adopted = await short.reaches(id, 'adopted');
    expect(adopted).toMatchObject({ version: 2, envelopeId: null, effectiveFrom });
    const { versions } = await short.agreementOf(partner);
    expect(versions).toMatchObject([
      { version: 1, effectiveUntil: effectiveFrom },
      { version: 2, basis: 'notice', termsHash: adopted.termsHash, effectiveFrom, effectiveUntil: null },
    ]);
    expect(await short.calendar(id)).toEqual([]);
    expect((await short.explained(early)).termsHash).toBe(partner.termsHash);
    expect((await short.explained(late)).termsHash).toBe(adopted.termsHash);
    const tooLate = await short.act(id, 'objection', { reason: 'No' }, partner.token);
    expect([tooLate.status, tooLate.body.code]).toEqual([409, 'illegal-transition']);
    expect(await walk.audit(id)).toEqual([
      ...['amendment.propose >announcing', 'amendment.notify announcing>noticed', 'amendment.adopt noticed>adopted'],
    ]);
  });

  it('are negotiated where the partner objects: nothing changes until both sides agree and sign', async () => {
    const partner = await short.partner();
    const { id } = await short.proposed(partner, short.law(law));
    const { notice } = await short.reaches(id, 'noticed');
    expect((await short.act(id, 'objection', { reason: 'Mine' }, walk.tokens.manager)).status).toBe(403);
    const answer = await short.act(id, 'objection', { reason: 'I know German law' }, partner.token);
    expect([answer.status, answer.body.state]).toEqual([200, 'negotiating']);
    await product.mail(walk.document.contacts.legal!, 'objects to a change of terms');
    await product.until('the end of the period', () => Promise.resolve(Date.now() > Date.parse(notice!.endsAt) + 500));
    const open = await short.get(id);
    expect(open).toMatchObject({ state: 'negotiating', version: null, notice: { objection: 'I know German law' } });
    expect((await short.agreementOf(partner)).versions).toHaveLength(1);
    await short.sign(await short.toSign(partner, open));
    expect(await short.reaches(id, 'adopted')).toMatchObject({ version: 2 });
    expect((await short.agreementOf(partner)).versions[1]).toMatchObject({ basis: 'signed' });
  });

  it('are taken back by the company until their period is over', async () => {
    const partner = await guarded.partner();
    const { id } = await guarded.proposed(partner, guarded.rate('11'));
    await guarded.reaches(id, 'noticed');
    expect((await guarded.act(id, 'objection', { reason: 'No' }, partner.token)).status).toBe(409);
    expect((await guarded.act(id, 'withdrawal', {}, partner.token)).status).toBe(403);
    const answer = await guarded.act(id, 'withdrawal', { reason: 'Too early' }, guarded.walk.tokens.manager);
    expect([answer.status, answer.body.state]).toEqual([200, 'withdrawn']);
    expect(await guarded.get(id)).toMatchObject({ cause: 'notice_withdrawn', effectiveFrom: expect.any(String) });
    expect((await guarded.agreementOf(partner)).versions).toHaveLength(1);
    expect(await product.ended(`agreement-amendment/${id}`)).toBe('COMPLETED');
  });

  it('are not enough for what the program lists, and the partner sees nothing until it is approved within', async () => {
    const partner = await guarded.partner();
    const { manager, legal } = guarded.walk.tokens;
    const amendment = await guarded.proposed(partner, guarded.law(law));
    expect(amendment).toMatchObject({ state: 'awaiting_approval', needsConsent: true, negotiationId: null });
    expect(amendment.material).toEqual(['/legal/governingLaw']);
    await product.mail(guarded.walk.document.contacts.legal!, 'approval');
    await product.outboxEmpty();
    for (const what of ['', '/diff', '/redline']) {
      const hidden = await product.call('GET', `/v1/amendments/${amendment.id}${what}`, { token: partner.token });
      expect(hidden.status).toBe(404);
    }
    expect(await listFor(partner)).toEqual([]);
    expect(await product.mails(partner.email, 'change')).toEqual([]);
    const address = `/v1/amendments/${amendment.id}/internal-approvals`;
    const { items } = await product.ok<{ items: { id: string }[] }>('GET', address, { token: legal });
    const approval = { approvalId: items[0]!.id, decision: 'approve' };
    const own = await guarded.act(amendment.id, 'internal-approvals', approval, manager);
    expect([own.status, own.body.code]).toEqual([403, 'maker-is-checker']);
    const approved = await guarded.act(amendment.id, 'internal-approvals', approval, legal);
    expect([approved.status, approved.body.state]).toEqual([200, 'negotiating']);
    expect(await listFor(partner)).toEqual([amendment.id]);
    await product.mail(partner.email, 'proposes to change the agreement');
    expect((await guarded.act(amendment.id, 'internal-approvals', approval, legal)).status).toBe(409);
    expect(await guarded.walk.audit(amendment.id)).toEqual([
      ...['amendment.propose >awaiting_approval', 'approval.request >pending', 'approval.approve >'],
      ...['approval.end pending>approved', 'amendment.negotiate awaiting_approval>negotiating'],
    ]);
  });

  it('that wait for approval come to nothing where they are rejected, or the partner proposes a change first', async () => {
    const partner = await guarded.partner();
    const first = await guarded.proposed(partner, guarded.law(law));
    const address = `/v1/amendments/${first.id}/internal-approvals`;
    const { legal } = guarded.walk.tokens;
    const { items } = await product.ok<{ items: { id: string }[] }>('GET', address, { token: legal });
    const rejection = { approvalId: items[0]!.id, decision: 'reject', reason: 'Not this law' };
    await guarded.act(first.id, 'internal-approvals', rejection, legal);
    expect(await guarded.reaches(first.id, 'refused')).toMatchObject({ cause: 'approval_rejected' });
    const second = await guarded.proposed(partner, guarded.law(law));
    const own = await guarded.proposed(partner, guarded.rate('19'), {}, partner.token);
    expect(await guarded.get(second.id)).toMatchObject({ state: 'cancelled', cause: 'overtaken' });
    expect(own).toMatchObject({ state: 'negotiating', side: 'partner' });
    expect(await listFor(partner)).toEqual([own.id]);
    expect(await product.ended(`agreement-amendment/${second.id}`)).toBe('COMPLETED');
    await product.outboxEmpty();
    expect(await product.mails(partner.email, 'stay as they are')).toEqual([]);
  });
});
