import { ContractingWalk, type ProgramChanges } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { outcome, SigningDesk } from '../support/signing.js';

type Authentication = NonNullable<NonNullable<ProgramChanges['signature']>['authentication']>;

const standard: Authentication = {
  method: 'email_otp',
  maxAttempts: 3,
  codeLifetime: 'PT10M',
  maxCodes: 2,
  sessionLifetime: 'PT30M',
};

describe('a signer who has to prove who it is', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close());

  interface Case {
    signing: SigningDesk;
    link: string;
    email: string;
    envelopeId: string;
    recipientId: string;
    applicationId: string;
  }

  async function sent(changes: Partial<Authentication>): Promise<Case> {
    const authentication = { ...standard, ...changes };
    const signing = new SigningDesk(await ContractingWalk.open(product, { signature: { authentication } }));
    const { email, applicationId } = await signing.agreed();
    const link = await signing.link(email);
    const { envelopeId, recipientId } = await signing.page(link);
    return { signing, link, email, envelopeId, recipientId, applicationId };
  }

  /** The code in the newest mail with one; waits for the `count`th. */
  async function code({ email }: Case, count = 1): Promise<string> {
    const mails = await product.until(`${count} codes`, async () => {
      const found = await product.mails(email, 'code');
      return found.length >= count && found;
    });
    return /\b(\d{6})\b/.exec(mails.at(-1)!.text)![1]!;
  }

  const otherThan = (right: string): string => (right === '000000' ? '000001' : '000000');

  async function session({ signing, link }: Case, body: unknown): Promise<string> {
    const answer = await signing.act(link, 'session', body);
    expect(answer.status).toBe(200);
    return String(answer.body['sessionToken']);
  }

  describe('by a one-time code', () => {
    it('sees neither contract nor consent before, and signs with its session after', async () => {
      const it = await sent({});
      const { signing, link, envelopeId, applicationId } = it;
      const before = await signing.page(link);
      expect(before).toMatchObject({
        documentHash: null,
        consent: null,
        termsHash: null,
        signerName: null,
        signers: null,
      });
      expect(before.authentication).toEqual({
        method: 'email_otp',
        target: expect.stringMatching(/^a\*\*\*@/) as unknown,
        isDone: false,
        isLocked: false,
        attemptsLeft: 3,
      });
      const { documentHash, consentVersion } = { documentHash: 'a'.repeat(64), consentVersion: '2026-01' };
      const body = { documentHash, consentVersion, consent: true, typedName: 'Ada' };
      for (const [what, given] of [
        ['signature', body],
        ['decline', { reason: 'No' }],
        ['pages', { documentHash, pages: [1] }],
        ['delegation', { name: 'Eve', email: 'eve@partner.example' }],
      ] as const) {
        expect(outcome(await signing.act(link, what, given))).toEqual([403, 'authentication-required']);
      }
      expect((await product.call('GET', `/v1/signing/${link}/document`)).status).toBe(403);
      expect(await signing.facts(envelopeId, 'viewed')).toEqual([]);

      expect((await signing.act(link, 'challenge')).status).toBe(200);
      const right = await code(it);
      expect(outcome(await signing.act(link, 'session', { code: otherThan(right) }))).toEqual([
        403,
        'authentication-failed',
      ]);
      expect(outcome(await signing.act(link, 'session', {}))).toEqual([403, 'authentication-failed']);
      const answer = await signing.act(link, 'session', { code: right });
      expect(answer.headers.get('set-cookie')).toMatch(
        /^signing_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/,
      );
      const token = String(answer.body['sessionToken']);
      const shown = await signing.page(link, token);
      expect(shown.documentHash).toMatch(/^[0-9a-f]{64}$/);
      const byCookie = await product.call('GET', `/v1/signing/${link}/document`, {
        headers: { cookie: `other=1; signing_session=${token}` },
      });
      expect(byCookie.status).toBe(200);
      expect(outcome(await signing.sign(link, {}, token))).toEqual([200, 'partner_signed']);

      const proof = await signing.facts(envelopeId, 'authenticated');
      expect(proof).toMatchObject([{ method: 'email_otp', attempts: 3, ipAddress: '127.0.0.1' }]);
      expect(await signing.facts(envelopeId, 'authentication_failed')).toHaveLength(2);
      expect(await signing.facts(envelopeId, 'signed')).toMatchObject([{ sessionId: proof[0]!['sessionId'] }]);
      await signing.walk.reaches(envelopeId, 'awaiting_countersign');
      await signing.walk.countersign({ envelopeId });
      await signing.walk.stage(applicationId, 'active');
      // Neither the code nor the session's token stands in any row or log.
      await product.outboxEmpty();
      for (const secret of [right, token]) {
        for (const table of [
          'envelope_recipients',
          'signing_sessions',
          'envelope_events',
          'outbox_messages',
          'audit_facts',
        ]) {
          const sql = `select count(*)::int as count from ${table} t where to_jsonb(t)::text ~ ('[^0-9a-zA-Z]' || $1 || '[^0-9a-zA-Z]')`;
          expect([table, await product.rows(sql, secret)]).toEqual([table, [{ count: 0 }]]);
        }
        expect(product.log.text).not.toContain(secret);
      }
    });

    it('has a code that works once, and no longer than it may', async () => {
      const it = await sent({});
      await it.signing.act(it.link, 'challenge');
      const right = await code(it);
      await session(it, { code: right });
      expect(outcome(await it.signing.act(it.link, 'session', { code: right }))).toEqual([
        403,
        'authentication-failed',
      ]);
      await it.signing.act(it.link, 'challenge');
      const second = await code(it, 2);
      expect(second).not.toBe(right);
      await product.rows(
        `update envelope_recipients set code_sent_at = now() - interval '11 minutes' where id = $1`,
        it.recipientId,
      );
      expect(outcome(await it.signing.act(it.link, 'session', { code: second }))).toEqual([
        403,
        'authentication-failed',
      ]);
      expect(outcome(await it.signing.act(it.link, 'challenge'))).toEqual([429, 'rate-limited']);
    });

    it('is locked out after too many wrong codes, even with the right one, until legal unlocks it', async () => {
      const it = await sent({});
      const { signing, link, envelopeId, recipientId } = it;
      const unlock = { recipientId, reason: 'She called from the number we know' };
      expect(outcome(await signing.change(envelopeId, 'unlock', unlock))).toEqual([409, 'illegal-transition']);
      await signing.act(link, 'challenge');
      const right = await code(it);
      const wrong = await Promise.all([1, 2, 3].map(() => signing.act(link, 'session', { code: otherThan(right) })));
      expect(wrong.map(({ status }) => status).sort()).toEqual([403, 403, 423]);
      expect(outcome(await signing.act(link, 'session', { code: right }))).toEqual([423, 'signer-locked']);
      expect(outcome(await signing.act(link, 'challenge'))).toEqual([423, 'signer-locked']);
      expect((await signing.page(link)).authentication).toMatchObject({ isLocked: true, attemptsLeft: 0 });
      await product.mail(signing.walk.document.contacts.legal!, 'locked');
      const { manager } = signing.walk.tokens;
      expect((await signing.change(envelopeId, 'unlock', unlock, manager)).status).toBe(403);
      expect((await signing.change(envelopeId, 'unlock', unlock)).status).toBe(204);
      // The code from before is no good any more.
      expect(outcome(await signing.act(link, 'session', { code: right }))).toEqual([403, 'authentication-failed']);
      await signing.act(link, 'challenge');
      await session(it, { code: await code(it, 2) });
      expect(await signing.facts(envelopeId, 'signer_locked')).toHaveLength(1);
      expect(await signing.facts(envelopeId, 'signer_unlocked')).toHaveLength(1);
    });

    it('is let in after a correction, whatever the wrong person has tried, and not by the code that went there', async () => {
      const wrong = await sent({ maxCodes: 1 });
      const { signing, envelopeId, recipientId } = wrong;
      await signing.act(wrong.link, 'challenge');
      const known = await code(wrong);
      for (const status of [403, 403, 423]) {
        const guess = await signing.act(wrong.link, 'session', { code: otherThan(known) });
        expect(guess.status).toBe(status);
      }
      const email = `right-${recipientId.slice(-8)}@partner.example`;
      expect((await signing.change(envelopeId, 'correction', { recipientId, email })).status).toBe(200);
      const right = { ...wrong, email, link: await signing.link(email) };
      const { authentication } = await signing.page(right.link);
      expect(authentication).toMatchObject({ isLocked: false, attemptsLeft: 3 });
      expect(outcome(await signing.act(right.link, 'session', { code: known }))).toEqual([
        403,
        'authentication-failed',
      ]);
      expect((await signing.act(right.link, 'challenge')).status).toBe(200);
      const token = await session(right, { code: await code(right) });
      expect(outcome(await signing.sign(right.link, {}, token))).toEqual([200, 'partner_signed']);
    });

    it('has a session that ends by itself and with the link that it belongs to', async () => {
      const it = await sent({ sessionLifetime: 'PT1S' });
      await it.signing.act(it.link, 'challenge');
      const short = await session(it, { code: await code(it) });
      await product.until('the end of the session', async () => {
        return (await it.signing.page(it.link, short)).documentHash === null;
      });
      const other = await sent({});
      await other.signing.act(other.link, 'challenge');
      const token = await session(other, { code: await code(other) });
      const email = `new-${other.recipientId.slice(-8)}@partner.example`;
      const { recipientId, envelopeId } = other;
      expect((await other.signing.change(envelopeId, 'correction', { recipientId, email })).status).toBe(200);
      const link = await other.signing.link(email);
      expect(await other.signing.page(link, token)).toMatchObject({
        documentHash: null,
        authentication: { isDone: false },
      });
      // Nor is one signer's session another's.
      const third = await sent({});
      expect(await third.signing.page(third.link, token)).toMatchObject({ documentHash: null });
    });
  });

  describe('by a code of the company’s', () => {
    it('waits until the company has set one, which is kept as a digest alone', async () => {
      const it = await sent({ method: 'access_code' });
      const { signing, link, envelopeId, recipientId } = it;
      expect(outcome(await signing.act(link, 'session', { code: 'blue-moon-7' }))).toEqual([409, 'illegal-transition']);
      const set = { recipientId, code: 'blue-moon-7' };
      expect((await signing.change(envelopeId, 'access-code', { ...set, code: 'short' })).status).toBe(400);
      expect((await signing.change(envelopeId, 'access-code', set, signing.walk.tokens.auditor)).status).toBe(403);
      expect((await signing.change(envelopeId, 'access-code', set, signing.walk.tokens.manager)).status).toBe(204);
      expect((await signing.page(link)).authentication).toMatchObject({ method: 'access_code', target: null });
      expect(outcome(await signing.act(link, 'session', { code: 'blue-moon-8' }))).toEqual([
        403,
        'authentication-failed',
      ]);
      const token = await session(it, { code: 'blue-moon-7' });
      expect(outcome(await signing.sign(link, {}, token))).toEqual([200, 'partner_signed']);
      const [row] = await product.rows(
        `select to_jsonb(r)::text as row from envelope_recipients r where id = $1`,
        recipientId,
      );
      expect(String(row!['row'])).not.toContain('blue-moon');
      const { text } = await product.call('GET', `/v1/envelopes/${envelopeId}/evidence`, {
        token: signing.walk.tokens.legal,
      });
      expect(text).not.toContain('blue-moon');
      expect(await product.mails(it.email, 'code')).toEqual([]);
    });

    it('is not asked for one where the link is enough, and may begin a session all the same', async () => {
      const it = await sent({ method: 'link' });
      expect(await it.signing.page(it.link)).toMatchObject({ authentication: { isDone: true } });
      expect(outcome(await it.signing.act(it.link, 'challenge'))).toEqual([409, 'illegal-transition']);
      const token = await session(it, {});
      expect(outcome(await it.signing.sign(it.link, {}, token))).toEqual([200, 'partner_signed']);
      const [signed] = await it.signing.facts(it.envelopeId, 'signed');
      expect(signed?.['sessionId']).toMatch(/^ses_/);
      const set = { recipientId: it.recipientId, code: 'blue-moon-7' };
      expect(outcome(await it.signing.change(it.envelopeId, 'access-code', set))).toEqual([409, 'illegal-transition']);
    });
  });
});
