import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import { sha256 } from '../kernel/sha256.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { CapabilityLinks, challengeSubject } from '../platform/index.js';
import type { SignatureSettings } from '../programs/index.js';
import { maskedAddress } from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';
import { lockEnvelope, recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';
import type { Origin } from './provider-inbox.js';

export interface SigningSession {
  id: string;
  /** Shown once: the right to read and sign, beside the link. */
  token: string;
  expiresAt: Date;
}

/** How a signer stands with its proof. */
export interface AuthenticationView {
  method: RecipientRow['authentication'];
  /** Where a code goes, masked; null where none is sent. */
  target: string | null;
  isDone: boolean;
  isLocked: boolean;
  attemptsLeft: number;
}

type Outcome = { session: SigningSession } | { refused: DomainError };

/** Proof of who a signer is, before the contract is shown: by the link alone, by a code of the company's, by a one-time code. */
@Injectable()
export class SignerAuthentication {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly links: CapabilityLinks,
    private readonly envelopes: EnvelopesService,
  ) {}

  /**
   * Whether this is the session of a signer who has proved who it is; its id. A link that needs no more is its own proof: null.
   * @throws DomainError `authentication-required`
   */
  async require(recipient: RecipientRow, token: string | undefined): Promise<string | null> {
    const session = await this.sessionId(recipient, token);
    if (session) return session;
    if (recipient.authentication === 'link') return null;
    throw new DomainError(
      'authentication-required',
      'the contract is shown to the signer alone: prove who you are first',
    );
  }

  /** The id of the signer's session that a token stands for; undefined where it stands for none that counts. */
  async sessionId(recipient: RecipientRow, token: string | undefined): Promise<string | undefined> {
    if (token === undefined) return undefined;
    const sql = `select id from signing_sessions where token_hash = $1 and recipient_id = $2 and link_generation = $3 and expires_at > $4`;
    const parameters = [sha256(token), recipient.id, recipient.link_generation, this.clock.now()];
    return (await rowOf<{ id: string }>(this.database.dataSource.manager, sql, parameters))?.id;
  }

  async view(row: EnvelopeRow, recipient: RecipientRow, token: string | undefined): Promise<AuthenticationView> {
    const { maxAttempts } = (await this.envelopes.settings(row)).authentication;
    const session = await this.sessionId(recipient, token);
    return {
      method: recipient.authentication,
      target: targetOf(recipient),
      isDone: recipient.authentication === 'link' || session !== undefined,
      isLocked: recipient.locked_at !== null,
      attemptsLeft: Math.max(0, maxAttempts - recipient.failed_attempts),
    };
  }

  /**
   * Sends a one-time code where the signer proves itself by one.
   * @throws DomainError `signer-locked`, `rate-limited` (as many codes as there may be), `illegal-transition` (no code belongs here, or the
   *   company has set none yet)
   */
  async challenge(envelopeId: string, recipientId: string): Promise<AuthenticationView> {
    const { authentication: settings } = await this.settings(envelopeId);
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      const recipient = recipientOf(row, recipientId);
      refuseLocked(recipient);
      if (recipient.authentication === 'link') throw new DomainError('illegal-transition', 'recipient: needs no code');
      if (recipient.authentication === 'access_code') return refuseWithoutCode(recipient);
      if (recipient.code_number - recipient.codes_before_unlock >= settings.maxCodes) {
        throw new DomainError('rate-limited', `a signer gets at most ${settings.maxCodes} codes`);
      }
      const number = recipient.code_number + 1;
      const set = { code_number: number, code_sent_at: this.clock.now(), code_used_at: null };
      await this.envelopes.updateRecipient(tx, recipientId, set);
      await this.fact(tx, row, recipient, 'challenge_sent', {
        method: 'email_otp',
        target: targetOf(recipient),
        number,
      });
      const to = { personId: recipient.person_id! };
      const details = { recipientId, number, generation: recipient.link_generation };
      const mail = { template: 'signing-code', subjectId: envelopeId, to, details };
      await this.outbox.mail(tx, row.program_id, mail);
    });
    const row = await this.envelopes.get(envelopeId);
    return this.view(row, recipientOf(row, recipientId), undefined);
  }

  /**
   * A session for the signer who knows the code; a link that needs none gets one for the asking.
   * @throws DomainError `authentication-failed`, `signer-locked`, `illegal-transition` (the company has set no code yet)
   */
  async open(
    envelopeId: string,
    recipientId: string,
    code: string | undefined,
    origin: Origin,
  ): Promise<SigningSession> {
    const { authentication: settings } = await this.settings(envelopeId);
    const outcome = await this.database.inTransaction(async (tx): Promise<Outcome> => {
      const row = await lockEnvelope(tx, envelopeId);
      const recipient = recipientOf(row, recipientId);
      refuseLocked(recipient);
      if (recipient.authentication === 'access_code') refuseWithoutCode(recipient);
      // A wrong code has to be counted, so its refusal is thrown once the count is committed.
      if (!this.isProof(recipient, code, settings))
        return { refused: await this.count(tx, row, recipient, settings, origin) };
      return { session: await this.begin(tx, row, recipient, settings, origin) };
    });
    if ('refused' in outcome) throw outcome.refused;
    return outcome.session;
  }

  /** Sets the code that the company tells a signer by another way; it counts from now on. @throws DomainError `illegal-transition` */
  async setAccessCode(envelopeId: string, recipientId: string, code: string, actor: Actor): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      const recipient = recipientOf(row, recipientId);
      if (recipient.authentication !== 'access_code') {
        throw new DomainError('illegal-transition', 'recipient: does not prove itself by an access code');
      }
      const set = { access_code_hash: this.links.digest(recipientId, code) };
      await this.envelopes.updateRecipient(tx, recipientId, set);
      const act = { ...actor, name: 'set_access_code', type: 'access_code_set' as const, data: { recipientId } };
      await this.envelopes.note(tx, row, act);
    });
  }

  /** Lets a signer try again who was locked out. @throws DomainError `illegal-transition` */
  async unlock(envelopeId: string, recipientId: string, reason: string, actor: Actor): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      const recipient = recipientOf(row, recipientId);
      if (recipient.locked_at === null) throw new DomainError('illegal-transition', 'recipient: is not locked out');
      // Codes go on being counted: each number has its own code, and none comes twice.
      const unlocked = { locked_at: null, failed_attempts: 0, code_sent_at: null };
      const set = { ...unlocked, codes_before_unlock: recipient.code_number };
      await this.envelopes.updateRecipient(tx, recipientId, set);
      const act = {
        ...actor,
        name: 'unlock_signer',
        type: 'signer_unlocked' as const,
        data: { recipientId, reason },
        reason,
      };
      await this.envelopes.note(tx, row, act);
    });
  }

  private isProof(
    recipient: RecipientRow,
    code: string | undefined,
    settings: SignatureSettings['authentication'],
  ): boolean {
    if (recipient.authentication === 'link') return true;
    if (code === undefined) return false;
    const { id, access_code_hash: hash, code_number: number, code_sent_at: sentAt, code_used_at: usedAt } = recipient;
    if (recipient.authentication === 'access_code') return isEqual(this.links.digest(id, code), hash ?? '');
    const isCurrent =
      sentAt !== null &&
      usedAt === null &&
      this.clock.now().getTime() < sentAt.getTime() + elapsedMs(settings.codeLifetime);
    return isEqual(this.links.code(challengeSubject(id, number)), code) && isCurrent;
  }

  private async begin(
    tx: Transaction,
    row: EnvelopeRow,
    recipient: RecipientRow,
    { sessionLifetime }: SignatureSettings['authentication'],
    origin: Origin,
  ): Promise<SigningSession> {
    const id = newId('ses');
    const token = randomBytes(32).toString('base64url');
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + elapsedMs(sessionLifetime));
    await tx.query(
      `insert into signing_sessions (id, program_id, recipient_id, link_generation, token_hash, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, row.program_id, recipient.id, recipient.link_generation, sha256(token), now, expiresAt],
    );
    const set = { failed_attempts: 0, authenticated_at: now, ...(recipient.code_sent_at && { code_used_at: now }) };
    await this.envelopes.updateRecipient(tx, recipient.id, set);
    const { authentication: method, failed_attempts: attempts } = recipient;
    const said = { method, target: targetOf(recipient), attempts: attempts + 1, sessionId: id };
    await this.fact(tx, row, recipient, 'authenticated', { ...said, ...originOf(origin) });
    return { id, token, expiresAt };
  }

  private async count(
    tx: Transaction,
    row: EnvelopeRow,
    recipient: RecipientRow,
    { maxAttempts }: SignatureSettings['authentication'],
    origin: Origin,
  ): Promise<DomainError> {
    const attempts = recipient.failed_attempts + 1;
    const isLocked = attempts >= maxAttempts;
    const locked_at = isLocked ? this.clock.now() : null;
    await this.envelopes.updateRecipient(tx, recipient.id, { failed_attempts: attempts, locked_at });
    const data = { method: recipient.authentication, target: targetOf(recipient), attempts };
    await this.fact(tx, row, recipient, 'authentication_failed', { ...data, ...originOf(origin) });
    if (!isLocked)
      return new DomainError('authentication-failed', `the code is wrong: ${maxAttempts - attempts} attempts are left`);
    const { id: recipientId } = recipient;
    const act = {
      actorId: recipientId,
      name: 'lock_signer',
      type: 'signer_locked' as const,
      data: { recipientId, attempts },
    };
    await this.envelopes.note(tx, row, act);
    const mail = { template: 'signer-locked', subjectId: row.id, to: { role: 'legal' }, details: { recipientId } };
    await this.outbox.mail(tx, row.program_id, mail);
    return locked();
  }

  private async fact(
    tx: Transaction,
    row: EnvelopeRow,
    { id }: RecipientRow,
    type: string,
    data: Record<string, unknown>,
  ): Promise<void> {
    const fact = {
      programId: row.program_id,
      envelopeId: row.id,
      type,
      actorId: id,
      data: { recipientId: id, ...data },
    };
    await this.log.append(tx, fact);
  }

  private async settings(envelopeId: string): Promise<SignatureSettings> {
    return this.envelopes.settings(await this.envelopes.get(envelopeId));
  }
}

function targetOf({ authentication, email }: RecipientRow): string | null {
  return authentication === 'email_otp' && email !== null ? maskedAddress(email) : null;
}

function originOf({ ipAddress, userAgent }: Origin): Record<string, string> {
  return { ipAddress, userAgent };
}

function locked(): DomainError {
  return new DomainError('signer-locked', 'too many wrong codes: the company has to unlock the signer');
}

function refuseLocked({ locked_at: lockedAt }: RecipientRow): void {
  if (lockedAt !== null) throw locked();
}

function refuseWithoutCode({ access_code_hash: hash }: RecipientRow): void {
  if (hash === null)
    throw new DomainError('illegal-transition', 'recipient: the company has not set its access code yet');
}

/** Takes equally long wherever two texts differ. */
function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(sha256(a)), Buffer.from(sha256(b))];
  return timingSafeEqual(left, right);
}
