import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import type { MailTemplateName } from '../notifications/domain/index.js';
import { Outbox, type MailRequest } from '../outbox/index.js';
import { negotiationStates, otherSide, type NegotiationState, type Side } from './domain/negotiation-state.js';
import { dueAtOf } from './domain/round-deadline.js';

/** What is negotiated: a first contract, or a change or renewal of an agreement in force. */
export type NegotiationKind = 'initial' | 'amendment' | 'renewal';

export interface NegotiationRow {
  id: string;
  program_id: string;
  application_id: string;
  partner_id: string;
  kind: NegotiationKind;
  /** Of an amendment or renewal: the agreement, and the version of it that is in force meanwhile. */
  agreement_id: string | null;
  base_version_id: string | null;
  /** The template that the opening offer came from; null where it came from the program's own terms. */
  template_id: string | null;
  template_version: number | null;
  state: NegotiationState;
  /** The version on the table. */
  current_number: number;
  /** The highest version so far: one that was taken back keeps its number. */
  last_number: number;
  revision: number;
  agreed_hash: string | null;
  /** Why it ended without an agreement, where that was said. */
  reason: string | null;
  /** When the round on the table expires; null where the negotiation began before rounds had deadlines. */
  due_at: Date | null;
  reminded_until: Date | null;
  state_since: Date;
  created_at: Date;
}

export interface ProposalRow {
  id: string;
  number: number;
  side: Side;
  terms_hash: string;
  actor_id: string;
  note: string | null;
  answer_within: string | null;
  created_at: Date;
  /** When its own side took it back; null where it stands or was answered. */
  retracted_at: Date | null;
}

/** A version that is put on the table. */
export interface TabledTerms extends Actor {
  side: Side;
  termsHash: string;
  note?: string | undefined;
  /** How long the other side has, in elapsed time. */
  answerWithin: string;
  /** The internal approval that it was put on the table by, and who had proposed it then. */
  approval?: { id: string; proposedBy: string };
  /** The mail that tells the other side; `terms-proposed` where absent. */
  announcedAs?: MailTemplateName;
}

const columns = `id, program_id, application_id, partner_id, kind, agreement_id, base_version_id, template_id, template_version,
  state, current_number, last_number, revision, agreed_hash, reason, due_at, reminded_until, state_since, created_at`;
const selectProposals = `select p.id, p.number, p.side, p.terms_hash, p.actor_id, p.note, p.answer_within, p.created_at,
    r.created_at as retracted_at
  from proposals p left join proposal_retractions r on r.negotiation_id = p.negotiation_id and r.number = p.number`;

/** The rows of negotiations: each change with its audit fact, its announcement and its mails, under the row's lock. */
@Injectable()
export class NegotiationRecords {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError `not-found` */
  async get(id: string, tx: Transaction = this.database.dataSource.manager): Promise<NegotiationRow> {
    return found(await rowOf<NegotiationRow>(tx, `select ${columns} from negotiations where id = $1`, [id]), id);
  }

  /** The row, locked until the transaction ends. @throws DomainError `not-found` */
  async lock(tx: Transaction, id: string): Promise<NegotiationRow> {
    const sql = `select ${columns} from negotiations where id = $1 for update`;
    return found(await rowOf<NegotiationRow>(tx, sql, [id]), id);
  }

