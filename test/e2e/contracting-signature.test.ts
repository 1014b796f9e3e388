import { contractClauses } from '../../libs/documents/domain/index.js';
import { consentIn, contractStyle } from '../../libs/programs/domain/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { ContractingWalk, type Answer, type Sent } from '../support/contracting.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';

const outcome = ({ status, body }: Answer): [number, unknown] => [status, body.code ?? body.state];
const otherHash = 'a'.repeat(64);

describe('a contract', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  describe('that was sent', () => {
    let partner: Sent;
    beforeAll(async () => {
      partner = await walk.sent({ applicant: { name: 'Łucja Ødegård', company: 'Ødegård Records' } });
    });

    it('is the PDF of the agreed terms: each clause, the parties, the terms hash on every page', async () => {
      const bytes = await product.bytes(`/v1/signing/${partner.link}/document`);
      expect(sha256(bytes)).toBe(partner.documentHash);
      const pdf = await readPdf(bytes);
      const facts = {
        programName: walk.document.name,
        company: walk.document.company,
        partner: { name: 'Łucja Ødegård', company: 'Ødegård Records' },
        effective: { kind: 'on-countersignature' as const },
        termsHash: partner.termsHash,
      };
      const clauses = contractClauses(walk.document.terms, facts, 'en', contractStyle(walk.document));
      expect(clauses.length).toBeGreaterThan(10);
      const text = pdf.text.replace(/\s+/g, '');
      for (const clause of clauses) {
        expect(text).toContain(`${clause.number}${clause.heading}`.replace(/\s+/g, ''));
        expect(text).toContain(clause.text.replace(/\s+/g, ''));
      }
      for (const page of pdf.pages) expect(page).toContain(partner.termsHash);
    });

    it('is the same bytes for the company, and was stored once', async () => {
      const address = `/v1/envelopes/${partner.envelopeId}/document`;
      expect(sha256(await product.bytes(address, walk.tokens.legal))).toBe(partner.documentHash);
      expect(sha256(await product.bytes(address, partner.token))).toBe(partner.documentHash);
      const sql = `select count(*)::int as count from documents where sha256 = $1`;
      expect(await product.rows(sql, partner.documentHash)).toEqual([{ count: 1 }]);
    });

    it('is never changed once it is stored', async () => {
      const sql = `update documents set bytes = 'x' where sha256 = $1`;
      await expect(product.rows(sql, partner.documentHash)).rejects.toThrow(/append-only/);
    });

    it('is read as often as one likes: no look uses the link up', async () => {
      for (let look = 0; look < 3; look++) {
        const page = await product.ok('GET', `/v1/signing/${partner.link}`);
        expect(page).toMatchObject({
          envelopeId: partner.envelopeId,
          state: 'viewed',
          documentHash: partner.documentHash,
          termsHash: partner.termsHash,
          programName: walk.document.name,
          company: walk.document.company,
          consent: consentIn(walk.document.signature.consent, 'en'),
        });
        await product.bytes(`/v1/signing/${partner.link}/document`);
      }
      const { facts } = await walk.evidence(partner.envelopeId);
      expect(facts.map(({ type }) => type).filter((type) => !type.startsWith('mail_'))).toEqual([
        ...['draft', 'frozen', 'sent', 'asked'],
        ...['viewed', 'viewed', 'viewed', 'viewed'],
      ]);
    });

    it('shows the consent that it was frozen with, whatever the program says by now', async () => {
      const later = { version: 'later', text: 'Something else' };
      const signature = { ...walk.document.signature, consent: later };
      await product.ok('POST', `/v1/programs/${walk.programId}/versions`, {
        token: walk.tokens.admin,
        body: { ...walk.document, signature },
      });
      const page = await product.ok('GET', `/v1/signing/${partner.link}`);
      expect(page['consent']).toEqual(consentIn(walk.document.signature.consent, 'en'));
    });

    it.each([
      ['another hash', { documentHash: otherHash }, 412, 'hash-mismatch'],
      ['another consent', { consentVersion: 'later' }, 412, 'hash-mismatch'],
      ['no consent', { consent: false }, 400, 'malformed-request'],
      ['no name', { typedName: ' ' }, 400, 'malformed-request'],
    ])('is not signed with %s', async (_what, changes, status, code) => {
      expect(outcome(await walk.sign(partner, changes))).toEqual([status, code]);
      expect(await walk.envelope(partner.envelopeId)).toMatchObject({ state: 'viewed', awaiting: 'partner' });
    });

    it('is not signed with a link that is not its own', async () => {
      const [purpose, id, proof = ''] = partner.link.split('.');
      const other = await walk.sent();
      for (const link of [
        `${purpose}.${id}.${proof.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}x`,
        `${purpose}.${other.link.split('.')[1]}.${proof}`,
        `application.${id}.${proof}`,
        partner.token,
        'nonsense',
      ]) {
        expect(outcome(await walk.sign({ ...partner, link }))).toEqual([404, 'not-found']);
        expect((await product.call('GET', `/v1/signing/${link}`)).status).toBe(404);
        expect((await product.call('GET', `/v1/signing/${link}/document`)).status).toBe(404);
      }
      expect(
        (await product.call('GET', `/v1/applications/${partner.applicationId}`, { token: partner.link })).status,
      ).toBe(401);
    });

    it('is not countersigned before the partner has signed', async () => {
      expect(outcome(await walk.countersign(partner))).toEqual([409, 'illegal-transition']);
    });
  });

  describe('that is signed', () => {
    let partner: Sent;
    beforeAll(async () => {
      walk = await ContractingWalk.open(product);
      partner = await walk.sent({ reference: 'signer' });
    });

    it('waits for the company, sealed for the partner, with the act and its evidence on record', async () => {
      const answer = await walk.sign(partner, { timeZone: 'Asia/Jakarta' });
      expect([answer.status, answer.body]).toEqual([
        200,
        { envelopeId: partner.envelopeId, state: 'partner_signed', documentHash: partner.documentHash },
      ]);
      await product.mail(walk.document.contacts.legal!, 'countersign');
      expect(await walk.envelope(partner.envelopeId)).toMatchObject({
        state: 'awaiting_countersign',
        awaiting: 'company',
      });
      const { facts, brokenAt } = await walk.evidence(partner.envelopeId);
      expect(brokenAt).toBeNull();
      expect(facts.map(({ type }) => type).filter((type) => !type.startsWith('mail_'))).toEqual([
        ...['draft', 'frozen', 'sent', 'asked', 'viewed', 'signing_intent', 'signed', 'partner_signed'],
        ...['awaiting_countersign', 'asked'],
      ]);
      const fact = (type: string) => facts.find((each) => each.type === type)?.data;
      expect(fact('frozen')).toMatchObject({
        termsHash: partner.termsHash,
        documentHash: partner.documentHash,
        consentVersion: partner.consentVersion,
        consentText: walk.document.signature.consent.text,
      });
      expect(fact('asked')).toMatchObject({ target: expect.stringMatching(/^a\*\*\*@partner\.example$/) as unknown });
      expect(fact('signing_intent')).toMatchObject({
        timeZone: 'Asia/Jakarta',
        mark: 'typed',
        typedName: partner.name,
        documentHash: partner.documentHash,
        consentVersion: partner.consentVersion,
        ipAddress: '127.0.0.1',
        userAgent: expect.stringMatching(/./) as unknown,
      });
      const intent = facts.findIndex(({ type }) => type === 'signing_intent') + 1;
      expect(fact('signed')).toMatchObject({ intent, documentHash: partner.documentHash, authentication: 'link' });
      const d1 = (await walk.envelope(partner.envelopeId)).documents.d1;
      expect(fact('awaiting_countersign')).toMatchObject({ party: 'partner', field: 'PartnerSeal', documentHash: d1 });
      const [audited] = await product.rows(
        `select actor_id, request_id from audit_facts where subject_id = $1 and action = 'envelope.sign'`,
        partner.envelopeId,
      );
      const { recipients } = await walk.envelope(partner.envelopeId);
      expect(audited).toEqual({ actor_id: recipients[0]?.id, request_id: answer.headers.get('x-request-id') });
    });

    it('answers a repeat whose first answer was lost as it did at first', async () => {
      const it = await walk.sent();
      const { documentHash, consentVersion, name, link } = it;
      const body = { documentHash, consentVersion, consent: true, typedName: name };
      const headers = { 'idempotency-key': product.newKey() };
      const sign = () => product.call('POST', `/v1/signing/${link}/signature`, { body, headers });
      const first = await sign();
      expect([first.status, first.body['state']]).toEqual([200, 'partner_signed']);
      // As if the process had died after the signature and before it could keep its answer.
      await product.owner.query(`delete from idempotency_keys where key = $1`, [headers['idempotency-key']]);
      const again = await sign();
      expect([again.status, again.body]).toEqual([200, first.body]);
      const { facts } = await walk.evidence(it.envelopeId);
      expect(facts.filter(({ type }) => type === 'signed')).toHaveLength(1);
    });

    it('is signed once', async () => {
      expect(outcome(await walk.sign(partner))).toEqual([409, 'illegal-transition']);
      expect(outcome(await walk.decline(partner))).toEqual([409, 'illegal-transition']);
    });

    it('is countersigned by legal alone, never by the partner, and only as it was read', async () => {
      for (const role of ['partner_manager', 'admin', 'finance', 'auditor'] as const) {
        expect((await walk.countersign(partner, await product.token(role))).status).toBe(403);
      }
      expect((await walk.countersign(partner, partner.token)).status).toBe(403);
      expect((await walk.countersign(partner, await product.token({ partnerId: partner.partnerId }))).status).toBe(403);
      for (const user of [partner.partnerId, partner.applicationId]) {
        const own = await product.token('legal', { user });
        expect(outcome(await walk.countersign(partner, own))).toEqual([403, 'forbidden']);
      }
      const elsewhere = await ContractingWalk.open(product);
      const there = await product.token('legal', { programId: elsewhere.programId });
      expect((await walk.countersign(partner, there)).status).toBe(404);
      // What the partner was shown has no seal yet: it is not what the company signs.
      for (const hash of [otherHash, partner.documentHash]) {
        const other = await walk.countersign(partner, walk.tokens.legal, hash);
        expect(outcome(other)).toEqual([412, 'hash-mismatch']);
      }
      expect(await walk.envelope(partner.envelopeId)).toMatchObject({ state: 'awaiting_countersign' });
    });

    it('is in force from the countersignature on, at the first tier, and the partner is welcomed with it', async () => {
      expect(outcome(await walk.countersign(partner))).toEqual([200, 'countersigned']);
      await walk.stage(partner.applicationId, 'active');
      const { facts } = await walk.evidence(partner.envelopeId);
      const from = facts.find(({ type }) => type === 'countersigned')?.at;
      const seen = await product.ok('GET', `/v1/partners/${partner.partnerId}`, { token: partner.token });
      expect(seen).toMatchObject({
        stage: 'active',
        reference: 'signer',
        tier: 'bronze',
        activatedAt: from,
        agreements: [
          {
            version: 1,
            termsHash: partner.termsHash,
            effectiveFrom: from,
            effectiveUntil: null,
            envelopeId: partner.envelopeId,
          },
        ],
      });
      const [version] = await product.rows(
        `select lower_inc(in_force) as "from", upper_inf(in_force) as open, in_force @> $2::timestamptz as starts,
           in_force @> ($2::timestamptz - interval '1 microsecond') as before
         from agreement_versions where partner_id = $1`,
        partner.partnerId,
        from,
      );
      expect(version).toEqual({ from: true, open: true, starts: true, before: false });
      const [tier] = await product.rows(
        `select tier, reason from partner_tiers where partner_id = $1`,
        partner.partnerId,
      );
      expect(tier).toEqual({ tier: 'bronze', reason: 'the first tier of the signed terms, at activation' });
      await product.mail(partner.email, 'active');
      for (const address of [partner.email, walk.document.contacts.legal!]) {
        const mail = await product.mail(address, 'signed by both sides');
        const bytes = await product.bytes(`/v1/envelopes/${partner.envelopeId}/document`, walk.tokens.legal);
        const evidence = await product.bytes(
          `/v1/envelopes/${partner.envelopeId}/evidence-certificate`,
          walk.tokens.legal,
        );
        expect(mail.attachments).toEqual([
          { fileName: 'contract.pdf', contentType: 'application/pdf', sizeBytes: bytes.byteLength },
          { fileName: 'evidence.pdf', contentType: 'application/pdf', sizeBytes: evidence.byteLength },
        ]);
      }
      const moves = (await walk.audit(partner.envelopeId)).filter((fact) => !fact.endsWith(' >'));
      expect(moves).toEqual([
        'envelope.draft >draft',
        'envelope.freeze draft>frozen',
        'envelope.send frozen>sent',
        'envelope.view sent>viewed',
        'envelope.sign viewed>partner_signed',
        'envelope.seal_partner partner_signed>awaiting_countersign',
        'envelope.countersign awaiting_countersign>countersigned',
        'envelope.begin_sealing countersigned>sealing',
        'envelope.execute sealing>executed',
      ]);
      for (const workflow of [`signature/${partner.negotiationId}`, `partner-onboarding/${partner.applicationId}`]) {
        expect(await product.ended(workflow)).toBe('COMPLETED');
      }
    });

    it('is never voided or declined once it is executed', async () => {
      expect(outcome(await walk.voidEnvelope(partner))).toEqual([409, 'illegal-transition']);
      expect(outcome(await walk.decline(partner))).toEqual([409, 'illegal-transition']);
      expect(outcome(await walk.countersign(partner))).toEqual([409, 'illegal-transition']);
    });

    it('can be read by its partner for good, with both seals and the evidence', async () => {
      const { documents } = await walk.envelope(partner.envelopeId);
      expect(sha256(await product.bytes(`/v1/signing/${partner.link}/document`))).toBe(documents.d2);
      const evidence = await product.bytes(`/v1/signing/${partner.link}/evidence-certificate`);
      expect(sha256(evidence)).toBe(documents.certificate);
      // Who signed for the company is known by its account; of a consent or a look it tells the partner's alone.
      const { text } = await readPdf(evidence);
      expect(text).toContain('Lena Legal, for the Company');
      expect(text).toContain('lena.legal@company.example');
      for (const label of ['Consent given', 'Document shown']) expect(text.split(label)).toHaveLength(2);
      const revisions = [documents.d0, documents.d1, documents.d2];
      for (const [revision, hash] of revisions.entries()) {
        const address = `/v1/envelopes/${partner.envelopeId}/document?revision=${revision}`;
        expect(sha256(await product.bytes(address, partner.token))).toBe(hash);
      }
      const none = await product.call('GET', `/v1/envelopes/${partner.envelopeId}/document?revision=3`, {
        token: partner.token,
      });
      expect(none.status).toBe(404);
      expect(await product.ok('GET', `/v1/signing/${partner.link}`)).toMatchObject({ state: 'executed' });
    });

    it('names in its evidence who countersigned as that person signed', async () => {
      const other = await walk.sent();
      await walk.sign(other);
      await walk.reaches(other.envelopeId, 'awaiting_countersign');
      const { newestDocumentHash } = await walk.envelope(other.envelopeId);
      const said = { documentHash: newestDocumentHash, typedName: 'L. M. Legal', title: 'Head of legal' };
      const address = `/v1/envelopes/${other.envelopeId}`;
      const call = { token: walk.tokens.legal, body: said };
      const blank = await product.call('POST', `${address}/countersignature`, {
        ...call,
        body: { ...said, title: ' ' },
      });
      expect(blank.status).toBe(400);
      await product.ok('POST', `${address}/countersignature`, call);
      await walk.reaches(other.envelopeId, 'executed');
      const { text } = await readPdf(await product.bytes(`${address}/evidence-certificate`, walk.tokens.legal));
      for (const part of ['L. M. Legal, for the Company', 'Head of legal', 'lena.legal@company.example'])
        expect(text).toContain(part);
    });

    it('tells of each step in the feed of domain events', async () => {
      const feed = await product.ok<{ items: { type: string; subjectId: string }[] }>(
        'GET',
        `/v1/domain-events?program=${walk.programId}&limit=200`,
        { token: walk.tokens.service },
      );
      const about = (id: string) => feed.items.filter(({ subjectId }) => subjectId === id).map(({ type }) => type);
      expect(about(partner.applicationId)).toEqual([
        'application.submitted',
        'application.in_review',
        'application.review_begun',
        'application.approved',
        'application.active',
      ]);
      expect(about(partner.negotiationId)).toEqual(['negotiation.proposed', 'negotiation.agreed']);
      expect(about(partner.envelopeId)).toEqual([
        ...['envelope.draft', 'envelope.frozen', 'envelope.sent', 'envelope.recipient_asked', 'envelope.viewed'],
        ...['envelope.partner_signed', 'envelope.awaiting_countersign', 'envelope.recipient_asked'],
        ...['envelope.countersigned', 'envelope.sealing', 'envelope.sealed', 'envelope.certified', 'envelope.executed'],
      ]);
      expect(about(partner.partnerId)).toEqual([
        'partner.contracting',
        'partner.active',
        'partner.tier_recorded',
        'payout_account.opened',
      ]);
    });
  });
});
