import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { Clock } from '../kernel/clock.js';
import type { CountersignInput, EndEnvelopeInput, EnvelopeStatus, SignInput } from '../orchestration/signature.js';
import type { SignatureSettings } from '../programs/index.js';
import { envelopeStates, isLastToAct, isOpen, recipientStates, type EnvelopeAction } from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';
import { newestDocument, partnerSide, recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';
import { refuseAfterEnd } from './signing-permission.js';

/** The acts of those who sign: they say yes or no, each in its turn. */
@Injectable()
export class SigningActs {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: EnvelopeLog,
    private readonly envelopes: EnvelopesService,
  ) {}

  /**
   * A signer of the partner signs what it was shown.
   * @throws DomainError `illegal-transition` (also past the deadline, and past the end of what it changes), `not-your-turn`, `hash-mismatch` (document or consent),
   *   `authentication-required`
   */
  async sign(input: SignInput): Promise<EnvelopeStatus> {
    const settings = await this.settings(input.envelopeId);
    return this.envelopes.act({ ...input, name: 'sign' }, async (tx, row) => {
      refuse(row, 'sign');
      const signer = partnerSigner(row, input.recipientId);
      this.refuseOutOfTurn(row, signer, settings, 'sign');
      this.envelopes.refusePastDeadline(row, 'sign');
      await refuseAfterEnd(tx, row, this.clock.now());
      refuseOtherDocument(row.document_sha256, input.documentHash);
      refuseOtherConsent(row, input.consentVersion);
      await this.refuseOtherIntent(tx, row, signer, input);
      await this.refuseUnproved(tx, signer, input.authProofId);
      const facts = {
        intent: Number(input.evidenceId),
        documentHash: input.documentHash,
        consentVersion: input.consentVersion,
        authentication: signer.authentication,
        sessionId: input.authProofId ?? null,
      };
      await this.complete(tx, row, signer, input, { act: 'sign', last: 'complete_partner', facts });
    });
  }

  /**
   * One of the company signs what carries the partner's seal.
   * @throws DomainError `illegal-transition`, `not-your-turn`, `hash-mismatch`, `forbidden` (the partner's side, or nobody who was asked)
   */
  async countersign(input: CountersignInput): Promise<EnvelopeStatus> {
    const settings = await this.settings(input.envelopeId);
    return this.envelopes.act({ ...input, name: 'countersign' }, async (tx, row) => {
      refuse(row, 'countersign');
      if (partnerSide(row).includes(input.actorId)) {
        throw new DomainError('forbidden', 'the partner cannot countersign its own contract');
      }
      const signer = companySigner(row, input, this.envelopes.turn(row, settings));
      this.refuseOutOfTurn(row, signer, settings, 'countersign');
      this.envelopes.refusePastDeadline(row, 'countersign');
      await refuseAfterEnd(tx, row, this.clock.now());
      refuseOtherDocument(newestDocument(row), input.documentHash);
      const facts = {
        ...(input.evidenceId === undefined ? {} : { intent: Number(input.evidenceId) }),
        documentHash: input.documentHash,
        authentication: 'bearer_token',
      };
      await this.complete(tx, row, signer, input, { act: 'countersign', last: 'complete_company', facts });
    });
  }

  /** A signer of the partner says no, in its turn: nothing comes of the envelope. @throws DomainError `illegal-transition`, `not-your-turn` */
  async decline(input: EndEnvelopeInput): Promise<EnvelopeStatus> {
    const settings = await this.settings(input.envelopeId);
    return this.envelopes.act({ ...input, name: 'decline' }, async (tx, row) => {
      refuse(row, 'decline');
      const signer = partnerSigner(row, input.recipientId);
      this.refuseOutOfTurn(row, signer, settings, 'decline');
      const state = recipientStates.next(signer.state, 'decline');
      const at = this.clock.now();
      await this.envelopes.updateRecipient(tx, signer.id, { state, acted_at: at, acted_by: input.actorId });
      const { actorId, requestId, reason } = input;
      const facts = { recipientId: signer.id };
      await this.envelopes.move(tx, row, { actorId, requestId, reason, action: 'decline', facts }, at);
    });
  }

  /** The recipient has acted; with the last one of its party the envelope moves on. */
  private async complete(
    tx: Transaction,
    row: EnvelopeRow,
    signer: RecipientRow,
    { actorId, requestId }: SignInput | CountersignInput,
    done: { act: 'sign' | 'countersign'; last: EnvelopeAction; facts: Record<string, unknown> },
  ): Promise<void> {
    const at = this.clock.now();
    const state = recipientStates.next(signer.state, 'sign');
    await this.envelopes.updateRecipient(tx, signer.id, { state, acted_at: at, acted_by: actorId });
    const data = { recipientId: signer.id, party: signer.party, place: signer.place, ...done.facts };
    const act = { actorId, requestId, name: done.act };
    if (!isLastToAct(row.recipients, signer)) {
      await this.envelopes.note(tx, row, { ...act, type: 'signed', data, at });
      await this.envelopes.update(tx, row.id, { state: envelopeStates.next(row.state, done.act) });
      return;
    }
    const fact = { programId: row.program_id, envelopeId: row.id, type: 'signed', actorId, data, at };
    await this.log.append(tx, fact);
    const set = done.act === 'sign' ? { partner_signed_at: at } : { countersigned_at: at };
    const facts = { documentHash: done.facts['documentHash'] };
    await this.envelopes.move(tx, row, { ...act, action: done.last, auditedAs: done.act, facts, set }, at);
  }

  private refuseOutOfTurn(row: EnvelopeRow, signer: RecipientRow, settings: SignatureSettings, verb: string): void {
    if (!isOpen(signer)) {
      throw new DomainError('illegal-transition', `recipient: cannot ${verb} once it has ${signer.state}`);
    }
    if (this.envelopes.turn(row, settings).some(({ id }) => id === signer.id)) return;
    throw new DomainError('not-your-turn', 'others have to sign before');
  }

  private async refuseOtherIntent(
    tx: Transaction,
    row: EnvelopeRow,
    signer: RecipientRow,
    input: SignInput,
  ): Promise<void> {
    const { type, data } = await this.log.fact(tx, row.id, Number(input.evidenceId));
    const isSame = data['documentHash'] === input.documentHash && data['recipientId'] === signer.id;
    if (type === 'signing_intent' && isSame) return;
    throw new DomainError('hash-mismatch', 'the evidence is of another act');
  }

  /** Whoever has to prove who it is has a session of the link that is valid now. */
  private async refuseUnproved(tx: Transaction, signer: RecipientRow, sessionId: string | undefined): Promise<void> {
    if (signer.authentication === 'link') return;
    const sql = `select 1 from signing_sessions where id = $1 and recipient_id = $2 and link_generation = $3`;
    if (sessionId !== undefined && (await rowOf(tx, sql, [sessionId, signer.id, signer.link_generation]))) return;
    throw new DomainError('authentication-required', 'the signer has not proved who it is');
  }

  private async settings(envelopeId: string): Promise<SignatureSettings> {
    const [row] = await this.database.query<Pick<EnvelopeRow, 'program_id' | 'program_version'>>(
      `select program_id, program_version from envelopes where id = $1`,
      [envelopeId],
    );
    if (!row) throw new DomainError('not-found', `no envelope ${envelopeId}`);
    return this.envelopes.settings(row);
  }
}

