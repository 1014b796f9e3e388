import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import type { CountersignInput, EndEnvelopeInput, EnvelopeStatus, SignInput } from '../orchestration/signature.js';
import { Outbox, type MailRequest } from '../outbox/index.js';
import { CapabilityLinks } from '../platform/index.js';
import { envelopeStates, type EnvelopeAction, type EnvelopeState } from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';

export interface EnvelopeRow {
  id: string;
  program_id: string;
  application_id: string;
  negotiation_id: string;
  partner_id: string;
  person_id: string;
  state: EnvelopeState;
  awaiting: 'partner' | 'company' | null;
  terms_hash: string;
  document_sha256: string;
  consent_version: string;
  effective_from: Date | null;
  reminders_sent: number;
  expires_at: Date;
  reason: string | null;
  created_at: Date;
  state_since: Date;
}

/** What the signer's act is proved by. Recorded before the act itself, and bound to it by its number in the chain. */
export interface SigningEvidence {
  typedName: string;
  documentHash: string;
  consentVersion: string;
  ipAddress: string;
  userAgent: string;
}

/** Who has the next word after each state; nobody once an envelope is closed. */
const awaiting: Readonly<Record<EnvelopeState, 'partner' | 'company' | null>> = {
  sent: 'partner',
  viewed: 'partner',
  awaiting_countersign: 'company',
  executed: null,
  declined: null,
  voided: null,
  expired: null,
};

const columns = `e.id, e.program_id, e.application_id, e.negotiation_id, e.partner_id, p.person_id, e.state, e.awaiting, e.terms_hash,
  e.document_sha256, e.consent_version, e.effective_from, e.reminders_sent, e.expires_at, e.reason, e.created_at, e.state_since`;
const selectEnvelope = `select ${columns} from envelopes e join partners p on p.id = e.partner_id`;

interface Act extends Actor {
  envelopeId: string;
  action: EnvelopeAction;
  reason?: string;
  evidence?: Record<string, unknown>;
  mails?: MailRequest[];
  check?: (row: EnvelopeRow, tx: Transaction) => void | Promise<void>;
}

