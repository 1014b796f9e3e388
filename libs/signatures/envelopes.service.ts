import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { Actor } from '../orchestration/actor.js';
import type { EnvelopeStatus } from '../orchestration/signature.js';
import { Outbox, type MailRequest } from '../outbox/index.js';
import { ProgramsService, type SignatureSettings } from '../programs/index.js';
import { SealService } from '../seals/index.js';
import {
  awaitedParty,
  envelopeStates,
  isAwaiting,
  nextStep,
  nextTimer,
  turnOf,
  type EnvelopeAction,
  type EnvelopeTimer,
} from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';
import {
  envelopeWhere,
  lockEnvelope,
  partnerSide,
  shownDocument,
  type EnvelopeRow,
  type RecipientRow,
} from './envelope-rows.js';

/** A move of an envelope's state. */
export interface EnvelopeMove extends Actor {
  action: EnvelopeAction;
  reason?: string;
  /** What the fact of it says beside the reason. */
  facts?: Record<string, unknown>;
  mails?: MailRequest[];
  /** Columns that are set with the state. */
  set?: Partial<EnvelopeRow>;
  /** The action as the audit names it, where that differs. */
  auditedAs?: string;
}

/** What happens to an envelope and leaves its state as it is, as its log and its events name it. */
export type EnvelopeNote =
  | 'delivered'
  | 'delivery_failed'
  | 'signed'
  | 'delegated'
  | 'corrected'
  | 'extended'
  | 'resent'
  | 'access_code_set'
  | 'signer_locked'
  | 'signer_unlocked'
  | 'expiry_warned'
  | 'escalated'
  | 'seal_blocked'
  | 'seal_retried'
  | 'sealed'
  | 'timestamped'
  | 'timestamp_pending'
  | 'certified'
  | 'step_stuck';

/** An act on an envelope: done once for one request, under the envelope's lock. */
export interface EnvelopeAct extends Actor {
  envelopeId: string;
  /** As the audit names it, without `envelope.`. */
  name: string;
}

