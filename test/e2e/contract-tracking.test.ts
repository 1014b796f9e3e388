import { writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { sha256 } from '../../libs/kernel/sha256.js';
import { ContractingWalk, type Approved, type Sent } from '../support/contracting.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';

interface Entry {
  uid: string;
  kind: string;
  at: string;
  partnerId: string | null;
  partnerReference: string | null;
  subjectId: string;
}

interface Trail {
  partner: { id: string; reference: string; stage: string };
  person: { name: string | null; email: string | null; erasedAt: string | null };
  application: { company: string | null; references: { state: string }[]; decision: { by: string } | null };
  negotiations: { state: string; agreedHash: string; rounds: { number: number; side: string; termsHash: string }[] }[];
  envelopes: {
    id: string;
    state: string;
    recipients: { party: string; name: string | null; state: string }[];
    evidence: { facts: number; head: string; brokenAt: number | null };
    seals: { party: string; documentHash: string; certificateSha256: string }[];
    documents: Record<string, string | null>;
  }[];
  agreements: { id: string; versions: { version: number; termsHash: string }[] }[];
  mails: { template: string; state: string }[];
  documents: { sha256: string; kind: string; sizeBytes: number }[];
  dossiers: { sha256: string; madeBy: string }[];
  timeline: (Record<'at' | 'source' | 'id' | 'what' | 'who', string> & Record<'from' | 'to', string | null>)[];
  isComplete: boolean;
}

describe('tracking for legal', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let active: Sent;
  let sent: Sent;
  let negotiating: Approved;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product, { signature: { stalledAfter: 'P3D' } });
    active = await walk.activePartner({
      applicant: { company: 'Nordlicht GmbH; "Musik", Köln' },
      reference: 'nordlicht',
    });
    sent = await walk.sent({ reference: 'waiting' });
    negotiating = await walk.approved({ reference: 'talking' });
  }, 180_000);
  afterAll(() => product.close());

  const get = <Body>(address: string, token = walk.tokens.legal): Promise<Body> =>
    product.ok<Body>('GET', address, { token });

  async function csv(address: string): Promise<Record<string, string>[]> {
    const headers = { accept: 'text/csv' };
    const { text } = await product.call('GET', address, { token: walk.tokens.legal, headers });
    return parse(text, { columns: true });
  }

  describe('the list of envelopes', () => {
    const list = (query: string) =>
      get<{
        items: { id: string; turn: string[]; nextDeadline: { kind: string } | null; stalled: { cause: string }[] }[];
      }>(`/v1/envelopes?programId=${walk.programId}&${query}`);

    it('has what is open, whose turn it is and what happens next', async () => {
      const { items } = await list('open=true');
      expect(items).toMatchObject([{ id: sent.envelopeId, nextDeadline: { kind: 'expiry' }, stalled: [] }]);
      const { recipients } = await walk.envelope(sent.envelopeId);
      expect(items[0]!.turn).toEqual(recipients.filter(({ party }) => party === 'partner').map(({ id }) => id));
      expect((await list(`waitingFor=${items[0]!.turn[0]}`)).items.map(({ id }) => id)).toEqual([sent.envelopeId]);
      expect((await list('open=false')).items.map(({ id }) => id)).toEqual([active.envelopeId]);
    });

    it('shows as stalled what nobody moved, and whose mails fail, with the reason', async () => {
      const [recipient] = await product.rows<{ id: string; asked_at: Date }>(
        `select id, asked_at from envelope_recipients where envelope_id = $1 and party = 'partner'`,
        sent.envelopeId,
      );
      await product.rows(`update envelope_recipients set delivery = 'failed' where id = $1`, recipient!.id);
      expect((await list('stalled=any')).items).toMatchObject([
        { id: sent.envelopeId, stalled: [{ cause: 'delivery_failed', since: null, recipientId: recipient!.id }] },
      ]);
      const long = '2026-01-01T00:00:00.000Z';
      await product.rows(
        `update envelope_recipients set delivery = 'sent', asked_at = $2, viewed_at = $2 where id = $1`,
        recipient!.id,
        long,
      );
      await product.rows(`update envelopes set state_since = $2 where id = $1`, sent.envelopeId, long);
      expect((await list('stalled=no_progress')).items).toMatchObject([
        { stalled: [{ cause: 'no_progress', since: long }] },
      ]);
      await product.rows(
        `update envelope_recipients set asked_at = $2, viewed_at = now() where id = $1`,
        recipient!.id,
        recipient!.asked_at,
      );
      expect((await list('stalled=any')).items).toEqual([]);
    });

    it('comes as CSV, and refuses what it does not know', async () => {
      const rows = await csv(`/v1/envelopes?programId=${walk.programId}&open=true`);
      expect(rows).toMatchObject([{ id: sent.envelopeId, partnerReference: 'waiting', 'nextDeadline.kind': 'expiry' }]);
      for (const query of ['stalled=sometimes', 'sort=name', 'open=maybe', 'partnerId=x', 'termsTemplateId=x']) {
        const { status } = await product.call('GET', `/v1/envelopes?${query}`, { token: walk.tokens.legal });
        expect(status).toBe(400);
      }
    });
  });

  describe('statistics', () => {
    const address = () => `/v1/envelope-statistics?programId=${walk.programId}`;

    it('come as JSON and CSV, by template and month', async () => {
      const answer = await get<{ total: object; items: { templateVersion: string }[] }>(`${address()}&by=template`);
      expect(answer.total).toMatchObject({
        sent: 2,
        executed: 1,
        open: 1,
        completionRate: '1.0000',
        timeToSign: { count: 1 },
      });
      expect(answer.items).toHaveLength(1);
      expect(answer.items[0]!.templateVersion).toMatch(/\d/);
      const [row] = await csv(`${address()}&by=month`);
      expect(row).toMatchObject({
        month: new Date().toISOString().slice(0, 7),
        sent: '2',
        'timeToSign.count': '1',
        'dropOffs.viewed.declined': '0',
      });
    });

    it('are legal’s, and of programs that it has', async () => {
      const other = await product.token('legal', { programId: (await ContractingWalk.open(product)).programId });
      expect((await product.call('GET', address(), { token: other })).status).toBe(404);
      const finance = await product.token('finance');
      expect((await product.call('GET', address(), { token: finance })).status).toBe(403);
      const { total } = await get<{ total: { sent: number } }>('/v1/envelope-statistics', other);
      expect(total.sent).toBe(0);
    });

    it.each(['from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z', 'from=yesterday', 'by=person'])(
      'refuse %s',
      async (query) => {
        const { status, body } = await product.call('GET', `${address()}&${query}`, { token: walk.tokens.legal });
        expect([status, body['code']]).toEqual([400, 'malformed-request']);
      },
    );
  });

  describe('the calendar', () => {
    const address = (query = '') => `/v1/contract-calendar?programId=${walk.programId}${query}`;

    it('has what the rows say will come, in the order of time', async () => {
      const { items } = await get<{ items: Entry[] }>(address('&limit=200'));
      expect(items.map(({ at }) => at)).toEqual(items.map(({ at }) => at).sort());
      const kinds = (subjectId: string) =>
        items.filter((entry) => entry.subjectId === subjectId).map(({ kind }) => kind);
      expect(kinds(sent.envelopeId)).toEqual(['envelope_expiry']);
      expect(kinds(negotiating.negotiationId)).toEqual(['round_deadline']);
      const [agreement] = await product.rows<{ id: string }>(
        `select id from agreements where partner_id = $1`,
        active.partnerId,
      );
      expect(kinds(agreement!.id)).toEqual(expect.arrayContaining(['notice_deadline', 'renewal']));
      const { expiresAt } = await walk.envelope(sent.envelopeId);
      expect(items.find(({ kind }) => kind === 'envelope_expiry')).toMatchObject({
        at: expiresAt,
        partnerReference: 'waiting',
      });
      expect(new Set(items.map(({ uid }) => uid)).size).toBe(items.length);
    });

    it('has the deadlines of reviews and of countersignatures', async () => {
      const { applicationId } = await walk.apply();
      const partner = await walk.sent({ reference: 'half-signed' });
      await walk.sign(partner);
      const { items } = await get<{ items: Entry[] }>(address('&limit=200'));
      expect(items.find(({ subjectId }) => subjectId === applicationId)).toMatchObject({
        kind: 'review_deadline',
        partnerId: null,
      });
      const kinds = items.filter(({ subjectId }) => subjectId === partner.envelopeId).map(({ kind }) => kind);
      expect(kinds.sort()).toEqual(['countersignature', 'envelope_expiry']);
    });

    it('comes in pages and as CSV', async () => {
      const whole = (await get<{ items: Entry[] }>(address('&limit=200'))).items.map(({ uid }) => uid);
      const found: string[] = [];
      for (let cursor = ''; ;) {
        const page = await get<{ items: Entry[]; next: string | null }>(address(`&limit=2${cursor}`));
        found.push(...page.items.map(({ uid }) => uid));
        if (page.next === null) break;
        cursor = `&cursor=${page.next}`;
      }
      expect(found).toEqual(whole);
      expect((await csv(address('&kind=envelope_expiry'))).map(({ kind }) => kind)).toContain('envelope_expiry');
      for (const query of ['&kind=party', '&cursor=AAAA', '&from=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z']) {
        expect((await product.call('GET', address(query), { token: walk.tokens.legal })).status).toBe(400);
      }
    });

    it('is subscribed to by a link whose key opens nothing else', async () => {
      const key = async (...roles: string[]): Promise<string> => {
        const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
        const body = { name: 'Calendar', programId: walk.programId, roles, expiresAt };
        const { secret } = await product.ok<{ secret: string }>('POST', '/v1/api-keys', {
          token: walk.tokens.admin,
          body,
        });
        return secret;
      };
      const feed = '/v1/contract-calendar/feed.ics';
      const narrow = await key('service:contract-calendar.read');
      const answer = await fetch(`${product.url}${feed}?token=${narrow}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
      const text = await answer.text();
      expect(text).toMatch(/^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n/);
      const unfolded = text.replaceAll('\r\n ', '');
      expect(unfolded).toContain(`UID:envelope_expiry-${sent.envelopeId}@127.0.0.1\r\n`);
      expect(unfolded).toContain('SUMMARY:Contract expires unsigned: waiting\r\n');
      // The same thing keeps its uid in the next edition.
      const uids = (file: string) => [...file.replaceAll('\r\n ', '').matchAll(/^UID:(.*)\r$/gm)].map(([, uid]) => uid);
      const again = await (await fetch(`${product.url}${feed}?token=${narrow}`)).text();
      expect(uids(again)).toEqual(uids(text));
      // A key that opens more has no place in an address, nor has this one at another endpoint.
      for (const wide of [
        await key('service:*'),
        await key('auditor'),
        await key('service:contract-calendar.read', 'service:partners.read'),
      ]) {
        expect((await fetch(`${product.url}${feed}?token=${wide}`)).status).toBe(401);
      }
      expect((await fetch(`${product.url}/v1/contract-calendar?token=${narrow}`)).status).toBe(401);
      expect((await product.call('GET', '/v1/partners', { token: narrow })).status).toBe(403);
      expect((await fetch(`${product.url}${feed}?token=pak_nobody`)).status).toBe(401);
      expect((await fetch(`${product.url}${feed}`)).status).toBe(401);
    });

    it('comes as a file by the header Accept, too', async () => {
      const headers = { accept: 'text/calendar' };
      const answer = await product.call('GET', address(), { token: walk.tokens.auditor, headers });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
      expect(answer.text).toContain('END:VCALENDAR\r\n');
    });
  });

  describe('the trail of a partner', () => {
    let trail: Trail;
    beforeAll(async () => {
      await product.outboxEmpty();
      trail = await get<Trail>(`/v1/partners/${active.partnerId}/trail`);
    });

    it('holds each part with its hashes', () => {
      expect(trail.partner).toMatchObject({ reference: 'nordlicht', stage: 'active' });
      expect(trail.person).toMatchObject({ name: active.name, email: active.email, erasedAt: null });
      expect(trail.application.decision?.by).toMatch(/./);
      expect(trail.negotiations).toMatchObject([
        {
          state: 'agreed',
          agreedHash: active.termsHash,
          rounds: [{ number: 1, side: 'company', termsHash: active.termsHash }],
        },
      ]);
      const [envelope] = trail.envelopes;
      expect(envelope).toMatchObject({ state: 'executed', evidence: { brokenAt: null } });
      expect(envelope!.seals.map(({ party, documentHash }) => [party, documentHash])).toEqual([
        ['partner', envelope!.documents['d1']],
        ['company', envelope!.documents['d2']],
      ]);
      expect(envelope!.seals.every(({ certificateSha256 }) => /^[0-9a-f]{64}$/.test(certificateSha256))).toBe(true);
      expect(trail.agreements).toMatchObject([{ versions: [{ version: 1, termsHash: active.termsHash }] }]);
      expect(trail.documents.map(({ kind }) => kind)).toEqual([
        'contract',
        'contract_sealed',
        'contract_sealed',
        'evidence_certificate',
      ]);
      expect(trail.mails.map(({ template }) => template)).toEqual(
        expect.arrayContaining(['application-received', 'partner-activated']),
      );
      expect(trail.mails.every(({ state }) => state === 'sent')).toBe(true);
      expect(trail.isComplete).toBe(true);
    });

    it('ends with the head that the evidence has, and the bytes of its hashes', async () => {
      const [envelope] = trail.envelopes;
      const evidence = await get<{ facts: { hash: string }[] }>(`/v1/envelopes/${active.envelopeId}/evidence`);
      expect(envelope!.evidence).toMatchObject({ facts: evidence.facts.length, head: evidence.facts.at(-1)!.hash });
      const contract = await product.bytes(`/v1/envelopes/${active.envelopeId}/document`, walk.tokens.legal);
      expect(trail.documents.map((document) => document.sha256)).toContain(sha256(contract));
    });

    it('tells who did what, from where to where, in one order', async () => {
      const times = trail.timeline.map(({ at }) => at);
      expect(times).toEqual([...times].sort());
      const moves = trail.timeline
        .filter(({ to }) => to !== null)
        .map(({ what, from, to }) => `${what} ${from ?? ''}>${to}`);
      const way = [
        ...[
          'application.submit >unverified',
          'application.approve in_review>approved',
          'negotiation.accept open>agreed',
        ],
        ...['envelope.send frozen>sent', 'envelope.execute sealing>executed', 'partner.activate contracting>active'],
      ];
      expect(moves.filter((move) => way.includes(move))).toEqual(way);
      const told = new Set(trail.timeline.map(({ source }) => source));
      expect(told).toEqual(new Set(['audit', 'evidence', 'mail']));
      expect(trail.timeline.filter(({ what }) => what === 'envelope.viewed').length).toBeGreaterThan(0);
      const again = await get<Trail>(`/v1/partners/${active.partnerId}/trail`);
      expect(again.timeline).toEqual(trail.timeline);
    });

    it('tells no addresses of signers’ machines, and no more than the role may see', async () => {
      expect(JSON.stringify(trail.timeline)).not.toMatch(/127\.0\.0\.1|userAgent|ipAddress/);
      for (const token of [walk.tokens.manager, walk.tokens.admin, walk.tokens.auditor]) {
        expect((await product.call('GET', `/v1/partners/${active.partnerId}/trail`, { token })).status).toBe(200);
      }
      const outsiders = [
        await product.token('finance'),
        walk.tokens.service,
        await product.token({ partnerId: active.partnerId }),
      ];
      for (const part of ['trail', 'dossier']) {
        for (const token of outsiders) {
          expect((await product.call('GET', `/v1/partners/${active.partnerId}/${part}`, { token })).status).toBe(403);
        }
        const nobody = `/v1/partners/prt_${'0'.repeat(32)}/${part}`;
        expect((await product.call('GET', nobody, { token: walk.tokens.legal })).status).toBe(404);
      }
    });
  });

  describe('the dossier', () => {
    const address = () => `/v1/partners/${active.partnerId}/dossier`;

    it('is a tagged PDF with contents, page numbers and every hash, the same for the same record', async () => {
      const bytes = await product.bytes(address(), walk.tokens.legal);
      const { DOSSIER_FOLDER } = process.env;
      if (DOSSIER_FOLDER) writeFileSync(`${DOSSIER_FOLDER}/dossier.pdf`, bytes);
      const { text, title, language, tagged, pages } = await readPdf(bytes);
      expect([title, language, tagged]).toEqual(['Dossier of partner nordlicht', 'en', true]);
      const trail = await get<Trail>(`/v1/partners/${active.partnerId}/trail`);
      for (const { sha256: hash } of trail.documents) expect(text.replaceAll(' ', '')).toContain(hash);
      expect(text.replaceAll(' ', '')).toContain(trail.envelopes[0]!.evidence.head);
      expect(text).toContain('Nordlicht GmbH; "Musik", Köln');
      // Each section stands on the page that the contents name.
      const contents = [...pages[0]!.matchAll(/(\d+)\. ([A-Z][a-z ,]+?) (\d+)(?= |$)/g)];
      expect(contents.length).toBe(10);
      for (const [, number, name, page] of contents) {
        const onPage = pages[Number(page) - 1]!.split(`${number}. ${name}`).length - 1;
        expect(onPage).toBe(Number(page) === 1 ? 2 : 1);
      }
      pages.forEach((page, index) => expect(page).toContain(`Page ${index + 1} of ${pages.length}`));
      expect(sha256(await product.bytes(address(), walk.tokens.auditor))).toBe(sha256(bytes));
      expect(trail.dossiers.map((dossier) => dossier.sha256)).toEqual([sha256(bytes)]);
      const stored = await product.rows(`select kind from documents where sha256 = $1`, sha256(bytes));
      expect(stored).toEqual([{ kind: 'dossier' }]);
    });

    it('follows the record, and is gone with the person', async () => {
      const partner = await walk.sent({ applicant: { company: 'Forgotten Ltd' }, reference: 'forgotten' });
      const own = `/v1/partners/${partner.partnerId}/dossier`;
      const before = await readPdf(await product.bytes(own, walk.tokens.legal));
      expect(before.text).toContain(partner.name);
      await walk.decline(partner, 'The rate is too low');
      await walk.stage(partner.applicationId, 'lapsed');
      const after = await readPdf(await product.bytes(own, walk.tokens.legal));
      expect(after.text).toContain('The rate is too low');
      const { dossiers } = await get<Trail>(`/v1/partners/${partner.partnerId}/trail`);
      const hashes = dossiers.map(({ sha256: hash }) => hash);
      expect(hashes).toHaveLength(2);
      const erasure = `/v1/applications/${partner.applicationId}/erasure`;
      await product.ok('POST', erasure, { token: walk.tokens.admin, body: {} });
      expect(await product.rows(`select sha256 from documents where sha256 = any($1)`, hashes)).toEqual([]);
      const trail = await get<Trail>(`/v1/partners/${partner.partnerId}/trail`);
      expect(trail.person).toMatchObject({ name: null, email: null, erasedAt: expect.any(String) as string });
      expect([trail.application.company, trail.dossiers]).toEqual([null, []]);
      const erased = await readPdf(await product.bytes(own, walk.tokens.legal));
      expect(erased.text).toContain('erased');
      for (const gone of [partner.name, partner.email, 'Forgotten', 'forgotten', 'The rate is too low']) {
        expect(erased.text).not.toContain(gone);
        expect(JSON.stringify(trail)).not.toContain(gone);
      }
    });
  });
});
