import { DocumentStore } from '../../libs/documents/index.js';
import type {
  EnvelopeStatus,
  NegotiationActivities,
  PartnerOnboardingActivities,
  SignatureActivities,
} from '../../libs/orchestration/index.js';
import { ApplicationsService } from '../../libs/partners/index.js';
import { ProgramsService, type ProgramDocument } from '../../libs/programs/index.js';
import {
  EnvelopeDeliveries,
  EnvelopesService,
  evidenceDocumentSchema,
  ProviderInbox,
  SignerAuthentication,
  SigningPages,
  type RecipientRow,
} from '../../libs/signatures/index.js';
import { EvidenceWriter } from '../../libs/signatures/evidence-writer.js';
import { ActivityWorker } from '../support/activity-worker.js';
import { demoProgram } from '../support/demo-program.js';
import { readPdf } from '../support/pdf-text.js';

type Activities = PartnerOnboardingActivities & NegotiationActivities & SignatureActivities;
type Signature = Partial<ProgramDocument['signature']>;
type CompanySigners = ProgramDocument['signature']['companySigners'];

const dayMs = 24 * 3_600_000;

/** Envelopes step by step, by the activities that their workflow calls. */
describe('an envelope', () => {
  let worker: ActivityWorker<Activities>;
  let context: ActivityWorker<Activities>['context'];
  let activities: Activities;
  beforeAll(async () => {
    worker = await ActivityWorker.open();
    ({ context, activities } = worker);
  });
  afterAll(() => worker.close());

  let requests = 0;
  const actor = (actorId = 'usr_test') => ({ actorId, requestId: `req_${++requests}` });
  const query = <Row>(sql: string, ...parameters: unknown[]) => worker.database.query<Row>(sql, parameters);

  async function drafted(changes: Signature = {}): Promise<EnvelopeStatus> {
    const program = demoProgram();
    const signature = { ...program.signature, ...changes };
    const slug = `envelopes-${++requests}`;
    const { id: programId } = await context.get(ProgramsService).create({ ...program, slug, signature }, actor());
    const consent = { version: '2026-01', given: true as const };
    const email = `ada-${++requests}@partner.example`;
    const person = { name: 'Ada', email, references: [], webSites: [], form: {}, consent };
    const { id: applicationId } = await context.get(ApplicationsService).submit(programId, person, actor('public'));
    await activities.recordVerification({ ...actor(applicationId), applicationId });
    const decision = { ...actor(), applicationId, action: 'approve' as const };
    const { negotiationId = '', partnerId = '' } = await activities.recordDecision(decision);
    const { termsHash } = await activities.readNegotiation({ negotiationId });
    await activities.recordAcceptance({ ...actor(), negotiationId, side: 'partner', termsHash });
    return (await activities.draftEnvelope({ programId, applicationId, negotiationId, partnerId }))!;
  }

  /** Frozen and sent, and nobody asked yet. */
  async function dispatched(changes: Signature = {}): Promise<EnvelopeStatus> {
    const { envelopeId } = await drafted(changes);
    await activities.freezeEnvelope({ envelopeId });
    return activities.dispatchEnvelope({ envelopeId });
  }

  async function sent(changes: Signature = {}): Promise<{ envelopeId: string; recipientId: string }> {
    const { envelopeId } = await dispatched(changes);
    const { turn } = await activities.askSigners({ envelopeId });
    return { envelopeId, recipientId: turn![0]! };
  }

  async function signed(
    { envelopeId, recipientId }: { envelopeId: string; recipientId: string },
    authProofId?: string,
  ): Promise<void> {
    const { documentHash } = await activities.readEnvelope({ envelopeId });
    const { version: consentVersion } = demoProgram().signature.consent;
    const act = { documentHash: documentHash!, consentVersion };
    const said = { ...act, typedName: 'Ada', ipAddress: '127.0.0.1', userAgent: 'test' };
    const evidenceId = await context.get(ProviderInbox).intent(envelopeId, recipientId, said);
    const proof = authProofId === undefined ? {} : { authProofId };
    await activities.recordSignature({ ...actor(recipientId), envelopeId, recipientId, ...act, evidenceId, ...proof });
  }

  /** Signed and sealed for the partner: the company is asked. */
  async function sealed(changes: Signature = {}): Promise<string> {
    const { envelopeId, ...signer } = await sent(changes);
    await signed({ envelopeId, ...signer });
    await activities.sealPartner({ envelopeId });
    await activities.askSigners({ envelopeId });
    return envelopeId;
  }

  async function countersigned(envelopeId: string, by: string, roles = ['legal']): Promise<EnvelopeStatus> {
    const { shownHash } = await activities.readEnvelope({ envelopeId });
    const answer = await activities.recordCountersignature({
      ...actor(by),
      envelopeId,
      documentHash: shownHash!,
      roles,
    });
    return answer.step === 'ask' ? activities.askSigners({ envelopeId }) : answer;
  }

  async function recipient(envelopeId: string, id: string): Promise<RecipientRow> {
    return (await context.get(EnvelopesService).get(envelopeId)).recipients.find((each) => each.id === id)!;
  }

  /** Delegates or corrects. */
  async function changed(
    activity: 'recordDelegation' | 'recordCorrection',
    { envelopeId, recipientId }: { envelopeId: string; recipientId: string },
    person: { name: string; email: string; subjectId?: string },
    by = 'usr_legal',
  ): Promise<EnvelopeStatus> {
    const row = await context.get(EnvelopesService).get(envelopeId);
    const type = activity === 'recordDelegation' ? 'delegation_intent' : 'correction_intent';
    const party = { row, recipient: await recipient(envelopeId, recipientId) };
    const { personId, evidenceId } = await context.get(SigningPages).changeIntent(party, person, { actorId: by, type });
    return activities[activity]({ ...actor(by), envelopeId, recipientId, personId, evidenceId });
  }

  const templates = async (envelopeId: string): Promise<string[]> => {
    const sql = `select payload ->> 'template' as template from outbox_messages where kind = 'mail' and subject_id = $1 order by id`;
    return (await query<{ template: string }>(sql, envelopeId)).map(({ template }) => template);
  };

  const alice = { name: 'Alice', email: 'alice@company.example', subjectId: 'usr_alice' };
  const bob = { name: 'Bob', email: 'bob@company.example', subjectId: 'usr_bob' };
  const inOrder = (...signers: CompanySigners['signers']): Signature => ({
    companySigners: { order: 'sequential', signers },
  });

  describe('whose row decides, whatever an update says', () => {
    it('takes a signature that is tried again and again, in the same words, as one', async () => {
      const { envelopeId, recipientId } = await sent();
      const { documentHash } = await activities.readEnvelope({ envelopeId });
      const { version: consentVersion } = demoProgram().signature.consent;
      const origin = { ipAddress: '127.0.0.1', userAgent: 'test' };
      const inbox = context.get(ProviderInbox);
      const said = { documentHash: documentHash!, consentVersion, typedName: 'Ada', ...origin };
      const tries: string[] = [];
      for (let time = 0; time < 101; time += 1) tries.push(await inbox.intent(envelopeId, recipientId, said));
      expect(new Set(tries).size).toBe(1);
      const other = await inbox.intent(envelopeId, recipientId, { ...said, typedName: 'Ada P.' });
      expect(tries).not.toContain(other);
      expect(await inbox.intent(envelopeId, recipientId, said)).not.toBe(tries[0]);
    });

    it('is not signed after its deadline, though it has not expired yet, nor countersigned', async () => {
      const envelope = await sent();
      const past = `update envelopes set expires_at = now() - interval '1 second' where id = $1`;
      await query(past, envelope.envelopeId);
      await expect(signed(envelope)).rejects.toMatchObject({ type: 'illegal-transition' });
      const second = await sealed();
      await query(past, second);
      await expect(countersigned(second, 'usr_legal')).rejects.toMatchObject({ type: 'illegal-transition' });
    });

    it('is not signed without the proof that the program asks for, nor with that of another link', async () => {
      const { authentication } = demoProgram().signature;
      const envelope = await sent({ authentication: { ...authentication, method: 'access_code' } });
      const { envelopeId, recipientId } = envelope;
      const proofs = context.get(SignerAuthentication);
      await expect(signed(envelope)).rejects.toMatchObject({ type: 'authentication-required' });
      await expect(signed(envelope, 'ses_none')).rejects.toMatchObject({ type: 'authentication-required' });
      await proofs.setAccessCode(envelopeId, recipientId, 'told-by-phone', actor());
      const origin = { ipAddress: '127.0.0.1', userAgent: 'test' };
      const before = await proofs.open(envelopeId, recipientId, 'told-by-phone', origin);
      await changed('recordCorrection', envelope, { name: 'Ada', email: 'corrected@partner.example' });
      await activities.askSigners({ envelopeId });
      await expect(signed(envelope, before.id)).rejects.toMatchObject({ type: 'authentication-required' });
      const { id } = await proofs.open(envelopeId, recipientId, 'told-by-phone', origin);
      await signed(envelope, id);
      expect((await activities.readEnvelope({ envelopeId })).state).toBe('partner_signed');
    });

    it('is not countersigned by anyone of the partner, whatever roles it says to have', async () => {
      const envelopeId = await sealed();
      const row = await context.get(EnvelopesService).get(envelopeId);
      const { id, person_id: person } = row.recipients[0]!;
      for (const by of [id, person!, row.partner_id, `usr_${row.partner_id}`, row.application_id]) {
        await expect(countersigned(envelopeId, by)).rejects.toMatchObject({ type: 'forbidden' });
      }
    });
  });

  describe('that two of the company sign', () => {
    it('is not countersigned by one person in both places, whichever comes first', async () => {
      const envelopeId = await sealed(inOrder({ role: 'legal' }, alice));
      await expect(countersigned(envelopeId, 'usr_alice')).rejects.toMatchObject({ type: 'not-your-turn' });
      expect((await countersigned(envelopeId, 'usr_legal')).state).toBe('awaiting_countersign');
      await expect(countersigned(envelopeId, 'usr_legal')).rejects.toMatchObject({ type: 'forbidden' });
      expect((await countersigned(envelopeId, 'usr_alice')).state).toBe('countersigned');
    });

    it('is given away to nobody who signs already, by whatever address', async () => {
      const envelopeId = await sealed(inOrder(alice, bob));
      const { turn } = await countersigned(envelopeId, 'usr_alice');
      const place = { envelopeId, recipientId: turn![0]! };
      const person = { name: 'Alice again', email: 'a.l@company.example', subjectId: 'usr_alice' };
      await expect(changed('recordDelegation', place, person)).rejects.toMatchObject({ type: 'already-exists' });
      const { partner_id: partnerId } = await context.get(EnvelopesService).get(envelopeId);
      const partner = { ...person, subjectId: `usr_${partnerId}` };
      await expect(changed('recordDelegation', place, partner)).rejects.toMatchObject({ type: 'already-exists' });
    });

    it('may be countersigned by whoever gave the place of another away', async () => {
      const envelopeId = await sealed(inOrder(bob, { role: 'legal' }));
      const { turn } = await activities.readEnvelope({ envelopeId });
      const carol = { name: 'Carol', email: 'carol@company.example', subjectId: 'usr_carol' };
      await changed('recordDelegation', { envelopeId, recipientId: turn![0]! }, carol, 'usr_legal');
      await activities.askSigners({ envelopeId });
      expect((await countersigned(envelopeId, 'usr_carol', [])).state).toBe('awaiting_countersign');
      expect((await countersigned(envelopeId, 'usr_legal')).state).toBe('countersigned');
    });
  });

  describe('whose deadline passed while nobody could see to it', () => {
    const lapse = (envelopeId: string) =>
      query(`update envelopes set expires_at = now() - interval '1 minute' where id = $1`, envelopeId);

    it('expires, and reminds, warns and escalates to nobody before', async () => {
      const { envelopeId } = await sent();
      const reminder = (await activities.readEnvelope({ envelopeId })).next!;
      expect(reminder.kind).toBe('remind');
      await lapse(envelopeId);
      await query(
        `update envelope_recipients set asked_at = now() - interval '9 days' where envelope_id = $1`,
        envelopeId,
      );
      const due = (await activities.readEnvelope({ envelopeId })).next!;
      expect(due.kind).toBe('remind');
      expect((await activities.runTimer({ envelopeId, timer: due })).state).toBe('expired');
      expect(await templates(envelopeId)).toEqual(['signature-requested']);
    });

    it('expires though its signers could not be asked, and asks them no more', async () => {
      const { envelopeId, step } = await dispatched();
      expect(step).toBe('ask');
      await lapse(envelopeId);
      expect(await activities.askSigners({ envelopeId })).toMatchObject({ state: 'expired', turn: [] });
      expect(await templates(envelopeId)).toEqual([]);
    });

    it('stays open where it was put off in the meantime', async () => {
      const { envelopeId } = await sent();
      const { next, expiresAtMs } = await activities.readEnvelope({ envelopeId });
      const later = { ...actor(), envelopeId, expiresAtMs: expiresAtMs! + dayMs, reason: 'Holidays' };
      await activities.recordExtension(later);
      expect((await activities.runTimer({ envelopeId, timer: { ...next!, kind: 'expire' } })).state).toBe('sent');
    });
  });

  describe('whose partner has signed in time', () => {
    /** Signed three days ago, two days before the expiry. */
    async function signedLongAgo(blocked: string | null): Promise<string> {
      const { envelopeId, ...signer } = await sent();
      await signed({ envelopeId, ...signer });
      const times = `partner_signed_at = now() - interval '3 days', expires_at = now() - interval '1 day', expiry_warned_at = now()`;
      await query(`update envelopes set ${times}, seal_blocked = $2 where id = $1`, envelopeId, blocked);
      return envelopeId;
    }

    it.each([null, 'key_unavailable'])(
      'leaves the company the time that was left, however late the seal (%s)',
      async (blocked) => {
        const envelopeId = await signedLongAgo(blocked);
        const { state, expiresAtMs, next } = await activities.sealPartner({ envelopeId });
        expect(state).toBe('awaiting_countersign');
        expect(Math.abs(expiresAtMs! - Date.now() - 2 * dayMs)).toBeLessThan(60_000);
        expect(next?.kind).not.toBe('expire');
        const [fact] = await query(
          `select data ->> 'expiresAt' as at from envelope_events where envelope_id = $1 and type = 'awaiting_countersign'`,
          envelopeId,
        );
        expect(fact).toEqual({ at: new Date(expiresAtMs!).toISOString() });
        await activities.askSigners({ envelopeId });
        expect((await countersigned(envelopeId, 'usr_legal')).state).toBe('countersigned');
      },
    );

    it('keeps its expiry where the seal was made at once', async () => {
      const { envelopeId, ...signer } = await sent();
      const { expiresAtMs } = await activities.readEnvelope({ envelopeId });
      await signed({ envelopeId, ...signer });
      expect((await activities.sealPartner({ envelopeId })).expiresAtMs).toBe(expiresAtMs);
    });
  });

  it('takes each step once, also where two workers are at it at once or one after the other', async () => {
    const { envelopeId, ...signer } = await sent();
    await signed({ envelopeId, ...signer });
    const at = async (step: 'sealPartner' | 'sealCompany' | 'certifyContract' | 'executeContract'): Promise<void> => {
      const [first, second] = await Promise.all([activities[step]({ envelopeId }), activities[step]({ envelopeId })]);
      expect(second).toEqual(first);
      expect(await activities[step]({ envelopeId })).toEqual(first);
    };
    await at('sealPartner');
    await activities.askSigners({ envelopeId });
    await countersigned(envelopeId, 'usr_legal');
    for (const step of ['sealCompany', 'certifyContract', 'executeContract'] as const) await at(step);
    const facts = await query<{ type: string; count: number }>(
      `select type, count(*)::int as count from envelope_events where envelope_id = $1 group by type`,
      envelopeId,
    );
    const counts = Object.fromEntries(facts.map(({ type, count }) => [type, count]));
    const once = [
      'partner_signed',
      'awaiting_countersign',
      'countersigned',
      'sealing',
      'sealed',
      'certified',
      'executed',
    ];
    expect(counts).toMatchObject(Object.fromEntries(once.map((type) => [type, 1])));
    const copies = `select 1 from outbox_messages where subject_id = $1 and payload ->> 'template' = 'contract-executed'`;
    expect(await query(copies, envelopeId)).toHaveLength(2);
  });

  it('is frozen with those who sign it, also where somebody else is named while it is rendered', async () => {
    const { envelopeId } = await drafted();
    const [{ id: recipientId }] = (await context.get(EnvelopesService).get(envelopeId)).recipients as [RecipientRow];
    const documents = context.get(DocumentStore);
    const put = documents.put.bind(documents);
    const named = { name: 'Wayan Delegate', email: 'wayan@partner.example' };
    documents.put = async (...given) => {
      documents.put = put;
      await changed('recordDelegation', { envelopeId, recipientId }, named, recipientId);
      return put(...given);
    };
    expect(await activities.freezeEnvelope({ envelopeId })).toMatchObject({ state: 'draft', step: 'freeze' });
    expect((await activities.freezeEnvelope({ envelopeId })).state).toBe('frozen');
    const row = await context.get(EnvelopesService).get(envelopeId);
    const { bytes } = await documents.get(row.program_id, row.document_sha256!);
    expect((await readPdf(bytes)).text).toContain(named.name);
  });

  it('is not held to be undeliverable for a code or a notice that came back from the address before', async () => {
    const { authentication } = demoProgram().signature;
    const { envelopeId, recipientId } = await sent({ authentication: { ...authentication, method: 'email_otp' } });
    await context.get(SignerAuthentication).challenge(envelopeId, recipientId);
    const { expiresAtMs } = await activities.readEnvelope({ envelopeId });
    const later = { ...actor(), envelopeId, expiresAtMs: expiresAtMs! + dayMs, reason: 'Holidays' };
    await activities.recordExtension(later);
    const sql = `select id from outbox_messages where kind = 'mail' and subject_id = $1 and payload ->> 'template' in ('signing-code', 'envelope-extended')`;
    const mails = await query<{ id: string }>(sql, envelopeId);
    expect(mails).toHaveLength(2);
    await changed('recordCorrection', { envelopeId, recipientId }, { name: 'Ada', email: 'new@partner.example' });
    await activities.askSigners({ envelopeId });
    for (const { id } of mails) await context.get(EnvelopeDeliveries).note({ mailId: id, outcome: 'bounced' });
    expect((await recipient(envelopeId, recipientId)).delivery).toBe('pending');
    expect(await templates(envelopeId)).not.toContain('signature-bounced');
  });

  it('is certified with each delivery at the address that it was about, and with accounts of any legal length', async () => {
    const { envelopeId, recipientId } = await sent();
    const old = (await recipient(envelopeId, recipientId)).email!;
    const requests = `select id from outbox_messages where kind = 'mail' and subject_id = $1 and payload ->> 'template' = 'signature-requested' order by id`;
    const [first] = await query<{ id: string }>(requests, envelopeId);
    const deliveries = context.get(EnvelopeDeliveries);
    await deliveries.note({ mailId: first!.id, outcome: 'sent' });
    const right = { name: 'Ada', email: 'right@other.example' };
    await changed('recordCorrection', { envelopeId, recipientId }, right);
    await activities.askSigners({ envelopeId });
    // The old mail comes back after the new one has left.
    await deliveries.note({ mailId: first!.id, outcome: 'bounced' });
    const [, second] = await query<{ id: string }>(requests, envelopeId);
    await deliveries.note({ mailId: second!.id, outcome: 'delivered' });
    await signed({ envelopeId, recipientId });
    await activities.sealPartner({ envelopeId });
    await activities.askSigners({ envelopeId });
    await countersigned(envelopeId, 'x'.repeat(255));
    await activities.sealCompany({ envelopeId });
    const row = await context.get(EnvelopesService).get(envelopeId);
    const { document } = await context.get(EvidenceWriter).write(row);
    const told = document.deliveries.filter(({ recipient: id }) => id === recipientId);
    const [wrong, mended] = [`a***${old.slice(old.indexOf('@'))}`, 'r***@other.example'];
    expect(told.map(({ state, address }) => [state, address])).toEqual([
      ['asked', wrong],
      ['sent', wrong],
      ['asked', mended],
      ['bounced', wrong],
      ['delivered', mended],
    ]);
    expect(evidenceDocumentSchema.safeParse(document).error).toBeUndefined();
  });
});