/** Envelopes: what their rows say, and the moves of their state. The row decides every race: the first act under its lock wins. */
@Injectable()
export class EnvelopesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly programs: ProgramsService,
    private readonly seals: SealService,
  ) {}

  /** @throws DomainError `not-found` */
  async get(id: string, tx: Transaction = this.database.dataSource.manager): Promise<EnvelopeRow> {
    const row = await envelopeWhere(tx, 'e.id = $1', id);
    if (!row) throw new DomainError('not-found', `no envelope ${id}`);
    return row;
  }

  /** The envelope of a negotiation that counts: not one that another has taken the place of. */
  ofNegotiation(
    negotiationId: string,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<EnvelopeRow | undefined> {
    return envelopeWhere(tx, `e.negotiation_id = $1 and e.state <> 'superseded'`, negotiationId);
  }

  /** The envelope, locked until the transaction ends. @throws DomainError `not-found` */
  lock(tx: Transaction, id: string): Promise<EnvelopeRow> {
    return lockEnvelope(tx, id);
  }

  /** How the envelope is signed: by the program as it was when the envelope was made. */
  async settings(row: Pick<EnvelopeRow, 'program_id' | 'program_version'>): Promise<SignatureSettings> {
    const { document } = await this.programs.get(row.program_id, row.program_version ?? undefined);
    return document.signature;
  }

  async status(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.get(envelopeId);
    return this.statusOf(row, await this.settings(row));
  }

  /** The recipients whose turn it is. */
  turn(row: EnvelopeRow, settings: SignatureSettings): RecipientRow[] {
    const party = awaitedParty(row.state);
    const { order } = party === 'company' ? settings.companySigners : settings.partnerSigners;
    return turnOf(row.recipients, party, order);
  }

  /** What happens next by itself. */
  timer(row: EnvelopeRow, settings: SignatureSettings): EnvelopeTimer | undefined {
    const envelope = {
      state: row.state,
      sentAt: row.sent_at,
      expiresAt: row.expires_at,
      expiryWarnedAt: row.expiry_warned_at,
      countersignDueAt: row.countersign_due_at,
      escalatedAt: row.escalated_at,
    };
    const turn = this.turn(row, settings).map((recipient) => ({
      id: recipient.id,
      delivery: recipient.delivery,
      askedAt: recipient.asked_at,
      remindersSent: recipient.reminders_sent,
      lastRemindedAt: recipient.last_reminded_at,
    }));
    return nextTimer(envelope, turn, {
      remindEveryMs: elapsedMs(settings.remindEvery),
      maxReminders: settings.maxReminders,
      warnBeforeMs: elapsedMs(settings.warnBefore),
    });
  }

  /**
   * Carries an act out in one transaction, under the envelope's lock, unless this very request did it before; the status afterwards.
   */
  async act(act: EnvelopeAct, work: (tx: Transaction, row: EnvelopeRow) => Promise<void>): Promise<EnvelopeStatus> {
    await this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, act.envelopeId);
      const { actorId, requestId } = act;
      const fact = { actorId, requestId, subjectId: row.id, action: `envelope.${act.name}` };
      if (!(await this.audit.wasRecorded(tx, fact))) await work(tx, row);
    });
    return this.status(act.envelopeId);
  }

  /** An act that leaves the state as it is: its audit fact, its fact in the chain and its event. */
  async note(
    tx: Transaction,
    row: EnvelopeRow,
    act: Actor & { name: string; type: EnvelopeNote; data: Record<string, unknown>; reason?: string; at?: Date },
  ): Promise<void> {
    const { actorId, requestId, name, type, data, reason, at } = act;
    const programId = row.program_id;
    const subjectId = row.id;
    await this.log.append(tx, { programId, envelopeId: row.id, type, actorId, data, ...(at && { at }) });
    const details = typeof data['recipientId'] === 'string' ? { recipientId: data['recipientId'] } : {};
    await this.audit.record(tx, {
      actorId,
      requestId,
      programId,
      subjectId,
      action: `envelope.${name}`,
      reason,
      details,
    });
    await this.outbox.announce(tx, programId, { type: `envelope.${type}`, subjectId, data: details });
  }

  /** Moves a locked row; what it is then. @throws DomainError `illegal-transition` */
  async move(tx: Transaction, row: EnvelopeRow, move: EnvelopeMove, at = this.clock.now()): Promise<EnvelopeRow> {
    const state = envelopeStates.next(row.state, move.action);
    const { actorId, requestId, reason } = move;
    const programId = row.program_id;
    const set = { ...move.set, state, awaiting: awaitedParty(state), state_since: at, reason: reason ?? row.reason };
    await this.update(tx, row.id, set);
    const data = { ...move.facts, ...(reason === undefined ? {} : { reason }) };
    // One instant for row and evidence: what the contract is in force from is what its evidence says.
    await this.log.append(tx, { programId, envelopeId: row.id, type: state, actorId, data, at });
    const audited = { actorId, requestId, programId, subjectId: row.id, fromState: row.state, toState: state, reason };
    await this.audit.record(tx, {
      ...audited,
      action: `envelope.${move.auditedAs ?? move.action}`,
      details: { documentHash: set.document_sha256 ?? row.document_sha256 },
    });
    await this.outbox.announce(tx, programId, { type: `envelope.${state}`, subjectId: row.id });
    for (const mail of move.mails ?? []) await this.outbox.mail(tx, programId, mail);
    return { ...row, ...set };
  }

  /** Sets columns of an envelope. The names are ours, never a caller's. */
  async update(tx: Transaction, id: string, set: Partial<EnvelopeRow>): Promise<void> {
    await updateRow(tx, 'envelopes', id, set);
  }

  /** Sets columns of a recipient. */
  async updateRecipient(tx: Transaction, id: string, set: Partial<RecipientRow>): Promise<void> {
    await updateRow(tx, 'envelope_recipients', id, set);
  }

  /** Voids the envelope because its application was withdrawn. @throws DomainError `illegal-transition` once the partner signed */
  async endWith(tx: Transaction, envelopeId: string, actor: Actor, reason: string): Promise<void> {
    const row = await this.lock(tx, envelopeId);
    if (['partner_signed', 'awaiting_countersign', 'countersigned', 'sealing'].includes(row.state)) {
      throw new DomainError('illegal-transition', 'the contract is signed already: it can no longer be withdrawn from');
    }
    if (envelopeStates.isTerminal(row.state) && row.state !== 'executed') return;
    await this.move(tx, row, { ...actor, action: 'void', reason });
  }

  /**
   * Takes an envelope back because what it is for has gone, also one that the partner has signed. False where the company has
   * countersigned: then the contract is concluded, and stands.
   */
  async endUnlessConcluded(tx: Transaction, envelopeId: string, actor: Actor, reason: string): Promise<boolean> {
    const row = await this.lock(tx, envelopeId);
    if (envelopeStates.allows(row.state, 'void')) await this.move(tx, row, { ...actor, action: 'void', reason });
    return !['countersigned', 'sealing', 'executed'].includes(row.state);
  }

  /** The deadline holds even while the timer that enforces it is late. @throws DomainError `illegal-transition` */
  refusePastDeadline(row: EnvelopeRow, verb: string): void {
    if (row.expires_at === null || this.clock.now().getTime() < row.expires_at.getTime()) return;
    throw new DomainError('illegal-transition', `envelope: cannot ${verb} after ${row.expires_at.toISOString()}`);
  }

  private statusOf(row: EnvelopeRow, settings: SignatureSettings): EnvelopeStatus {
    const turn = this.turn(row, settings);
    const next = this.timer(row, settings);
    const step = nextStep({
      state: row.state,
      hasUnasked: turn.some(({ state }) => state === 'waiting'),
      isVerified: row.verified_at !== null,
      needsTimestamp:
        row.is_sealable &&
        this.seals.isTimestampConfigured &&
        row.timestamped_sha256 === null &&
        !row.timestamp_pending,
      // Evidence is certified of sealed contracts alone.
      isCertified: row.certificate_sha256 !== null || !row.is_sealable,
    });
    return {
      envelopeId: row.id,
      state: row.state,
      documentHash: row.document_sha256,
      revision: row.revision,
      awaiting: awaitedParty(row.state),
      turn: turn.map(({ id }) => id),
      shownHash: shownDocument(row),
      expiresAtMs: isAwaiting(row.state) ? (row.expires_at?.getTime() ?? null) : null,
      partnerSide: partnerSide(row),
      ...(step && { step }),
      ...(next && { next }),
      ...(row.seal_blocked && { sealBlocked: row.seal_blocked }),
      isTimestampPending: row.timestamp_pending,
      alertEveryMs: elapsedMs(settings.alertEvery),
    };
  }
}

async function updateRow(tx: Transaction, table: string, id: string, set: object): Promise<void> {
  const entries = Object.entries(set);
  if (entries.length === 0) return;
  const assignments = entries.map(([name], index) => `${name} = $${index + 2}`).join(', ');
  await tx.query(`update ${table} set ${assignments} where id = $1`, [
    id,
    ...entries.map(([, value]) => value as unknown),
  ]);
}
