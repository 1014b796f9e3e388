import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import type { BatchState, ItemState } from './domain/index.js';

/** What somebody has to do with a batch before it goes on. */
export type BatchTask = 'submit' | 'approve' | 'unblock' | 'release' | 'resume' | 'reconcile' | 'close';

/** Batches of one state and currency. Minor units. */
export interface BatchesInState {
  state: BatchState;
  currency: string;
  batches: number;
  totalMinor: bigint;
}

export interface WaitingBatch {
  batchId: string;
  state: BatchState;
  task: BatchTask;
  role: 'finance' | 'finance_approver';
  currency: string;
  totalMinor: bigint;
  since: Date;
}

/** The states of an item that a person must look at, the most urgent first. */
export const exceptionStates = ['unknown', 'failed', 'returned', 'held'] as const satisfies readonly ItemState[];
export type ExceptionState = (typeof exceptionStates)[number];

export interface ExceptionsInState {
  state: ExceptionState;
  currency: string;
  items: number;
  totalMinor: bigint;
}

export interface PayoutException {
  itemId: string;
  batchId: string;
  partnerId: string;
  partnerReference: string;
  state: ExceptionState;
  amountMinor: bigint;
  currency: string;
  attempt: number;
  /** The rail's code of a refusal, or the causes that hold it. */
  causes: string[];
  since: Date;
}

export interface FinanceOverview {
  exceptions: ExceptionsInState[];
  waiting: WaitingBatch[];
  batches: BatchesInState[];
}

const tasks: Readonly<Partial<Record<BatchState, [BatchTask, WaitingBatch['role']]>>> = {
  draft: ['submit', 'finance'],
  frozen: ['approve', 'finance_approver'],
  in_approval: ['approve', 'finance_approver'],
  approval_blocked: ['unblock', 'finance'],
  approved: ['release', 'finance'],
  completed: ['reconcile', 'finance'],
  partial: ['reconcile', 'finance'],
  reconciled: ['close', 'finance'],
};

/** How many waiting batches are told at once, the oldest first. */
const mostWaiting = 200;

/** A failed or returned item whose money a person has released, or that was tried again, is no exception any more. */
const isException = `item.state in ('unknown', 'failed', 'returned', 'held')
  and not exists (select from ledger_transactions released
                  where released.program_id = item.program_id and released.idempotency_key = 'release_held/' || item.id)`;

const urgency = `array_position(array['unknown', 'failed', 'returned', 'held'], item.state)`;

/** Finance's page: what is wrong first, then what waits for whom, then where everything stands. */
@Injectable()
export class FinanceOverviews {
  constructor(private readonly database: Database) {}

  async overview(programId: string): Promise<FinanceOverview> {
    const [exceptions, waiting, batches] = await Promise.all([
      this.exceptionsByState(programId),
      this.waiting(programId),
      this.batchesByState(programId),
    ]);
    return { exceptions, waiting, batches };
  }

  /** Items that a person must look at, the most urgent first. @throws DomainError `malformed-request` for a wrong page */
  async exceptions(programId: string, request: PageRequest & { state?: ExceptionState | undefined }) {
    const limit = pageLimit(request);
    const sort = 'urgency,id';
    const [after, id] = decodeCursor(request.cursor, sort, ['integer', 'text']);
    const rows = await this.database.query<PayoutException & { urgency: number; amount_minor: string }>(
      `select item.id as "itemId", item.batch_id as "batchId", item.partner_id as "partnerId",
         partner.reference as "partnerReference", item.state, item.amount_minor, item.currency, item.attempt,
         item.state_since as since, ${urgency} as urgency,
         case when item.state = 'held'
              then array(select distinct found.cause from payout_item_findings found
                         where found.item_id = item.id and found.cleared_at is null order by 1)
              else array_remove(array[item.failure_code], null) end as causes
       from payout_items item join partners partner on partner.id = item.partner_id
       where item.program_id = $1 and ${isException} and ($2::text is null or item.state = $2)
         and ($3::integer is null or (${urgency}, item.id) > ($3::integer, $4))
       order by ${urgency}, item.id limit $5`,
      [programId, request.state ?? null, after, id, limit + 1],
    );
    const page = pageFrom(rows, limit, sort, (row) => [`${row.urgency}`, row.itemId]);
    return mapPage(page, ({ amount_minor, ...row }): PayoutException => {
      const { itemId, batchId, partnerId, partnerReference, state, currency, attempt, causes, since } = row;
      const amountMinor = BigInt(amount_minor);
      return { itemId, batchId, partnerId, partnerReference, state, amountMinor, currency, attempt, causes, since };
    }) satisfies Page<PayoutException>;
  }

  private async exceptionsByState(programId: string): Promise<ExceptionsInState[]> {
    const rows = await this.database.query<{ state: ExceptionState; currency: string; items: number; minor: string }>(
      `select item.state, item.currency, count(*)::int as items, sum(item.amount_minor) as minor
       from payout_items item where item.program_id = $1 and ${isException}
       group by item.state, item.currency order by min(${urgency}), item.currency`,
      [programId],
    );
    return rows.map(({ minor, ...row }) => ({ ...row, totalMinor: BigInt(minor) }));
  }

  private async waiting(programId: string): Promise<WaitingBatch[]> {
    const rows = await this.database.query<{
      id: string;
      state: BatchState;
      currency: string;
      total_minor: string;
      paused_at: Date | null;
      state_since: Date;
    }>(
      `select id, state, currency, total_minor, paused_at, state_since from payout_batches
       where program_id = $1 and (state = any($2) or paused_at is not null and state in ('released', 'processing'))
       order by state_since, id limit $3`,
      [programId, Object.keys(tasks), mostWaiting],
    );
    return rows.flatMap(({ id: batchId, state, currency, total_minor, paused_at, state_since }) => {
      const [task, role] = tasks[state] ?? (['resume', 'finance'] as const);
      const since = paused_at ?? state_since;
      return [{ batchId, state, task, role, currency, totalMinor: BigInt(total_minor), since }];
    });
  }

  private async batchesByState(programId: string): Promise<BatchesInState[]> {
    const rows = await this.database.query<{ state: BatchState; currency: string; batches: number; minor: string }>(
      `select state, currency, count(*)::int as batches, sum(total_minor) as minor
       from payout_batches where program_id = $1 group by state, currency order by state, currency`,
      [programId],
    );
    return rows.map(({ minor, ...row }) => ({ ...row, totalMinor: BigInt(minor) }));
  }
}