  /** The negotiation of an application's first contract; undefined before its approval. */
  ofApplication(
    applicationId: string,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<NegotiationRow | undefined> {
    const sql = `select ${columns} from negotiations where application_id = $1 and kind = 'initial'`;
    return rowOf<NegotiationRow>(tx, sql, [applicationId]);
  }

  /** An open negotiation without a version on its table yet. @throws an error of the unique index for a second one */
  async insert(
    tx: Transaction,
    row: Pick<
      NegotiationRow,
      | 'program_id'
      | 'application_id'
      | 'partner_id'
      | 'kind'
      | 'agreement_id'
      | 'base_version_id'
      | 'template_id'
      | 'template_version'
    >,
  ): Promise<NegotiationRow> {
    const made = await rowOf<NegotiationRow>(
      tx,
      `insert into negotiations (id, program_id, application_id, partner_id, kind, agreement_id, base_version_id,
         template_id, template_version, state, current_number, last_number, created_at, state_since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', 0, 0, $10, $10) returning ${columns}`,
      [
        newId('neg'),
        ...[row.program_id, row.application_id, row.partner_id, row.kind, row.agreement_id, row.base_version_id],
        ...[row.template_id, row.template_version, this.clock.now()],
      ],
    );
    return made!;
  }

  /** Every version so far, oldest first, those that were taken back too. */
  proposals(negotiationId: string, tx: Transaction = this.database.dataSource.manager): Promise<ProposalRow[]> {
    return rowsOf<ProposalRow>(tx, `${selectProposals} where p.negotiation_id = $1 order by p.number`, [negotiationId]);
  }

  /** @throws DomainError `not-found` for a version that there is not */
  async proposal(
    negotiationId: string,
    number: number,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<ProposalRow> {
    const sql = `${selectProposals} where p.negotiation_id = $1 and p.number = $2`;
    const row = await rowOf<ProposalRow>(tx, sql, [negotiationId, number]);
    if (!row) throw new DomainError('not-found', `the negotiation has no version ${number}`);
    return row;
  }

  /** Puts a version on the table: a new round, with its own deadline. */
  async table(tx: Transaction, row: NegotiationRow, terms: TabledTerms): Promise<void> {
    const number = row.last_number + 1;
    const now = this.clock.now();
    const { actorId, requestId, side, termsHash, approval } = terms;
    await tx.query(
      `insert into proposals (id, program_id, negotiation_id, number, side, terms_hash, actor_id, note, answer_within, approval_id, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ...[newId('prp'), row.program_id, row.id, number, side, termsHash, approval?.proposedBy ?? actorId],
        ...[terms.note ?? null, terms.answerWithin, approval?.id ?? null, now],
      ],
    );
    await this.beginRound(tx, row, number, terms.answerWithin);
    await tx.query(`update negotiations set last_number = $2 where id = $1`, [row.id, number]);
    const data = { number, side, termsHash };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id },
      action: 'negotiation.propose',
      details: approval ? { ...data, approvalId: approval.id, proposedBy: approval.proposedBy } : data,
    });
    await this.outbox.announce(tx, row.program_id, { type: 'negotiation.proposed', subjectId: row.id, data });
    await this.tell(tx, row, otherSide(side), terms.announcedAs ?? 'terms-proposed', { number });
  }

  /** Takes the version on the table back; `before` is the one that stands again, in a round of its own. */
  async retract(
    tx: Transaction,
    row: NegotiationRow,
    before: ProposalRow,
    { actorId, requestId, side, answerWithin }: Actor & { side: Side; answerWithin: string },
  ): Promise<void> {
    const { program_id: programId, current_number: number } = row;
    await tx.query(
      `insert into proposal_retractions (negotiation_id, number, program_id, actor_id, created_at) values ($1, $2, $3, $4, $5)`,
      [row.id, number, programId, actorId, this.clock.now()],
    );
    await this.beginRound(tx, row, before.number, answerWithin);
    const data = { number, side, standing: before.number, termsHash: before.terms_hash };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId, subjectId: row.id },
      action: 'negotiation.retract',
      details: data,
    });
    await this.outbox.announce(tx, programId, { type: 'negotiation.retracted', subjectId: row.id, data });
    await this.tell(tx, row, otherSide(side), 'terms-retracted', { number, standing: before.number });
  }

  /** Ends an open negotiation. `told` are the sides that get a mail. */
  async close(
    tx: Transaction,
    row: NegotiationRow,
    ending: Actor & {
      action: 'accept' | 'withdraw' | 'lapse';
      agreedHash?: string;
      reason?: string | undefined;
      told: readonly Side[];
    },
  ): Promise<void> {
    const { actorId, requestId, action, agreedHash, reason, told } = ending;
    const state = negotiationStates.next(row.state, action);
    await tx.query(
      `update negotiations set state = $2, agreed_hash = $3, reason = $4, state_since = $5, due_at = null, reminded_until = null
       where id = $1`,
      [row.id, state, agreedHash ?? null, reason ?? null, this.clock.now()],
    );
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id },
      ...{ action: `negotiation.${action}`, fromState: row.state, toState: state, reason },
      details: agreedHash ? { termsHash: agreedHash } : {},
    });
    await this.outbox.announce(tx, row.program_id, { type: `negotiation.${state}`, subjectId: row.id });
    for (const side of told) await this.tell(tx, row, side, `negotiation-${state}`, { number: row.current_number });
  }

  /** Notes that the side whose turn it is was reminded, up to an instant. */
  async remind(tx: Transaction, row: NegotiationRow, awaiting: Side, until: Date): Promise<void> {
    await tx.query(`update negotiations set reminded_until = $2 where id = $1`, [row.id, until]);
    const data = { number: row.current_number, awaiting };
    await this.audit.record(tx, {
      ...{ actorId: 'system', programId: row.program_id, subjectId: row.id },
      action: 'negotiation.remind',
      details: data,
    });
    await this.outbox.announce(tx, row.program_id, { type: 'negotiation.reminded', subjectId: row.id, data });
    await this.tell(tx, row, awaiting, 'terms-expiring', { number: row.current_number });
  }

  /** Says that the row has changed: of two answers the one with the higher revision is the later. */
  async changed(tx: Transaction, row: NegotiationRow): Promise<void> {
    await tx.query(`update negotiations set revision = revision + 1 where id = $1`, [row.id]);
  }

  /** A mail about the negotiation to one side: the partner's person, or the company's partner managers. */
  async tell(
    tx: Transaction,
    row: NegotiationRow,
    side: Side,
    template: string,
    details: NonNullable<MailRequest['details']>,
  ): Promise<void> {
    const to = side === 'company' ? { role: 'partner_manager' } : { personId: await personOf(tx, row.partner_id) };
    await this.outbox.mail(tx, row.program_id, { template, subjectId: row.id, to, details });
  }

  private async beginRound(tx: Transaction, row: NegotiationRow, number: number, answerWithin: string): Promise<void> {
    const now = this.clock.now();
    await tx.query(`update negotiations set current_number = $2, due_at = $3, reminded_until = $4 where id = $1`, [
      row.id,
      number,
      dueAtOf(now, answerWithin),
      now,
    ]);
  }
}

function found(row: NegotiationRow | undefined, id: string): NegotiationRow {
  if (!row) throw new DomainError('not-found', `no negotiation ${id}`);
  return row;
}

async function personOf(tx: Transaction, partnerId: string): Promise<string> {
  const row = await rowOf<{ person_id: string }>(tx, `select person_id from partners where id = $1`, [partnerId]);
  if (!row) throw new DomainError('not-found', `no partner ${partnerId}`);
  return row.person_id;
}