/** Envelopes and the acts upon them. The row decides every race: the first act under its lock wins. */
@Injectable()
export class EnvelopesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly links: CapabilityLinks,
  ) {}

  /** @throws DomainError `not-found` */
  async get(id: string, tx: Transaction = this.database.dataSource.manager): Promise<EnvelopeRow> {
    const row = await rowOf<EnvelopeRow>(tx, `${selectEnvelope} where e.id = $1`, [id]);
    if (!row) throw new DomainError('not-found', `no envelope ${id}`);
    return row;
  }

  /** The envelope that a signing link is for. @throws DomainError `not-found` for a link that isn't ours */
  async byLink(token: string): Promise<EnvelopeRow> {
    const envelopeId = this.links.verify('signing', token);
    if (!envelopeId) throw new DomainError('not-found', 'this signing link is not valid');
    return this.get(envelopeId);
  }

  ofNegotiation(
    negotiationId: string,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<EnvelopeRow | undefined> {
    return rowOf<EnvelopeRow>(tx, `${selectEnvelope} where e.negotiation_id = $1`, [negotiationId]);
  }

  /** The consent that is asked for: as it was when the envelope was frozen, whatever the program says by now. */
  async consent(envelopeId: string): Promise<{ version: string; text: string }> {
    const { data } = await this.log.fact(this.database.dataSource.manager, envelopeId, 1);
    const { consentVersion: version, consentText: text } = data as { consentVersion: string; consentText: string };
    return { version, text };
  }

  async status(envelopeId: string): Promise<EnvelopeStatus> {
    return toStatus(await this.get(envelopeId));
  }

  /** The signer opened the link. The first time moves the envelope to viewed; every time leaves evidence. */
  async noteView(
    envelopeId: string,
    evidence: { ipAddress: string; userAgent: string },
    requestId?: string,
  ): Promise<EnvelopeStatus> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, envelopeId);
      if (!envelopeStates.allows(row.state, 'view')) return toStatus(row);
      const actorId = row.partner_id;
      if (row.state !== 'viewed')
        return this.move(tx, row, { actorId, requestId, envelopeId, action: 'view', evidence });
      await this.log.append(tx, { programId: row.program_id, envelopeId, type: 'viewed', actorId, data: evidence });
      return toStatus(row);
    });
  }

  /** Writes down what the signer is about to do; the number of the fact goes into the `sign` update as its evidence. */
  async noteIntent(envelopeId: string, evidence: SigningEvidence): Promise<string> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, envelopeId);
      if (!envelopeStates.allows(row.state, 'sign')) envelopeStates.next(row.state, 'sign');
      const data = { ...evidence };
      const type = 'signing_intent';
      return String(
        await this.log.append(tx, { programId: row.program_id, envelopeId, type, actorId: row.partner_id, data }),
      );
    });
  }

  /** @throws DomainError `illegal-transition` (also past the deadline), `hash-mismatch` (document or consent) */
  sign(input: SignInput): Promise<EnvelopeStatus> {
    const mails = [{ template: 'countersignature-requested', subjectId: input.envelopeId, to: { role: 'legal' } }];
    const evidence = {
      intent: Number(input.evidenceId),
      documentHash: input.documentHash,
      consentVersion: input.consentVersion,
    };
    return this.act({
      ...input,
      action: 'sign',
      mails,
      evidence,
      check: async (row, tx) => {
        this.refusePastDeadline(row, 'sign');
        refuseOtherDocument(row, input.documentHash);
        if (row.consent_version !== input.consentVersion) {
          const error = { pointer: '/consentVersion', message: `the consent asked for is ${row.consent_version}` };
          throw new DomainError('hash-mismatch', 'another consent text was shown', [error]);
        }
        const intent = await this.log.fact(tx, row.id, Number(input.evidenceId));
        if (intent.type !== 'signing_intent' || intent.data['documentHash'] !== input.documentHash) {
          throw new DomainError('hash-mismatch', 'the evidence is of another act');
        }
      },
    });
  }

  /** @throws DomainError `illegal-transition`, `hash-mismatch`, `forbidden` (the partner itself) */
  countersign(input: CountersignInput): Promise<EnvelopeStatus> {
    return this.act({
      ...input,
      action: 'countersign',
      evidence: { documentHash: input.documentHash },
      check: (row) => {
        this.refusePastDeadline(row, 'countersign');
        refuseOtherDocument(row, input.documentHash);
        if ([row.partner_id, row.person_id, row.application_id].includes(input.actorId)) {
          throw new DomainError('forbidden', 'the partner cannot countersign its own contract');
        }
      },
    });
  }

  /** The partner says no. @throws DomainError `illegal-transition` */
  decline(input: EndEnvelopeInput): Promise<EnvelopeStatus> {
    const mails = [{ template: 'envelope-declined', subjectId: input.envelopeId, to: { role: 'legal' } }];
    return this.act({ ...input, action: 'decline', mails });
  }

  /** The company takes it back, as long as it is not executed. @throws DomainError `illegal-transition` */
  async void(input: EndEnvelopeInput): Promise<EnvelopeStatus> {
    const { person_id: personId } = await this.get(input.envelopeId);
    const mails = [{ template: 'envelope-voided', subjectId: input.envelopeId, to: { personId } }];
    return this.act({ ...input, action: 'void', mails });
  }

  /** Expires the envelope unless its last signature came first; the state that the row has then. */
  expire(envelopeId: string): Promise<EnvelopeStatus> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, envelopeId);
      if (!envelopeStates.allows(row.state, 'expire')) return toStatus(row);
      const mails = [{ template: 'envelope-expired', subjectId: row.id, to: { personId: row.person_id } }];
      return this.move(tx, row, { ...systemActor, envelopeId, action: 'expire', mails });
    });
  }

  /** Sends reminder `number` to whoever's turn it is; the same number is never sent twice. */
  remind(envelopeId: string, number: number): Promise<EnvelopeStatus> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, envelopeId);
      if (row.awaiting === null || row.reminders_sent >= number) return toStatus(row);
      await tx.query(`update envelopes set reminders_sent = $2 where id = $1`, [row.id, number]);
      const to = row.awaiting === 'partner' ? { personId: row.person_id } : { role: 'legal' };
      const template = row.awaiting === 'partner' ? 'signature-reminder' : 'countersignature-reminder';
      await this.outbox.mail(tx, row.program_id, { template, subjectId: row.id, to, details: { number } });
      const data = { number, awaiting: row.awaiting };
      await this.log.append(tx, {
        programId: row.program_id,
        envelopeId,
        type: 'reminded',
        actorId: systemActor.actorId,
        data,
      });
      return toStatus(row);
    });
  }

  /** Voids the envelope because its application was withdrawn. @throws DomainError `illegal-transition` once the partner signed */
  async endWith(tx: Transaction, envelopeId: string, actor: Actor, reason: string): Promise<void> {
    const row = await this.lock(tx, envelopeId);
    if (row.state === 'awaiting_countersign') {
      throw new DomainError('illegal-transition', 'the contract is signed already: it can no longer be withdrawn from');
    }
    if (envelopeStates.isTerminal(row.state) && row.state !== 'executed') return;
    await this.move(tx, row, { ...actor, envelopeId, action: 'void', reason });
  }

  private act(act: Act): Promise<EnvelopeStatus> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, act.envelopeId);
      const fact = { ...act, subjectId: row.id, action: `envelope.${act.action}` };
      if (await this.audit.wasRecorded(tx, fact)) return toStatus(row);
      envelopeStates.next(row.state, act.action);
      await act.check?.(row, tx);
      return this.move(tx, row, act);
    });
  }

  private async move(tx: Transaction, row: EnvelopeRow, act: Act): Promise<EnvelopeStatus> {
    const state = envelopeStates.next(row.state, act.action);
    const { actorId, requestId, reason } = act;
    const programId = row.program_id;
    // One instant for row and evidence: what the contract is in force from is what its evidence says.
    const at = this.clock.now();
    await tx.query(
      `update envelopes set state = $2, awaiting = $3, reason = coalesce($4, reason), state_since = $5 where id = $1`,
      [row.id, state, awaiting[state], reason ?? null, at],
    );
    const data = { ...act.evidence, ...(reason === undefined ? {} : { reason }) };
    await this.log.append(tx, { programId, envelopeId: row.id, type: state, actorId, data, at });
    const audited = { actorId, requestId, programId, subjectId: row.id, fromState: row.state, toState: state, reason };
    await this.audit.record(tx, {
      ...audited,
      action: `envelope.${act.action}`,
      details: { documentHash: row.document_sha256 },
    });
    await this.outbox.announce(tx, programId, { type: `envelope.${state}`, subjectId: row.id });
    for (const mail of act.mails ?? []) await this.outbox.mail(tx, programId, mail);
    return toStatus({ ...row, state });
  }

  private async lock(tx: Transaction, id: string): Promise<EnvelopeRow> {
    const row = await rowOf<EnvelopeRow>(tx, `${selectEnvelope} where e.id = $1 for update of e`, [id]);
    if (!row) throw new DomainError('not-found', `no envelope ${id}`);
    return row;
  }

  /** The deadline holds even while the timer that enforces it is late. */
  private refusePastDeadline(row: EnvelopeRow, verb: string): void {
    if (this.clock.now().getTime() < row.expires_at.getTime()) return;
    throw new DomainError('illegal-transition', `envelope: cannot ${verb} after ${row.expires_at.toISOString()}`);
  }
}

function refuseOtherDocument(row: EnvelopeRow, documentHash: string): void {
  if (row.document_sha256 === documentHash) return;
  const error = { pointer: '/documentHash', message: `the document's hash is ${row.document_sha256}` };
  throw new DomainError('hash-mismatch', 'what was seen is not what is to be signed', [error]);
}

function toStatus(row: Pick<EnvelopeRow, 'id' | 'state' | 'document_sha256'>): EnvelopeStatus {
  return { envelopeId: row.id, state: row.state, documentHash: row.document_sha256 };
}
