import { Database } from '../../libs/database/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import type {
  NegotiationActivities,
  PartnerOnboardingActivities,
  SignatureActivities,
} from '../../libs/orchestration/index.js';
import { ApplicationsService } from '../../libs/partners/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import {
  EnvelopeLog,
  ProviderInbox,
  SignatureProvider,
  SignatureProviders,
  type ProviderEnvelope,
  type ProviderReport,
} from '../../libs/signatures/index.js';
import { ActivityWorker } from '../support/activity-worker.js';
import { demoProgram } from '../support/demo-program.js';

/** A provider of another company: it takes orders, remembers them, and can be away. */
class OtherCompany extends SignatureProvider {
  readonly name = 'other-company';
  readonly orders: string[] = [];
  readonly shown: string[] = [];
  isAway = false;

  constructor(private readonly inbox: ProviderInbox) {
    super();
  }

  async send(envelope: ProviderEnvelope): Promise<void> {
    this.take('send', envelope);
    this.shown.push(sha256(await envelope.readDocument()));
    const turn = envelope.recipients.filter(({ isTurn }) => isTurn).map(({ recipientId }) => recipientId);
    await this.inbox.asked(envelope.envelopeId, turn, this.name);
  }

  async resend(envelope: ProviderEnvelope, { number }: { number: number }): Promise<void> {
    this.take(`resend ${number}`, envelope);
    return Promise.resolve();
  }

  async remind(envelope: ProviderEnvelope, { number }: { number: number }): Promise<void> {
    this.take(`remind ${number}`, envelope);
    return Promise.resolve();
  }

  async extend(envelope: ProviderEnvelope, { number }: { number: number }): Promise<void> {
    this.take(`extend ${number}`, envelope);
    return Promise.resolve();
  }

  async void(envelope: ProviderEnvelope): Promise<void> {
    this.take(`void ${envelope.state}`, envelope);
    return Promise.resolve();
  }

  private take(order: string, { title }: ProviderEnvelope): void {
    if (this.isAway) throw new Error('the other company does not answer');
    expect(title).toBe(demoProgram().name);
    this.orders.push(order);
  }
}

type Activities = PartnerOnboardingActivities & NegotiationActivities & SignatureActivities;

