import { Injectable } from '@nestjs/common';
import { rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import type {
  ChangeRecipientInput,
  EndEnvelopeInput,
  EnvelopeStatus,
  ExtendInput,
  ResendInput,
} from '../orchestration/signature.js';
import { CapabilityLinks } from '../platform/index.js';
import { envelopeStates, isAwaiting, isOpen, recipientStates } from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';
import { partnerSide, recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService, type EnvelopeNote } from './envelopes.service.js';
import { SignatureProviders } from './signature-providers.js';

interface Person {
  id: string;
  name: string | null;
  email: string | null;
}

/** What people change about an envelope that is out: it is taken back, put off, sent again, or another person acts. */
@Injectable()
export class EnvelopeChanges {
  constructor(
    private readonly clock: Clock,
    private readonly log: EnvelopeLog,
    private readonly links: CapabilityLinks,
    private readonly envelopes: EnvelopesService,
    private readonly providers: SignatureProviders,
  ) {}

  /** The company takes it back, until its last countersignature. @throws DomainError `illegal-transition` */
  void(input: EndEnvelopeInput): Promise<EnvelopeStatus> {
    const { actorId, requestId, reason } = input;
    return this.envelopes.act({ ...input, name: 'void' }, async (tx, row) => {
      await this.envelopes.move(tx, row, { actorId, requestId, reason, action: 'void' });
    });
  }

  /**
   * Another person acts in a recipient's place; the link of the one who was asked dies.
   * @throws DomainError `illegal-transition`, `forbidden` (the program refuses it), `already-exists` (the person or account signs already)
   */
  async delegate(input: ChangeRecipientInput): Promise<EnvelopeStatus> {
    const settings = await this.envelopes.settings(await this.envelopes.get(input.envelopeId));
    return this.envelopes.act({ ...input, name: 'delegate' }, async (tx, row) => {
      const recipient = changeable(row, input.recipientId);
      if (settings.delegation !== 'allowed')
        throw new DomainError('forbidden', 'the program lets nobody sign for another');
      this.envelopes.refusePastDeadline(row, 'delegate');
      const intent = await this.intent(tx, row, 'delegation_intent', input);
      const person = await personOf(tx, input.personId);
      refuseKnownPerson(row, person);
      refuseKnownAccount(row, intent['subjectId']);
      const at = this.clock.now();
      const id = newId('rcp');
      await tx.query(
        `insert into envelope_recipients (id, program_id, envelope_id, party, place, person_id, subject_id, title, authentication, state, created_at, link_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $11)`,
        [
          ...[id, row.program_id, row.id, recipient.party, recipient.place, input.personId],
          ...[intent['subjectId'] ?? null, intent['title'] ?? null, recipient.authentication, at],
          ...[recipient.party === 'partner' ? this.links.signingHash(id, 1) : null],
        ],
      );
      const state = recipientStates.next(recipient.state, 'delegate');
      const link_generation = recipient.link_generation + 1;
      const gone = { state, delegated_to: id, link_hash: null, link_generation, acted_at: at, acted_by: input.actorId };
      await this.envelopes.updateRecipient(tx, recipient.id, gone);
      const data = { recipientId: recipient.id, delegateId: id, intent: Number(input.evidenceId) };
      await this.noteAct(tx, row, input, 'delegate', 'delegated', data);
    });
  }

  /**
   * Mends a recipient's address or name. The address alone: the same contract, by a new link. The name, which stands in the contract: the
   * envelope is superseded by one whose contract says it right.
   * @throws DomainError `illegal-transition` (it has acted), `already-exists` (the address of another signer)
   */
  correct(input: ChangeRecipientInput): Promise<EnvelopeStatus> {
    return this.envelopes.act({ ...input, name: 'correct' }, async (tx, row) => {
      const recipient = changeable(row, input.recipientId);
      const intent = await this.intent(tx, row, 'correction_intent', input);
      const person = await personOf(tx, input.personId);
      refuseKnownPerson(row, person, recipient);
      const title = 'title' in intent ? (intent['title'] as string | null) : recipient.title;
      const fields = [
        ...(person.name !== recipient.name ? ['name'] : []),
        ...(person.email !== recipient.email ? ['email'] : []),
        ...(title !== recipient.title ? ['title'] : []),
      ];
      if (fields.length === 0) throw new DomainError('illegal-transition', 'recipient: is as it was before');
      await tx.query(`update persons set name = $2, email = $3 where id = $1`, [
        recipient.person_id,
        person.name,
        person.email,
      ]);
      // The row only carried what was new here, outside of the update's payload.
      await tx.query(`delete from persons where id = $1`, [input.personId]);
      const link_generation = recipient.link_generation + 1;
      const again = {
        state: recipientStates.next(recipient.state, 'correct'),
        title,
        link_generation,
        link_hash: recipient.party === 'partner' ? this.links.signingHash(recipient.id, link_generation) : null,
        delivery: 'pending' as const,
        authenticated_at: null,
        viewed_at: null,
        // Whoever had the link before neither locks this person out nor has a code that would let it in.
        ...{ locked_at: null, failed_attempts: 0, code_sent_at: null, codes_before_unlock: recipient.code_number },
      };
      await this.envelopes.updateRecipient(tx, recipient.id, again);
      const data = { recipientId: recipient.id, fields, intent: Number(input.evidenceId) };
      await this.noteAct(tx, row, input, 'correct', 'corrected', data);
      const isPrinted = fields.some((field) => field !== 'email');
      if (isPrinted) await this.supersede(tx, await this.envelopes.lock(tx, row.id), input);
    });
  }

  /**
   * Puts the expiry off, as often and as far as the program lets.
   * @throws DomainError `illegal-transition`, `invalid-document` (not later, or too late)
   */
  async extend(input: ExtendInput): Promise<EnvelopeStatus> {
    const settings = await this.envelopes.settings(await this.envelopes.get(input.envelopeId));
    await this.envelopes.act({ ...input, name: 'extend' }, async (tx, row) => {
      if (!isAwaiting(row.state) && row.state !== 'partner_signed') {
        throw new DomainError('illegal-transition', `envelope: cannot extend while ${row.state}`);
      }
      if (row.extensions >= settings.maxExtensions) {
        throw new DomainError(
          'illegal-transition',
          `envelope: cannot extend more than ${settings.maxExtensions} times`,
        );
      }
      const to = new Date(input.expiresAtMs);
      refuseOutside(
        to,
        [row.expires_at!, this.clock.now()],
        (row.sent_at ?? row.created_at).getTime() + elapsedMs(settings.longestOpen),
      );
      const set = { expires_at: to, extensions: row.extensions + 1, expiry_warned_at: null };
      await this.envelopes.update(tx, row.id, set);
      const data = { from: row.expires_at!.toISOString(), to: to.toISOString(), reason: input.reason };
      await this.noteAct(tx, row, input, 'extend', 'extended', data);
    });
    const row = await this.envelopes.get(input.envelopeId);
    await this.providers.extend(row, { number: row.extensions });
    return this.envelopes.status(row.id);
  }

  /** Asks one whose turn it is again, by the same link. @throws DomainError `illegal-transition`, `not-your-turn` */
  async resend(input: ResendInput): Promise<EnvelopeStatus> {
    const settings = await this.envelopes.settings(await this.envelopes.get(input.envelopeId));
    await this.envelopes.act({ ...input, name: 'resend' }, async (tx, row) => {
      const recipient = changeable(row, input.recipientId);
      const isAsked =
        recipient.state !== 'waiting' && this.envelopes.turn(row, settings).some(({ id }) => id === recipient.id);
      if (!isAsked) throw new DomainError('not-your-turn', 'it is not the turn of this signer');
      if (recipient.resends >= settings.maxResends) {
        throw new DomainError(
          'illegal-transition',
          `recipient: cannot be asked again more than ${settings.maxResends} times`,
        );
      }
      const number = recipient.resends + 1;
      await this.envelopes.updateRecipient(tx, recipient.id, { resends: number, delivery: 'pending' });
      await this.noteAct(tx, row, input, 'resend', 'resent', { recipientId: recipient.id, number });
    });
    const row = await this.envelopes.get(input.envelopeId);
    const { id, resends } = recipientOf(row, input.recipientId);
    await this.providers.resend(row, { recipientId: id, number: resends });
    return this.envelopes.status(row.id);
  }

  /** A person has looked into why a sealed document does not verify: it is tried again. @throws DomainError `illegal-transition` */
  retrySeal(input: EndEnvelopeInput): Promise<EnvelopeStatus> {
    return this.envelopes.act({ ...input, name: 'retry_seal' }, async (tx, row) => {
      if (row.seal_blocked !== 'verification_failed') {
        throw new DomainError('illegal-transition', 'envelope: no seal waits for a person');
      }
      await this.envelopes.update(tx, row.id, { seal_blocked: null, seal_blocked_at: null });
      await this.noteAct(tx, row, input, 'retry_seal', 'seal_retried', { reason: input.reason });
    });
  }

  private async supersede(
    tx: Transaction,
    row: EnvelopeRow,
    { actorId, requestId }: ChangeRecipientInput,
  ): Promise<void> {
    const reason = 'what the contract says of a signer was corrected';
    await this.envelopes.move(tx, row, { actorId, requestId, reason, action: 'supersede' });
    await tx.query(`update envelope_recipients set link_hash = null where envelope_id = $1`, [row.id]);
  }

  private noteAct(
    tx: Transaction,
    row: EnvelopeRow,
    { actorId, requestId, ...input }: ChangeRecipientInput | ExtendInput | ResendInput | EndEnvelopeInput,
    name: string,
    type: EnvelopeNote,
    data: Record<string, unknown>,
  ): Promise<void> {
    const reason = 'reason' in input ? input.reason : undefined;
    return this.envelopes.note(tx, row, {
      actorId,
      requestId,
      name,
      type,
      data,
      ...(reason !== undefined && { reason }),
    });
  }

  /** What was written down before the update was sent: the request, and what it says beside the person. */
  private async intent(
    tx: Transaction,
    row: EnvelopeRow,
    wanted: string,
    { evidenceId, recipientId, personId }: ChangeRecipientInput,
  ): Promise<Record<string, unknown>> {
    const { type, data } = await this.log.fact(tx, row.id, Number(evidenceId));
    if (type === wanted && data['recipientId'] === recipientId && data['personId'] === personId) return data;
    throw new DomainError('hash-mismatch', 'the evidence is of another act');
  }
}

/** A recipient of an open envelope that has not acted. */
function changeable(row: EnvelopeRow, recipientId: string): RecipientRow {
  const recipient = recipientOf(row, recipientId);
  const isFinal = envelopeStates.isTerminal(row.state) || row.state === 'countersigned' || row.state === 'sealing';
  if (isFinal) throw new DomainError('illegal-transition', `envelope: cannot change who signs while ${row.state}`);
  if (!isOpen(recipient))
    throw new DomainError('illegal-transition', `recipient: cannot change once it has ${recipient.state}`);
  if (recipient.person_id !== null) return recipient;
  throw new DomainError('forbidden', 'this place is open to a role: there is no person to change');
}

async function personOf(tx: Transaction, id: string): Promise<Person> {
  const person = await rowOf<Person>(tx, `select id, name, email from persons where id = $1`, [id]);
  if (!person) throw new DomainError('not-found', 'the person is gone');
  return person;
}

/** Nobody signs twice, and nobody for both sides. */
function refuseKnownPerson(row: EnvelopeRow, person: Person, except?: RecipientRow): void {
  const address = person.email?.toLowerCase();
  const known = row.recipients.some(({ id, email, state }) => {
    return id !== except?.id && state !== 'delegated' && email !== null && email.toLowerCase() === address;
  });
  if (!known) return;
  const error = { pointer: '/email', message: 'is the address of another signer' };
  throw new DomainError('already-exists', 'somebody with this address signs already', [error]);
}

/** An address tells people of the company apart no better than they like; their accounts do. */
function refuseKnownAccount(row: EnvelopeRow, subjectId: unknown): void {
  if (typeof subjectId !== 'string') return;
  const known = row.recipients.some(({ party, subject_id, acted_by, state }) => {
    return party === 'company' && (state === 'signed' ? acted_by : state !== 'delegated' && subject_id) === subjectId;
  });
  if (!known && !partnerSide(row).includes(subjectId)) return;
  const error = { pointer: '/subjectId', message: 'is the account of another signer' };
  throw new DomainError('already-exists', 'somebody with this account signs already', [error]);
}

function refuseOutside(to: Date, after: readonly Date[], latestMs: number): void {
  const earliestMs = Math.max(...after.map((instant) => instant.getTime()));
  if (to.getTime() > earliestMs && to.getTime() <= latestMs) return;
  const message = `must be after ${new Date(earliestMs).toISOString()} and not after ${new Date(latestMs).toISOString()}`;
  throw new DomainError('invalid-document', 'the envelope cannot be open until then', [
    { pointer: '/expiresAt', message },
  ]);
}
