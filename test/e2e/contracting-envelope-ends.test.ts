import { EncryptingCodec } from '../../libs/temporal/index.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { ContractingWalk, type Answer, type Sent } from '../support/contracting.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';

const outcome = ({ status, body }: Answer): [number, unknown] => [status, body.code ?? body.state];

describe('an envelope', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  /** Nothing came of the contract: application, partner and workflows say the same. */
  async function expectLapsed(partner: Sent, cause: string): Promise<void> {
    await walk.stage(partner.applicationId, 'lapsed');
    expect(await walk.application(partner.applicationId)).toMatchObject({ reason: cause });
    expect((await walk.audit(partner.partnerId)).at(-1)).toBe('partner.end contracting>ended');
    for (const workflow of [`signature/${partner.negotiationId}`, `partner-onboarding/${partner.applicationId}`]) {
      expect(await product.ended(workflow)).toBe('COMPLETED');
    }
    expect(await product.rows(`select id from agreements where partner_id = $1`, partner.partnerId)).toEqual([]);
  }

  it('is declined by the partner, with its reason', async () => {
    const partner = await walk.sent();
    expect((await product.call('POST', `/v1/signing/${partner.link}/decline`, { body: {} })).status).toBe(400);
    expect(outcome(await walk.decline(partner))).toEqual([200, 'declined']);
    await expectLapsed(partner, 'envelope declined');
    expect(outcome(await walk.sign(partner))).toEqual([409, 'illegal-transition']);
    const mail = await product.mail(walk.document.contacts.legal!, 'agreement');
    expect(mail.text).toContain('The rate is too low');
  });

  it.each([
    ['before', 'legal'],
    ['before', 'manager'],
    ['after', 'legal'],
  ] as const)('is voided %s the partner has signed, by %s', async (when, who) => {
    const partner = await walk.sent();
    if (when === 'after') await walk.sign(partner);
    for (const token of [partner.token, walk.tokens.auditor, await product.token('finance')]) {
      expect((await walk.voidEnvelope(partner, token)).status).toBe(403);
    }
    expect(outcome(await walk.voidEnvelope(partner, walk.tokens[who]))).toEqual([200, 'voided']);
    await expectLapsed(partner, 'envelope voided');
    expect(outcome(await walk.sign(partner))).toEqual([409, 'illegal-transition']);
    expect(outcome(await walk.countersign(partner))).toEqual([409, 'illegal-transition']);
    await product.until('the mail', async () => {
      return (await product.mails(partner.email)).some(({ text }) => text.includes('The wrong offer was sent'));
    });
  });

  it('reminds whoever’s turn it is, not more often than it may, and then expires', async () => {
    const hasty = await ContractingWalk.open(product, {
      signature: { expiresAfter: 'PT6S', remindEvery: 'PT1S', maxReminders: 3 },
    });
    const legal = hasty.document.contacts.legal!;
    const partner = await hasty.sent();
    await product.until('the first reminder', async () => (await product.mails(partner.email, 'remind')).length === 1);
    expect(outcome(await hasty.sign(partner))).toEqual([200, 'partner_signed']);
    await product.until('legal’s reminders', async () => (await product.mails(legal, 'remind')).length > 0);
    await expectLapsed(partner, 'envelope expired');
    await product.outboxEmpty();
    const toPartner = await product.mails(partner.email, 'remind');
    const toLegal = await product.mails(legal, 'remind');
    // Each has its own count, and its own time to begin with.
    expect(toPartner.length).toBeLessThanOrEqual(3);
    expect(toLegal.length).toBeLessThanOrEqual(3);
    expect(toPartner[0]?.text).toContain(partner.link);
    const { facts, brokenAt } = await hasty.evidence(partner.envelopeId);
    expect(brokenAt).toBeNull();
    const reminded = facts.filter(({ type }) => type === 'reminded').map(({ data }) => data as { number: number });
    const numbers = [toPartner, toLegal].flatMap((mails) => mails.map((_, index) => index + 1));
    expect(reminded.map(({ number }) => number)).toEqual(numbers);
    const envelope = await hasty.envelope(partner.envelopeId);
    expect(envelope).toMatchObject({ state: 'expired', remindersSent: numbers.length });
    expect(envelope.recipients.map(({ remindersSent }) => remindersSent)).toEqual([toPartner.length, toLegal.length]);
    expect(outcome(await hasty.countersign(partner))).toEqual([409, 'illegal-transition']);
    expect((await product.mails(partner.email)).some(({ subject }) => /expired/i.test(subject))).toBe(true);
  });

  it('takes no signature past its deadline, even while the timer that ends it is late', async () => {
    const hasty = await ContractingWalk.open(product, { signature: { expiresAfter: 'PT4S', maxReminders: 0 } });
    const partner = await hasty.sent();
    // The row's deadline is what counts; the workflow's timer is still to come.
    await product.rows(
      `update envelopes set expires_at = now() - interval '1 second' where id = $1`,
      partner.envelopeId,
    );
    expect(outcome(await hasty.sign(partner))).toEqual([409, 'illegal-transition']);
    await hasty.stage(partner.applicationId, 'lapsed');
  });

  it('has evidence that shows when it was tampered with', async () => {
    const partner = await walk.sent();
    await walk.sign(partner);
    const address = `/v1/envelopes/${partner.envelopeId}/evidence`;
    expect((await product.call('GET', address, { token: partner.token })).status).toBe(403);
    const before = await walk.evidence(partner.envelopeId);
    expect(before.brokenAt).toBeNull();
    const number = before.facts.findIndex(({ type }) => type === 'signing_intent') + 1;
    const where = `where envelope_id = $1 and number = ${number}`;
    const change = `update envelope_events set data = data || '{"typedName":"Mallory"}' ${where}`;
    await expect(product.rows(change, partner.envelopeId)).rejects.toThrow(/append-only/);
    await product.rows(`alter table envelope_events disable trigger envelope_events_append_only`);
    await product.rows(change, partner.envelopeId);
    expect((await walk.evidence(partner.envelopeId)).brokenAt).toBe(number);
    await product.rows(`delete from envelope_events ${where}`, partner.envelopeId);
    expect((await walk.evidence(partner.envelopeId)).brokenAt).toBe(number);
    await product.rows(`alter table envelope_events enable trigger envelope_events_append_only`);
  });

  describe('sends a link to sign by', () => {
    let partner: Sent;
    let proof: string;
    beforeAll(async () => {
      partner = await walk.sent();
      proof = partner.link.split('.')[2]!;
      // Failures too: what is refused must not put the link into a log.
      await walk.sign(partner, { documentHash: 'a'.repeat(64) });
      await walk.sign(partner, { consent: 'perhaps' });
      await product.call('POST', `/v1/signing/${partner.link}/nothing`, { body: {} });
      await product.call('GET', `/v1/signing/${partner.link}%ff`);
      await walk.sign(partner);
      await walk.countersign(partner);
      await walk.stage(partner.applicationId, 'active');
      await product.outboxEmpty();
    });

    it('that no role of the company finds in any answer', async () => {
      const { applicationId, negotiationId, envelopeId, partnerId } = partner;
      const addresses = [
        `/v1/applications/${applicationId}`,
        '/v1/applications?limit=200',
        `/v1/negotiations/${negotiationId}`,
        `/v1/envelopes/${envelopeId}`,
        '/v1/envelopes?limit=200',
        `/v1/envelopes/${envelopeId}/evidence`,
        `/v1/partners/${partnerId}`,
        '/v1/partners?limit=200',
        '/v1/programs',
        '/v1/audit?limit=200',
        '/v1/domain-events?limit=200',
      ];
      let answers = 0;
      for (const role of [
        'partner_manager',
        'legal',
        'finance',
        'finance_approver',
        'admin',
        'auditor',
        'service',
      ] as const) {
        const token = await product.token(role);
        for (const address of addresses) {
          const { status, text } = await product.call('GET', address, { token });
          if (status === 200) answers += 1;
          expect(text).not.toContain(proof);
          expect(text).not.toContain(partner.token.split('.')[2]);
        }
      }
      expect(answers).toBeGreaterThan(30);
      const pdf = await readPdf(await product.bytes(`/v1/envelopes/${envelopeId}/document`, walk.tokens.legal));
      expect(pdf.text).not.toContain(proof);
      const toCompany = await Promise.all(
        Object.values(walk.document.contacts).map((address) => product.mails(String(address))),
      );
      expect(toCompany.flat().length).toBeGreaterThan(0);
      expect(JSON.stringify(toCompany)).not.toContain(proof);
    });

    it('that stands nowhere in the database and in no log', async () => {
      const tables = await product.rows<{ name: string }>(
        `select table_name as name from information_schema.tables where table_schema = 'public'`,
      );
      expect(tables.length).toBeGreaterThan(20);
      for (const { name } of tables) {
        const [found] = await product.rows(
          `select count(*)::int as count from "${name}" t where to_jsonb(t)::text like '%' || $1 || '%'`,
          proof,
        );
        expect([name, found]).toEqual([name, { count: 0 }]);
      }
      expect(product.log.lines.length).toBeGreaterThan(10);
      expect(product.log.text).not.toContain(proof);
      expect(product.log.text).not.toContain(partner.email);
      expect(product.log.text).not.toContain(partner.name);
    });

    it('and leaves neither link nor person in Temporal, even for those who have the key', async () => {
      const codec = new EncryptingCodec(Keyring.parse(product.env.ENCRYPTION_KEYS));
      const seen: string[] = [];
      for (const workflow of [
        `partner-onboarding/${partner.applicationId}`,
        `negotiation/${partner.negotiationId}`,
        `signature/${partner.negotiationId}`,
      ]) {
        const history = await product.temporal.workflow.getHandle(workflow).fetchHistory();
        for (const payload of payloadsIn(history)) {
          const [plain] = await codec.decode([payload]);
          seen.push(Buffer.from(plain?.data ?? []).toString());
        }
      }
      const text = seen.join('\n');
      expect(text).toContain(partner.documentHash);
      for (const secret of [proof, partner.token.split('.')[2]!, partner.email, partner.name]) {
        expect(text).not.toContain(secret);
      }
    });
  });
});

interface Payload {
  metadata: Record<string, Uint8Array>;
  data: Uint8Array;
}

/** Every payload anywhere in a history. */
function payloadsIn(value: unknown): Payload[] {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return [];
  if ('metadata' in value && 'data' in value && value.data) return [value as Payload];
  return Object.values(value).flatMap(payloadsIn);
}
