import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import type {
  AcceptInput,
  NegotiationStatus,
  ProposeInput,
  WithdrawNegotiationInput,
} from '../orchestration/negotiation.js';
import { Outbox } from '../outbox/index.js';
import type { Terms } from './domain/index.js';
import {
  negotiationStates,
  otherSide,
  type NegotiationAction,
  type NegotiationState,
  type Side,
} from './domain/negotiation-state.js';
import { TermsDocuments } from './terms-documents.js';

export interface NegotiationRow {
  id: string;
  program_id: string;
  application_id: string;
  partner_id: string;
  state: NegotiationState;
  current_number: number;
  agreed_hash: string | null;
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
  created_at: Date;
}

const columns = `id, program_id, application_id, partner_id, state, current_number, agreed_hash, state_since, created_at`;
const proposalColumns = `id, number, side, terms_hash, actor_id, note, created_at`;

/** Rounds of proposals over immutable terms documents; acceptance names the hash of what is accepted. */
@Injectable()
export class NegotiationsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly terms: TermsDocuments,
  ) {}

  /** Opens the negotiation of an approved application, with the company's offer as version 1. */
  async open(
    tx: Transaction,
    opening: { programId: string; applicationId: string; partnerId: string; offer: Terms },
    actor: Actor,
  ): Promise<NegotiationRow> {
    const { programId, applicationId, partnerId, offer } = opening;
    const now = this.clock.now();
    const negotiation = await rowOf<NegotiationRow>(
      tx,
      `insert into negotiations (id, program_id, application_id, partner_id, state, current_number, created_at, state_since)
       values ($1, $2, $3, $4, 'open', 0, $5, $5) returning ${columns}`,
      [newId('neg'), programId, applicationId, partnerId, now],
    );
    const termsHash = await this.terms.store(tx, programId, offer);
    await this.addProposal(tx, negotiation!, { ...actor, side: 'company', termsHash });
    return { ...negotiation!, current_number: 1 };
  }

  /** @throws DomainError `illegal-transition`, `hash-mismatch` (somebody proposed in between) */
  propose(input: ProposeInput): Promise<NegotiationStatus> {
    return this.act(input, 'propose', async (tx, row, current) => {
      if (current.terms_hash !== input.answersHash) throw mismatch('answered', current);
      if (current.terms_hash === input.termsHash) {
        throw new DomainError('already-exists', 'these are the terms on the table: accept them or propose others');
      }
      await this.addProposal(tx, row, input);
    });
  }

  /** @throws DomainError `illegal-transition`, `hash-mismatch`, `not-your-turn` (one's own proposal) */
  accept(input: AcceptInput): Promise<NegotiationStatus> {
    return this.act(input, 'accept', async (tx, row, current) => {
      if (current.terms_hash !== input.termsHash) throw mismatch('accepted', current);
      if (current.side === input.side)
        throw new DomainError('not-your-turn', 'a proposal is accepted by the other side');
      await this.close(tx, row, 'accept', input, current.terms_hash);
    });
  }

  /** @throws DomainError `illegal-transition` */
  withdraw(input: WithdrawNegotiationInput): Promise<NegotiationStatus> {
    return this.act(input, 'withdraw', (tx, row) => this.close(tx, row, 'withdraw', input, undefined, input.reason));
  }

  /** Closes an open negotiation because its application ended; a closed one stays as it is. */
  async endWith(tx: Transaction, negotiationId: string, actor: Actor, reason: string): Promise<void> {
    const row = await this.lock(tx, negotiationId);
    if (negotiationStates.allows(row.state, 'withdraw'))
      await this.close(tx, row, 'withdraw', actor, undefined, reason);
  }

  /** @throws DomainError `not-found` */
  async get(id: string, tx: Transaction = this.database.dataSource.manager): Promise<NegotiationRow> {
    const row = await rowOf<NegotiationRow>(tx, `select ${columns} from negotiations where id = $1`, [id]);
    if (!row) throw new DomainError('not-found', `no negotiation ${id}`);
    return row;
  }

  /** The negotiation of an application; undefined before its approval. */
  ofApplication(
    applicationId: string,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<NegotiationRow | undefined> {
    return rowOf<NegotiationRow>(tx, `select ${columns} from negotiations where application_id = $1`, [applicationId]);
  }

  /** Every version on the table so far, oldest first. */
  proposals(negotiationId: string): Promise<ProposalRow[]> {
    const sql = `select ${proposalColumns} from proposals where negotiation_id = $1 order by number`;
    return rowsOf<ProposalRow>(this.database.dataSource.manager, sql, [negotiationId]);
  }

  async status(negotiationId: string, tx: Transaction = this.database.dataSource.manager): Promise<NegotiationStatus> {
    const row = await this.get(negotiationId, tx);
    const current = await this.currentProposal(tx, row);
    return {
      state: row.state,
      number: current.number,
      termsHash: current.terms_hash,
      ...(row.state === 'open' ? { awaiting: otherSide(current.side) } : {}),
    };
  }

  /** One move under the row's lock; a repeat of the same request answers with the state instead of moving again. */
  private act(
    input: Actor & { negotiationId: string },
    action: NegotiationAction,
    work: (tx: Transaction, row: NegotiationRow, current: ProposalRow) => Promise<void>,
  ): Promise<NegotiationStatus> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.lock(tx, input.negotiationId);
      const fact = { ...input, subjectId: row.id, action: `negotiation.${action}` };
      if (!(await this.audit.wasRecorded(tx, fact))) {
        negotiationStates.next(row.state, action);
        await work(tx, row, await this.currentProposal(tx, row));
      }
      return this.status(row.id, tx);
    });
  }

  private async lock(tx: Transaction, id: string): Promise<NegotiationRow> {
    const row = await rowOf<NegotiationRow>(tx, `select ${columns} from negotiations where id = $1 for update`, [id]);
    if (!row) throw new DomainError('not-found', `no negotiation ${id}`);
    return row;
  }

  private async currentProposal(tx: Transaction, row: NegotiationRow): Promise<ProposalRow> {
    const sql = `select ${proposalColumns} from proposals where negotiation_id = $1 order by number desc limit 1`;
    const current = await rowOf<ProposalRow>(tx, sql, [row.id]);
    if (!current) throw new Error(`negotiation ${row.id} has no proposal`);
    return current;
  }

  private async addProposal(
    tx: Transaction,
    row: NegotiationRow,
    proposal: Actor & { side: Side; termsHash: string; note?: string },
  ): Promise<void> {
    const number = row.current_number + 1;
    await tx.query(
      `insert into proposals (id, program_id, negotiation_id, number, side, terms_hash, actor_id, note, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        newId('prp'),
        row.program_id,
        row.id,
        number,
        proposal.side,
        proposal.termsHash,
        proposal.actorId,
        proposal.note ?? null,
        this.clock.now(),
      ],
    );
    await tx.query(`update negotiations set current_number = $2 where id = $1`, [row.id, number]);
    const { actorId, requestId, side, termsHash } = proposal;
    const programId = row.program_id;
    await this.audit.record(tx, {
      actorId,
      requestId,
      programId,
      action: 'negotiation.propose',
      subjectId: row.id,
      details: { number, side, termsHash },
    });
    await this.outbox.announce(tx, programId, {
      type: 'negotiation.proposed',
      subjectId: row.id,
      data: { number, side, termsHash },
    });
    const to = side === 'company' ? { personId: await personOf(tx, row.partner_id) } : { role: 'partner_manager' };
    await this.outbox.mail(tx, programId, { template: 'terms-proposed', subjectId: row.id, to, details: { number } });
  }

  private async close(
    tx: Transaction,
    row: NegotiationRow,
    action: 'accept' | 'withdraw',
    { actorId, requestId }: Actor,
    agreedHash?: string,
    reason?: string,
  ): Promise<void> {
    const state = negotiationStates.next(row.state, action);
    await tx.query(
      `update negotiations set state = $2, agreed_hash = $3, reason = $4, state_since = $5 where id = $1`,
      [row.id, state, agreedHash ?? null, reason ?? null, this.clock.now()],
    );
    await this.audit.record(tx, {
      actorId,
      requestId,
      programId: row.program_id,
      action: `negotiation.${action}`,
      subjectId: row.id,
      fromState: row.state,
      toState: state,
      reason,
      details: agreedHash ? { termsHash: agreedHash } : {},
    });
    await this.outbox.announce(tx, row.program_id, { type: `negotiation.${state}`, subjectId: row.id });
  }
}

async function personOf(tx: Transaction, partnerId: string): Promise<string> {
  const row = await rowOf<{ person_id: string }>(tx, `select person_id from partners where id = $1`, [partnerId]);
  if (!row) throw new DomainError('not-found', `no partner ${partnerId}`);
  return row.person_id;
}

function mismatch(verb: string, current: ProposalRow): DomainError {
  return new DomainError(
    'hash-mismatch',
    `version ${current.number} is on the table; what was ${verb} is another one`,
    [
      {
        pointer: verb === 'accepted' ? '/termsHash' : '/answersHash',
        message: `the current terms hash is ${current.terms_hash}`,
      },
    ],
  );
}
