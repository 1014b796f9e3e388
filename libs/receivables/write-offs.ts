import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { toSafeNumber } from '../kernel/money.js';
import { LedgerService, lockPartners, writeOff } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { writeOffStates, type WriteOffAction, type WriteOffState } from './domain/index.js';

export interface WriteOffRow {
  id: string;
  program_id: string;
  partner_id: string;
  amount_minor: string;
  currency: string;
  state: WriteOffState;
  reason: string;
  proposed_by: string;
  proposed_at: Date;
  decided_by: string | null;
  decided_at: Date | null;
  decision_reason: string | null;
}

export interface WriteOffProposal extends Actor {
  programId: string;
  partnerId: string;
  /** Minor units, more than 0 and no more than what is owed. */
  amountMinor: bigint;
  currency: string;
  reason: string;
}

export interface WriteOffDecision extends Actor {
  writeOffId: string;
  reason?: string;
}

const columns = `id, program_id, partner_id, amount_minor, currency, state, reason, proposed_by, proposed_at, decided_by,
  decided_at, decision_reason`;

const announced = {
  approve: 'write_off.approved',
  refuse: 'write_off.refused',
  withdraw: 'write_off.withdrawn',
} as const;

/** Giving up what a partner owes: proposed by one person, approved by another, never more than is owed. */
@Injectable()
export class WriteOffs {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Proposes to write off; there is one proposal at a time for a partner and currency.
   * @throws DomainError `invalid-document` (more than is owed), `already-exists` (another proposal waits)
   */
  propose(proposal: WriteOffProposal): Promise<WriteOffRow> {
    const { programId, partnerId, amountMinor, currency, reason, actorId, requestId } = proposal;
    return this.database.inTransaction(async (tx) => {
      await lockPartners(tx, programId, [partnerId]);
      const waiting = await rowOf<WriteOffRow>(
        tx,
        `select ${columns} from receivable_write_offs where partner_id = $1 and currency = $2 and state = 'proposed'`,
        [partnerId, currency],
      );
      if (waiting) {
        const fact = { ...proposal, subjectId: waiting.id, action: 'write_off.propose' };
        if (await this.audit.wasRecorded(tx, fact)) return waiting;
        throw new DomainError('already-exists', `the write-off ${waiting.id} of this partner waits for its approval`);
      }
      const owed = await this.owed(tx, proposal);
      if (amountMinor > owed) throw aboveDebt(owed);
      const made = await rowOf<WriteOffRow>(
        tx,
        `insert into receivable_write_offs (id, program_id, partner_id, amount_minor, currency, state, reason, proposed_by, proposed_at)
         values ($1, $2, $3, $4, $5, 'proposed', $6, $7, $8) returning ${columns}`,
        [newId('wof'), programId, partnerId, amountMinor.toString(), currency, reason, actorId, this.clock.now()],
      );
      if (!made) throw new Error('the write-off was not written');
      await this.audit.record(tx, {
        ...{ actorId, ...(requestId !== undefined && { requestId }), programId, action: 'write_off.propose' },
        ...{ subjectId: made.id, toState: 'proposed', reason },
        details: { partnerId, amountMinor: toSafeNumber(amountMinor), currency },
      });
      await this.outbox.announce(tx, programId, { type: 'write_off.proposed', subjectId: made.id });
      return made;
    });
  }

  /**
   * Books it: Dr bad_debt, Cr partner_receivable.
   * @throws DomainError `not-found`, `maker-is-checker`, `illegal-transition` (decided, or less is owed by now)
   */
  approve(decision: WriteOffDecision): Promise<WriteOffRow> {
    return this.decide(decision, 'approve', async (tx, row) => {
      const { id: key, partner_id: partnerId, program_id: programId, currency } = row;
      const amountMinor = BigInt(row.amount_minor);
      const owed = await this.owed(tx, { programId, partnerId, currency });
      if (amountMinor > owed) {
        throw new DomainError('illegal-transition', `write-off: the partner owes only ${owed} minor units by now`);
      }
      const { actorId } = decision;
      const booked = { key, eventAt: this.clock.now(), currency, actorId, refs: {}, partnerId, amountMinor };
      await this.ledger.post(tx, programId, [writeOff(booked)]);
    });
  }

