import { envelopeStanding } from '../../libs/orchestration/index.js';
import { EnvelopeDeliveries } from '../../libs/signatures/index.js';
import { ContractingWalk, type ProgramChanges } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { newSigner, outcome, SigningDesk } from '../support/signing.js';

describe('an envelope that is out', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close());

  async function desk(signature: NonNullable<ProgramChanges['signature']>, contacts?: object): Promise<SigningDesk> {
    const walk = await ContractingWalk.open(product, { signature });
    if (contacts === undefined) return new SigningDesk(walk);
    return new SigningDesk(
      await ContractingWalk.open(product, { signature, contacts: { ...walk.document.contacts, ...contacts } }),
    );
  }

  const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it('is put off by the company, in time, as far and as often as it may; the signer is told and the timer follows', async () => {
    const times = { expiresAfter: 'PT6S', warnBefore: 'PT1S', maxReminders: 0, maxExtensions: 1, longestOpen: 'PT1H' };
    const signing = await desk(times);
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    const reason = 'The signer is on a journey';
    const put = (expiresAt: string, token?: string) =>
      signing.change(envelopeId, 'extension', { expiresAt, reason }, token);
    expect((await put(inMs(60_000), signing.walk.tokens.auditor)).status).toBe(403);
    expect((await put(inMs(60_000), partner.token)).status).toBe(403);
    expect(outcome(await put(inMs(1_000)))).toEqual([422, 'invalid-document']);
    expect(outcome(await put(inMs(2 * 3_600_000)))).toEqual([422, 'invalid-document']);
    const later = inMs(600_000);
    expect(outcome(await put(later, signing.walk.tokens.manager))).toEqual([200, 'viewed']);
    expect(outcome(await put(inMs(700_000)))).toEqual([409, 'illegal-transition']);
    expect(new Date((await signing.walk.envelope(envelopeId)).expiresAt)).toEqual(new Date(later));
    await product.mail(partner.email, 'more time');
    // The first deadline passes, and nothing happens: the timer is the row's.
    await new Promise((resolve) => setTimeout(resolve, 6_500));
    const standing = await product.temporal.workflow
      .getHandle(`signature/${partner.negotiationId}`)
      .query(envelopeStanding);
    expect(standing).toMatchObject({
      state: 'viewed',
      nextTimer: { kind: 'warn', atMs: new Date(later).getTime() - 1_000 },
    });
    const answer = await product.ok(`GET`, `/v1/envelopes/${envelopeId}/standing`, {
      token: signing.walk.tokens.legal,
    });
    expect(answer).toMatchObject({ state: 'viewed', turn: standing.turn, nextTimer: { kind: 'warn' } });
    expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);
  }, 60_000);

  it('warns those who have still to act, tells whom the program names of an overdue countersignature, and expires', async () => {
    const times = { expiresAfter: 'PT9S', warnBefore: 'PT6S', countersignWithin: 'PT1S', maxReminders: 0 };
    const chief = 'chief@company.example';
    const signing = await desk({ ...times, escalateTo: 'escalation' }, { escalation: chief });
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    await product.mail(partner.email, 'nearly over');
    expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);
    await product.mail(chief, 'overdue');
    await signing.walk.stage(partner.applicationId, 'lapsed');
    expect(await signing.facts(envelopeId, 'expiry_warned')).toHaveLength(1);
    expect(await signing.facts(envelopeId, 'escalated')).toHaveLength(1);
    expect((await signing.walk.envelope(envelopeId)).state).toBe('expired');
    await product.mail(signing.walk.document.contacts.legal!, 'expired');
    expect(outcome(await signing.walk.countersign({ envelopeId }))).toEqual([409, 'illegal-transition']);
  }, 60_000);

  it('pauses its reminders to an address that does not exist until that is corrected', async () => {
    const signing = await desk({ remindEvery: 'PT1S', maxReminders: 2 });
    const [second] = [newSigner('Joko Second')];
    const partner = await signing.agreed([second]);
    const link = await signing.link(partner.email);
    const { envelopeId, recipientId } = await signing.page(link);
    const deliveries = product.api.get(EnvelopeDeliveries);
    const [mail] = await product.rows<{ id: string }>(
      `select id from outbox_messages where kind = 'mail' and payload ->> 'template' = 'signature-requested' and payload -> 'details' ->> 'recipientId' = $1`,
      recipientId,
    );
    const bounce = { mailId: mail!.id, outcome: 'bounced' as const, reason: '550 no such user' };
    expect(await Promise.all([deliveries.note(bounce), deliveries.note(bounce)])).toEqual([true, true]);
    expect(await deliveries.note({ mailId: 'evt_none', outcome: 'bounced' })).toBe(false);
    await product.mail(signing.walk.document.contacts.legal!, 'did not arrive');
    await product.until(
      'reminders to the other',
      async () => (await product.mails(second.email, 'remind')).length === 2,
    );
    const paused = (await product.mails(partner.email, 'remind')).length;
    expect(paused).toBeLessThan(2);
    const failed = await signing.walk.envelope(envelopeId);
    expect(failed).toMatchObject({ state: 'viewed', overlays: { deliveryFailed: true } });
    expect(await signing.facts(envelopeId, 'mail_bounced')).toHaveLength(1);
    const list = `/v1/envelopes?programId=${signing.walk.programId}&overlay=delivery_failed`;
    const { items } = await product.ok<{ items: unknown[] }>('GET', list, { token: signing.walk.tokens.legal });
    expect(items).toHaveLength(1);

    const email = `right-${recipientId.slice(-8)}@partner.example`;
    expect((await signing.change(envelopeId, 'correction', { recipientId, email })).status).toBe(200);
    await signing.link(email);
    // What is said of the old mail now says nothing of the new address.
    await deliveries.note({ ...bounce, reason: 'again' });
    await product.mail(email, 'remind');
    expect((await signing.walk.envelope(envelopeId)).overlays.deliveryFailed).toBe(false);
    await deliveries.note({ recipientId, outcome: 'delivered' });
    expect((await signing.recipient(envelopeId, partner.name)).delivery).toBe('delivered');
  }, 60_000);

  it('is sent again to one whose turn it is, by the same link, as often as it may', async () => {
    const signing = await desk({ maxResends: 1, partnerSigners: { order: 'sequential', max: 2 } });
    const second = newSigner('Kartika Second');
    const partner = await signing.agreed([second]);
    const link = await signing.link(partner.email);
    const { envelopeId, recipientId } = await signing.page(link);
    const waiting = await signing.recipient(envelopeId, second.name);
    expect(outcome(await signing.change(envelopeId, 'resend', { recipientId: waiting.id }))).toEqual([
      409,
      'not-your-turn',
    ]);
    expect((await signing.change(envelopeId, 'resend', { recipientId: 'rcp_nobody' })).status).toBe(400);
    expect(outcome(await signing.change(envelopeId, 'resend', { recipientId }, signing.walk.tokens.manager))).toEqual([
      200,
      'viewed',
    ]);
    expect(await signing.link(partner.email, 2)).toBe(link);
    expect(outcome(await signing.change(envelopeId, 'resend', { recipientId }))).toEqual([409, 'illegal-transition']);
  });

  it('ends for all with the one who declines, in its turn, with its reason', async () => {
    const signing = await desk({ partnerSigners: { order: 'parallel', max: 3 } });
    const second = newSigner('Lestari Second');
    const partner = await signing.agreed([second]);
    const links = [await signing.link(partner.email), await signing.link(second.email)];
    const { envelopeId } = await signing.page(links[0]!);
    expect(outcome(await signing.sign(links[0]!))).toEqual([200, 'viewed']);
    expect(outcome(await signing.act(links[1]!, 'decline', { reason: 'The notice is too short' }))).toEqual([
      200,
      'declined',
    ]);
    for (const address of [partner.email, signing.walk.document.contacts.legal!]) {
      expect((await product.mail(address, 'declined')).text).toContain('The notice is too short');
    }
    expect(await product.mails(second.email, 'declined')).toEqual([]);
    await signing.walk.stage(partner.applicationId, 'lapsed');
    expect(outcome(await signing.sign(links[0]!))).toEqual([409, 'illegal-transition']);
    expect(await signing.facts(envelopeId, 'told_of_end')).toHaveLength(1);
  });

  it('stays a short history over 200 reminders, and goes on in a new run where it was', async () => {
    const times = { expiresAfter: 'PT10M', remindEvery: 'PT0.002S', maxReminders: 200, warnBefore: 'PT1S' };
    const signing = await desk(times);
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    const workflowId = `signature/${partner.negotiationId}`;
    const first = (await product.temporal.workflow.getHandle(workflowId).describe()).runId;
    for (let waited = 0; waited < 120; waited++) {
      const { remindersSent } = await signing.walk.envelope(envelopeId);
      if (remindersSent === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const envelope = await signing.walk.envelope(envelopeId);
    expect(envelope).toMatchObject({ state: 'viewed', remindersSent: 200 });
    const numbers = (await signing.facts(envelopeId, 'reminded')).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    const described = await product.temporal.workflow.getHandle(workflowId).describe();
    expect(described.runId).not.toBe(first);
    const history = await product.temporal.workflow.getHandle(workflowId, first).fetchHistory();
    const lengths = [history.events!.length, described.historyLength];
    for (const length of lengths) expect(length).toBeLessThan(4_096);
    expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);
    await signing.walk.reaches(envelopeId, 'awaiting_countersign');
    expect((await signing.walk.countersign({ envelopeId })).status).toBe(200);
    await signing.walk.stage(partner.applicationId, 'active');
    expect(await product.ended(`partner-onboarding/${partner.applicationId}`)).toBe('COMPLETED');
  }, 240_000);
});