/** The loser of a race learns what the envelope has become. */
function refuse(row: EnvelopeRow, action: EnvelopeAction): void {
  envelopeStates.next(row.state, action);
}

function partnerSigner(row: EnvelopeRow, recipientId: string | undefined): RecipientRow {
  const first = row.recipients.find(({ party }) => party === 'partner');
  const signer = recipientId === undefined ? first : recipientOf(row, recipientId);
  if (signer?.party === 'partner') return signer;
  throw new DomainError('forbidden', 'this is for the signers of the partner');
}

/**
 * The place that the caller acts in: its own by name, else one that its role opens, those whose turn it is first. Nobody acts in two
 * places: whoever has one by name leaves those of its role to others.
 */
function companySigner(row: EnvelopeRow, input: CountersignInput, turn: readonly RecipientRow[]): RecipientRow {
  const roles = input.roles ?? ['legal'];
  const company = row.recipients.filter(({ party }) => party === 'company');
  const isRepeat = company.some(({ acted_by, state }) => state === 'signed' && acted_by === input.actorId);
  const isNamed = company.some(({ subject_id, state }) => state !== 'delegated' && subject_id === input.actorId);
  const mayTake = ({ subject_id, role }: RecipientRow): boolean =>
    subject_id === input.actorId || (role !== null && !isNamed && roles.includes(role));
  const signer = isRepeat
    ? undefined
    : (turn.find(mayTake) ?? company.find((place) => mayTake(place) && isOpen(place)));
  if (signer) return signer;
  throw new DomainError('forbidden', isRepeat ? 'nobody countersigns twice' : 'somebody else is to countersign');
}

function refuseOtherDocument(shown: string | null, documentHash: string): void {
  if (shown === documentHash) return;
  const error = { pointer: '/documentHash', message: `the document's hash is ${shown}` };
  throw new DomainError('hash-mismatch', 'what was seen is not what is to be signed', [error]);
}

function refuseOtherConsent(row: EnvelopeRow, consentVersion: string): void {
  if (row.consent_version === consentVersion) return;
  const error = { pointer: '/consentVersion', message: `the consent asked for is ${row.consent_version}` };
  throw new DomainError('hash-mismatch', 'another consent text was shown', [error]);
}