describe('a signature provider of another company', () => {
  let worker: ActivityWorker<Activities>;
  let context: ActivityWorker<Activities>['context'];
  let activities: Activities;
  let programId: string;
  let provider: OtherCompany;
  let inbox: ProviderInbox;
  beforeAll(async () => {
    worker = await ActivityWorker.open();
    ({ context, activities } = worker);
    inbox = context.get(ProviderInbox);
    provider = new OtherCompany(inbox);
    context.get(SignatureProviders).register(provider);
    const program = demoProgram();
    const signature = { ...program.signature, provider: provider.name };
    programId = (await context.get(ProgramsService).create({ ...program, signature }, { actorId: 'usr_test' })).id;
  });
  afterAll(() => worker.close());

  let requests = 0;
  const actor = (actorId = 'usr_test') => ({ actorId, requestId: `req_${++requests}` });

  /** An envelope that is out with the provider. */
  async function sent(): Promise<{ envelopeId: string; recipientId: string; documentHash: string }> {
    const consent = { version: '2026-01', given: true as const };
    const person = { name: 'Ada', email: 'ada@partner.example', references: [], webSites: [], form: {}, consent };
    const { id: applicationId } = await context.get(ApplicationsService).submit(programId, person, actor('public'));
    await activities.recordVerification({ ...actor(applicationId), applicationId });
    const decision = { ...actor(), applicationId, action: 'approve' as const };
    const { negotiationId = '', partnerId = '' } = await activities.recordDecision(decision);
    const { termsHash } = await activities.readNegotiation({ negotiationId });
    await activities.recordAcceptance({ ...actor(), negotiationId, side: 'partner', termsHash });
    const drafted = await activities.draftEnvelope({ programId, applicationId, negotiationId, partnerId });
    const { envelopeId } = drafted!;
    await activities.freezeEnvelope({ envelopeId });
    await activities.dispatchEnvelope({ envelopeId });
    const { turn, documentHash } = await activities.askSigners({ envelopeId });
    return { envelopeId, recipientId: turn![0]!, documentHash: documentHash! };
  }

  const types = async (envelopeId: string): Promise<string[]> =>
    (await context.get(EnvelopeLog).read(envelopeId)).map(({ type }) => type);

  function report(
    envelopeId: string,
    eventId: string,
    event: ProviderReport['event'],
    bytes?: Uint8Array,
  ): Promise<void> {
    return inbox.report({ provider: provider.name, eventId, envelopeId, event }, bytes);
  }

  it('is told to send what our own would send, and no mail of ours goes to the signer', async () => {
    const { envelopeId, documentHash } = await sent();
    expect(provider.orders.at(-1)).toBe('send');
    expect(provider.shown.at(-1)).toBe(documentHash);
    expect(await types(envelopeId)).toEqual(['draft', 'frozen', 'sent', 'asked']);
    const mails = await context
      .get(Database)
      .query(`select 1 from outbox_messages where kind = 'mail' and subject_id = $1`, [envelopeId]);
    expect(mails).toEqual([]);
    const again = await activities.askSigners({ envelopeId });
    expect([again.step, provider.orders.filter((order) => order === 'send').length]).toEqual([undefined, 1]);
  });

  it('brings acts and documents back through the inbox, each once, and what comes too late is refused', async () => {
    const { envelopeId, recipientId, documentHash } = await sent();
    const origin = { ipAddress: '203.0.113.7', userAgent: 'their app' };
    await report(envelopeId, 'v-1', { kind: 'viewed', recipientId, ...origin });
    const signed = {
      kind: 'signed' as const,
      recipientId,
      ...origin,
      typedName: 'Ada',
      documentHash,
      consentVersion: demoProgram().signature.consent.version,
    };
    await report(envelopeId, 's-0', { ...signed, documentHash: 'a'.repeat(64) });
    await report(envelopeId, 's-1', signed);
    await report(envelopeId, 's-1', signed);
    await report(envelopeId, 'd-1', { kind: 'declined', recipientId, reason: 'Too late' });
    const paper = Buffer.from('their own record');
    const document = { kind: 'document' as const, mediaType: 'application/pdf', sha256: sha256(paper) };
    await report(envelopeId, 'p-1', document, paper);
    await expect(report(envelopeId, 'p-2', document, Buffer.from('other'))).rejects.toMatchObject({
      code: 'hash-mismatch',
    });
    const before = await activities.readEnvelope({ envelopeId });
    expect(before.state).toBe('sent');
    expect((await activities.applyReports({ envelopeId })).state).toBe('partner_signed');
    expect((await activities.applyReports({ envelopeId })).state).toBe('partner_signed');
    expect(await types(envelopeId)).toEqual([
      ...['draft', 'frozen', 'sent', 'asked', 'viewed', 'signing_intent', 'signing_intent', 'signed', 'partner_signed'],
      'provider_document',
    ]);
    const refused = await context
      .get(Database)
      .query(`select event_id, refused from signature_reports where envelope_id = $1 order by id`, [envelopeId]);
    expect(refused).toEqual([
      { event_id: 'v-1', refused: null },
      { event_id: 's-0', refused: 'hash-mismatch' },
      { event_id: 's-1', refused: null },
      { event_id: 'd-1', refused: 'illegal-transition' },
      { event_id: 'p-1', refused: null },
    ]);
    // The seals are ours, whoever collects the acts.
    expect((await activities.sealPartner({ envelopeId })).state).toBe('awaiting_countersign');
    const signals = await context
      .get(Database)
      .query(
        `select count(*)::int as count from outbox_messages where kind = 'workflow_signal' and payload ->> 'signal' = 'reported'`,
      );
    expect(signals).toEqual([{ count: 5 }]);
  });

  it('speaks of its own envelopes alone', async () => {
    const { envelopeId, recipientId } = await sent();
    const event = { kind: 'delivered' as const, recipientId };
    await expect(inbox.report({ provider: 'built-in', eventId: 'x', envelopeId, event })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const other = await sent();
    const wrong = { kind: 'bounced' as const, recipientId: other.recipientId };
    await expect(report(envelopeId, 'y', wrong)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is told of repeats, reminders, a later expiry and the end, once each, and asked again after it was away', async () => {
    const { envelopeId, recipientId } = await sent();
    provider.orders.length = 0;
    await activities.recordResend({ ...actor(), envelopeId, recipientId });
    const { next, expiresAtMs } = await activities.readEnvelope({ envelopeId });
    expect(next?.kind).toBe('remind');
    provider.isAway = true;
    await expect(activities.runTimer({ envelopeId, timer: next! })).rejects.toThrow('does not answer');
    provider.isAway = false;
    await activities.runTimer({ envelopeId, timer: next! });
    await activities.runTimer({ envelopeId, timer: next! });
    await activities.recordExtension({
      ...actor(),
      envelopeId,
      expiresAtMs: expiresAtMs! + 60_000,
      reason: 'Holidays',
    });
    await activities.recordVoid({ ...actor(), envelopeId, reason: 'The wrong offer' });
    await activities.closeWithProvider({ envelopeId });
    expect(provider.orders).toEqual(['resend 1', 'remind 1', 'extend 1', 'void voided']);
  });

  it('that this installation does not have leaves the envelope waiting, and says which one is missing', async () => {
    const { envelopeId } = await sent();
    await context.get(Database).query(`update envelopes set provider = 'none-such' where id = $1`, [envelopeId]);
    await context
      .get(Database)
      .query(`update envelope_recipients set state = 'waiting' where envelope_id = $1`, [envelopeId]);
    await expect(activities.askSigners({ envelopeId })).rejects.toThrow('no signature provider is named none-such');
  });
});
