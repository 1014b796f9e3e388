import { CapabilityLinks, signingSubject } from '../../libs/platform/index.js';
import { verifyContract } from '../../libs/seals/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { ContractingWalk, type ProgramChanges } from '../support/contracting.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';
import { newSigner, outcome, SigningDesk } from '../support/signing.js';

describe('several who sign', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close());

  async function desk(signature: NonNullable<ProgramChanges['signature']>): Promise<SigningDesk> {
    return new SigningDesk(await ContractingWalk.open(product, { signature }));
  }

  describe('one after the other', () => {
    const titled = {
      name: 'Grace Chief',
      email: 'grace@company.example',
      title: 'Chief executive',
      subjectId: 'usr_grace',
    };
    const signature = {
      partnerSigners: { order: 'sequential' as const, max: 3 },
      companySigners: { order: 'sequential' as const, signers: [{ role: 'legal' as const }, titled] },
    };

    it('sign in their places alone: a link used out of turn is refused, and the contract names each', async () => {
      const signing = await desk(signature);
      const { walk } = signing;
      const second = newSigner('Budi Second');
      const partner = await signing.agreed([second]);
      const first = await signing.link(partner.email);
      const { envelopeId } = await signing.page(first);
      const waiting = await signing.recipient(envelopeId, second.name);
      // Nobody was sent it yet; whoever had it all the same would get nothing by it.
      const links = new CapabilityLinks(product.env.LINK_SECRET);
      const early = links.token('signing', signingSubject(waiting.id, 1));
      for (const answer of [
        await signing.look(early),
        await product.call('GET', `/v1/signing/${early}/document`),
        await signing.act(early, 'decline', { reason: 'No' }),
        await signing.act(early, 'delegation', { name: 'Eve', email: 'eve@partner.example' }),
      ]) {
        expect([answer.status, (answer.body as { code?: string }).code]).toEqual([409, 'not-your-turn']);
      }
      expect(await product.mails(second.email)).toEqual([]);
      const text = (await readPdf(await product.bytes(`/v1/signing/${first}/document`))).text;
      for (const name of [partner.name, second.name, 'Finance director', titled.name, titled.title])
        expect(text).toContain(name);

      expect(outcome(await signing.sign(first))).toEqual([200, 'viewed']);
      expect(outcome(await signing.sign(first))).toEqual([409, 'illegal-transition']);
      const link = await signing.link(second.email);
      expect(link).toBe(early);
      expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);

      await walk.reaches(envelopeId, 'awaiting_countersign');
      const grace = await product.token('admin', { user: 'usr_grace' });
      expect(outcome(await walk.countersign({ envelopeId }, grace))).toEqual([409, 'not-your-turn']);
      expect(outcome(await walk.countersign({ envelopeId }))).toEqual([200, 'awaiting_countersign']);
      expect(outcome(await walk.countersign({ envelopeId }))).toEqual([403, 'forbidden']);
      const impostor = await product.token('legal', { user: 'usr_other' });
      expect(outcome(await walk.countersign({ envelopeId }, impostor))).toEqual([403, 'forbidden']);
      await product.mail(titled.email, 'countersign');
      expect(outcome(await walk.countersign({ envelopeId }, grace))).toEqual([200, 'countersigned']);
      await walk.stage(partner.applicationId, 'active');
      for (const address of [partner.email, second.email, titled.email])
        await product.mail(address, 'signed by both sides');
      const order = (await signing.facts(envelopeId, 'signed')).map(
        ({ party, place }) => `${String(party)} ${String(place)}`,
      );
      expect(order).toEqual(['partner 1', 'partner 2', 'company 1', 'company 2']);
    });

    it('name each other by either side, before the contract is made, and nobody twice', async () => {
      const signing = await desk(signature);
      const partner = await signing.walk.approved();
      const person = newSigner();
      const made = await signing.name(partner, person);
      expect(made.status).toBe(201);
      expect(outcome(await signing.name(partner, { ...person, email: person.email.toUpperCase() }))).toEqual([
        409,
        'already-exists',
      ]);
      expect(outcome(await signing.name(partner, { ...person, email: partner.email }))).toEqual([
        409,
        'already-exists',
      ]);
      expect(outcome(await signing.name(partner, { ...person, email: titled.email }))).toEqual([409, 'already-exists']);
      const other = await signing.name({ ...partner, token: signing.walk.tokens.manager }, newSigner());
      expect(other.status).toBe(201);
      expect(outcome(await signing.name(partner, newSigner()))).toEqual([422, 'invalid-document']);
      const removal = `/v1/negotiations/${partner.negotiationId}/signers/${String(other.body['id'])}/removal`;
      expect((await product.call('POST', removal, { token: partner.token })).status).toBe(204);
      const list = await product.ok<{ signers: { email: string }[] }>(
        'GET',
        `/v1/negotiations/${partner.negotiationId}/signers`,
        {
          token: partner.token,
        },
      );
      expect(list.signers.map(({ email }) => email)).toEqual([person.email]);
      const gone = await product.rows(`select name, email from persons where email = $1`, newSigner().email);
      expect(gone).toEqual([]);
      await signing.walk.accept(partner.negotiationId, partner.termsHash, partner.token);
      await signing.envelopeOf(partner);
      expect(outcome(await signing.name(partner, newSigner()))).toEqual([409, 'illegal-transition']);
    });
  });

  it('side by side sign in any order, and the last one completes the party', async () => {
    const signing = await desk({ partnerSigners: { order: 'parallel', max: 5 } });
    const [second, third] = [newSigner('Citra Two'), newSigner('Dewi Three')];
    const partner = await signing.agreed([second, third]);
    const links = await Promise.all([partner.email, second.email, third.email].map((email) => signing.link(email)));
    const { envelopeId } = await signing.page(links[0]!);
    expect(outcome(await signing.sign(links[2]!))).toEqual([200, 'viewed']);
    const both = await Promise.all([signing.sign(links[0]!), signing.sign(links[1]!)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both.filter(({ body }) => body.state === 'partner_signed').length).toBeGreaterThan(0);
    await signing.walk.reaches(envelopeId, 'awaiting_countersign');
    expect(await signing.facts(envelopeId, 'partner_signed')).toHaveLength(1);
    expect(await signing.facts(envelopeId, 'signed')).toHaveLength(3);
  });

  it('give their place to another person: the old link ends, the new one signs, and both stand in the evidence', async () => {
    const signing = await desk({});
    const { walk } = signing;
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    const delegate = newSigner('Eko Delegate');
    expect(outcome(await signing.act(link, 'delegation', { ...delegate, email: partner.email }))).toEqual([
      409,
      'already-exists',
    ]);
    const people = () => product.rows(`select count(*)::int as count from persons where name = $1`, delegate.name);
    expect(await people()).toEqual([{ count: 0 }]);
    expect(outcome(await signing.act(link, 'delegation', { ...delegate, reason: 'I am away' }))).toEqual([
      200,
      'viewed',
    ]);
    expect(outcome(await signing.look(link))).toEqual([410, 'link-replaced']);
    expect(outcome(await signing.act(link, 'decline', { reason: 'No' }))).toEqual([410, 'link-replaced']);
    const theirs = await signing.link(delegate.email);
    expect(outcome(await signing.sign(theirs))).toEqual([200, 'partner_signed']);
    const { recipients } = await walk.envelope(envelopeId);
    expect(recipients.slice(0, 2).map(({ name, state }) => [name, state])).toEqual([
      [partner.name, 'delegated'],
      [delegate.name, 'signed'],
    ]);
    expect(recipients[0]?.delegatedTo).toBe(recipients[1]?.id);
    await walk.reaches(envelopeId, 'awaiting_countersign');
    expect((await walk.countersign({ envelopeId })).status).toBe(200);
    await walk.stage(partner.applicationId, 'active');
    expect(await signing.facts(envelopeId, 'delegated')).toMatchObject([{ delegateId: recipients[1]?.id }]);
    const mail = await product.mail(delegate.email, 'signed by both sides');
    expect(mail.attachments).toHaveLength(2);
  });

  it('give no place away where the program refuses it, and none of the company’s but by whose it is', async () => {
    const named = { name: 'Hana Named', email: 'hana@company.example', subjectId: 'usr_hana' };
    const signing = await desk({ delegation: 'refused', companySigners: { order: 'parallel', signers: [named] } });
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    expect(outcome(await signing.act(link, 'delegation', newSigner()))).toEqual([403, 'forbidden']);
    const { id: recipientId } = await signing.recipient(envelopeId, named.name);
    const body = { recipientId, ...newSigner(), subjectId: 'usr_new' };
    const manager = await product.token('partner_manager', { user: 'usr_someone' });
    expect(outcome(await signing.change(envelopeId, 'delegation', body, manager))).toEqual([403, 'forbidden']);
    expect(outcome(await signing.change(envelopeId, 'delegation', { recipientId, ...newSigner() }))).toEqual([
      400,
      'malformed-request',
    ]);
  });

  it('are mended: a new address keeps the contract and changes the link', async () => {
    const signing = await desk({});
    const { walk } = signing;
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId, recipientId, documentHash } = await signing.page(link);
    const email = `mended-${recipientId.slice(-8)}@partner.example`;
    const before = await signing.change(envelopeId, 'correction', { recipientId, email: partner.email });
    expect(outcome(before)).toEqual([409, 'illegal-transition']);
    const mended = await signing.change(envelopeId, 'correction', { recipientId, email }, walk.tokens.manager);
    expect(outcome(mended)).toEqual([200, 'viewed']);
    expect(outcome(await signing.look(link))).toEqual([410, 'link-replaced']);
    const newLink = await signing.link(email);
    expect(newLink).not.toBe(link);
    expect(await signing.page(newLink)).toMatchObject({ envelopeId, recipientId, documentHash });
    expect(outcome(await signing.sign(newLink))).toEqual([200, 'partner_signed']);
    expect(await signing.facts(envelopeId, 'corrected')).toMatchObject([{ fields: ['email'] }]);
    const [row] = await product.rows(`select count(*)::int as people from persons where email = any($1)`, [
      email,
      partner.email,
    ]);
    expect(row).toEqual({ people: 1 });
    await walk.reaches(envelopeId, 'awaiting_countersign');
    const late = await signing.change(envelopeId, 'correction', { recipientId, name: 'Too Late' });
    expect(outcome(late)).toEqual([409, 'illegal-transition']);
  });

  it('are mended: a new name supersedes the envelope by one whose contract says it right', async () => {
    const signing = await desk({});
    const { walk } = signing;
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId, recipientId, documentHash } = await signing.page(link);
    const answer = await signing.change(envelopeId, 'correction', { recipientId, name: 'Ada Lovelace' });
    expect(outcome(answer)).toEqual([200, 'superseded']);
    expect(outcome(await signing.look(link))).toEqual([410, 'link-replaced']);
    const newLink = await signing.link(partner.email, 2);
    const page = await signing.page(newLink);
    expect(page.envelopeId).not.toBe(envelopeId);
    expect(page.documentHash).not.toBe(documentHash);
    expect(await signing.envelopeOf(partner)).toBe(page.envelopeId);
    expect((await readPdf(await product.bytes(`/v1/signing/${newLink}/document`))).text).toContain('Ada Lovelace');
    for (const what of ['void', 'extension', 'resend'] as const) {
      const body = {
        void: { reason: 'No' },
        extension: { expiresAt: '2099-01-01T00:00:00Z', reason: 'No' },
        resend: { recipientId },
      };
      expect(outcome(await signing.change(envelopeId, what, body[what]))).toEqual([409, 'illegal-transition']);
    }
    expect(outcome(await signing.sign(newLink))).toEqual([200, 'partner_signed']);
    await walk.reaches(page.envelopeId, 'awaiting_countersign');
    expect((await walk.countersign(page)).status).toBe(200);
    await walk.stage(partner.applicationId, 'active');
    const [version] = await product.rows(
      `select envelope_id from agreement_versions where partner_id = $1`,
      partner.partnerId,
    );
    expect(version).toEqual({ envelope_id: page.envelopeId });
  });

  it('sign with a drawn mark, from their own account too, and the papers prove it offline', async () => {
    const signing = await desk({});
    const { walk } = signing;
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const page = await signing.page(link);
    expect((await signing.act(link, 'pages', { documentHash: page.documentHash, pages: [2, 1, 2] })).status).toBe(204);
    expect(outcome(await signing.act(link, 'pages', { documentHash: 'b'.repeat(64), pages: [1] }))).toEqual([
      412,
      'hash-mismatch',
    ]);
    const data = 'M 0 0 L 10 10';
    const mark = { kind: 'drawn', format: 'svg-path', data };
    const body = {
      documentHash: page.documentHash,
      consentVersion: page.consent?.version,
      consent: true,
      typedName: partner.name,
    };
    const own = await product.token({ partnerId: partner.partnerId });
    const address = `/v1/envelopes/${page.envelopeId}/signature`;
    expect(outcome(await product.call('POST', address, { token: partner.token, body }))).toEqual([403, 'forbidden']);
    const wrong = { ...body, mark: { ...mark, data: 'url(evil)' } };
    expect(outcome(await product.call('POST', address, { token: own, body: wrong }))).toEqual([
      400,
      'malformed-request',
    ]);
    expect(outcome(await product.call('POST', address, { token: own, body: { ...body, mark } }))).toEqual([
      200,
      'partner_signed',
    ]);
    await walk.reaches(page.envelopeId, 'awaiting_countersign');
    const asLegal = await product.token('legal', { user: `usr_${partner.partnerId}` });
    expect(outcome(await walk.countersign(page, asLegal))).toEqual([403, 'forbidden']);
    expect((await walk.countersign(page)).status).toBe(200);
    await walk.stage(partner.applicationId, 'active');
    expect(await signing.facts(page.envelopeId, 'pages_read')).toMatchObject([{ pages: [1, 2] }]);
    expect(await signing.facts(page.envelopeId, 'signing_intent')).toMatchObject([
      { mark: 'drawn', markHash: sha256(data) },
    ]);
    const contract = await product.bytes(`/v1/signing/${link}/document`);
    const evidence = await product.bytes(`/v1/signing/${link}/evidence-certificate`);
    // It signed with its account, and not by the link alone: the certificate says so.
    const { text } = await readPdf(evidence);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`bearer_token, usr_${partner.partnerId}: proved`);
    const report = verifyContract(contract, { evidence });
    expect(new Set(report.findings.map(({ code }) => code))).toEqual(new Set(['unknown-certificate']));
    const { documents } = await walk.envelope(page.envelopeId);
    expect(report.documents).toEqual({ d0: documents.d0, d1: documents.d1, d2: documents.d2 });
  });
});