  /** @throws DomainError `not-found`, `maker-is-checker`, `illegal-transition` */
  refuse(decision: WriteOffDecision): Promise<WriteOffRow> {
    return this.decide(decision, 'refuse', () => Promise.resolve());
  }

  /** Whoever may propose takes a proposal back. @throws DomainError `not-found`, `illegal-transition` */
  withdraw(decision: WriteOffDecision): Promise<WriteOffRow> {
    return this.decide(decision, 'withdraw', () => Promise.resolve());
  }

  /** @throws DomainError `not-found` */
  async get(writeOffId: string, tx: Transaction = this.database.dataSource.manager): Promise<WriteOffRow> {
    const row = await rowOf<WriteOffRow>(tx, `select ${columns} from receivable_write_offs where id = $1`, [
      writeOffId,
    ]);
    if (!row) throw new DomainError('not-found', `no write-off ${writeOffId}`);
    return row;
  }

  /** Newest first. @throws DomainError `malformed-request` for a wrong page */
  async page(
    programId: string,
    { state, partnerId, ...page }: PageRequest & { state?: string | undefined; partnerId?: string | undefined },
  ): Promise<Page<WriteOffRow>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, 'id desc', ['text']);
    const rows = await this.database.query<WriteOffRow>(
      `select ${columns} from receivable_write_offs
       where program_id = $1 and ($2::text is null or state = $2) and ($3::text is null or partner_id = $3)
         and ($4::text is null or id < $4) order by id desc limit $5`,
      [programId, state ?? null, partnerId ?? null, after, limit + 1],
    );
    return pageFrom(rows, limit, 'id desc', ({ id }) => [id]);
  }

  private decide(
    decision: WriteOffDecision,
    action: WriteOffAction,
    book: (tx: Transaction, row: WriteOffRow) => Promise<void>,
  ): Promise<WriteOffRow> {
    const { writeOffId, actorId, requestId, reason } = decision;
    return this.database.inTransaction(async (tx) => {
      const found = await this.get(writeOffId, tx);
      await lockPartners(tx, found.program_id, [found.partner_id]);
      const row = await this.get(writeOffId, tx);
      const subject = { programId: row.program_id, subjectId: row.id, action: `write_off.${action}` };
      const fact = { actorId, ...(requestId !== undefined && { requestId }), ...subject };
      if (await this.audit.wasRecorded(tx, fact)) return row;
      const state = writeOffStates.next(row.state, action);
      if (action !== 'withdraw' && row.proposed_by === actorId) {
        throw new DomainError('maker-is-checker', 'whoever proposed a write-off cannot decide about it');
      }
      await book(tx, row);
      const decided = await rowOf<WriteOffRow>(
        tx,
        `update receivable_write_offs set state = $2, decided_by = $3, decided_at = $4, decision_reason = $5
         where id = $1 and state = 'proposed' returning ${columns}`,
        [row.id, state, actorId, this.clock.now(), reason ?? null],
      );
      if (!decided) throw new DomainError('illegal-transition', 'write-off: it was decided meanwhile');
      const move = { fromState: row.state, toState: state, ...(reason !== undefined && { reason }) };
      await this.audit.record(tx, { ...fact, ...move });
      await this.outbox.announce(tx, row.program_id, { type: announced[action], subjectId: row.id });
      return decided;
    });
  }

  private async owed(
    tx: Transaction,
    { programId, partnerId, currency }: { programId: string; partnerId: string; currency: string },
  ): Promise<bigint> {
    const balances = await this.ledger.partnerBalances(tx, programId, ['partner_receivable'], [partnerId]);
    return balances.of('partner_receivable', partnerId, currency);
  }
}

function aboveDebt(owed: bigint): DomainError {
  const error = { pointer: '/amount/amountMinor', message: `must be ${owed} at most, which is what the partner owes` };
  return new DomainError('invalid-document', 'more than is owed cannot be written off', [error]);
}
