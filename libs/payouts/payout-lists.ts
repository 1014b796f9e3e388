import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { batchStates, type BatchState, type CarryCause, type ItemState } from './domain/index.js';
import { papersOf, papersOfItem, type ItemPaper, type ItemPaperRow } from './item-papers.js';
import { itemTax, type ItemTax } from './item-taxes.js';
import { PayoutRails } from './payout-rails.js';
import { readBatchRow, type BatchKind, type BatchRow, type ItemRow } from './rows.js';

export interface BatchesRequest extends PageRequest {
  /** All states where absent. */
  states?: readonly BatchState[] | undefined;
  /** Minor units, included. */
  minTotalMinor?: bigint | undefined;
  maxTotalMinor?: bigint | undefined;
  /** `newest` first where absent; `largest` by total amount. */
  sort?: 'newest' | 'largest' | undefined;
}

export interface ItemsRequest extends PageRequest {
  states?: readonly ItemState[] | undefined;
}

/** A batch as lists and its page show it. Amounts are minor units. */
export interface BatchSummary {
  id: string;
  programId: string;
  currency: string;
  state: BatchState;
  cutOff: Date;
  /** What its partners get. */
  totalMinor: bigint;
  /** What is withheld for the tax office beside it. */
  withheldMinor: bigint;
  items: number;
  /** What waited for a later batch when this one was made. */
  carriedMinor: bigint;
  contentHash?: string;
  /** Who submitted it, and who approved it. */
  madeBy?: string;
  approvedBy?: string;
  kind: BatchKind;
  /** The rail that pays it, by its name. */
  rail: string;
  /** How many people must approve it, by the policy when it was frozen or last edited. */
  requiredApprovals?: number;
  releasedBy?: string;
  pausedAt?: Date;
  reason?: string;
  createdAt: Date;
  stateSince: Date;
}

export interface BatchDetail extends BatchSummary {
  /** How many items are in each state, and what they come to. */
  itemStates: { state: ItemState; items: number; totalMinor: bigint }[];
  /** Of what it holds now. */
  approvals: { approverId: string; approvedAt: Date }[];
  /** How many partners it left out when it was drafted, by cause. */
  carriedPartners: Partial<Record<CarryCause, number>>;
}

export interface ItemSummary extends ItemTax {
  id: string;
  batchId: string;
  partnerId: string;
  partnerReference: string;
  /** What the partner gets: after tax that is withheld. */
  amountMinor: bigint;
  currency: string;
  state: ItemState;
  /** The rail's own id of the transfer. */
  railReference?: string;
  /** The rail's code of a refusal, or `contradicted_by_rail`: a person decides. */
  failureCode?: string;
  /** Counts the attempts to pay it. */
  attempt: number;
  /** What holds it now. */
  findings: { cause: string; reference: string }[];
  /** The invoices and credit notes that the company issued for it in the partner's name. */
  papers: ItemPaper[];
  /** The SHA-256 of the remittance advice. */
  remittanceSha256?: string;
  stateSince: Date;
}

interface ListedItem extends ItemRow {
  partner_reference: string;
  findings: { cause: string; reference: string }[];
  papers: ItemPaperRow[];
}

const findingsOf = `coalesce((select jsonb_agg(jsonb_build_object('cause', found.cause, 'reference', found.reference)
                                               order by found.cause, found.reference)
                              from payout_item_findings found
                              where found.item_id = item.id and found.cleared_at is null), '[]')`;

const anyState = Object.keys(batchStates.table) as BatchState[];

/** Batches and items as people look them up. */
@Injectable()
export class PayoutLists {
  constructor(
    private readonly database: Database,
    private readonly rails: PayoutRails,
  ) {}

  /** @throws DomainError `malformed-request` for a wrong page */
  async batches(programId: string, request: BatchesRequest): Promise<Page<BatchSummary>> {
    const limit = pageLimit(request);
    const isLargest = request.sort === 'largest';
    const sort = isLargest ? 'total desc,id desc' : 'id desc';
    const [total, id] = decodeCursor(request.cursor, sort, ['integer', 'text']);
    const order = isLargest ? '(total_minor, id) < ($5::bigint, $6)' : '$5::bigint is not null and id < $6';
    const rows = await this.database.query<BatchRow>(
      `select * from payout_batches
       where program_id = $1 and state = any($2)
         and ($3::bigint is null or total_minor >= $3) and ($4::bigint is null or total_minor <= $4) and ($6::text is null or ${order})
       order by ${isLargest ? 'total_minor desc, id desc' : 'id desc'} limit $7`,
      [
        programId,
        request.states ?? anyState,
        request.minTotalMinor ?? null,
        request.maxTotalMinor ?? null,
        total,
        id,
        limit + 1,
      ],
    );
    return mapPage(
      pageFrom(rows, limit, sort, (row) => [row.total_minor, row.id]),
      (row) => toSummary(row, this.rails.nameOf(row)),
    );
  }

  /** @throws DomainError `not-found` */
  async batch(batchId: string): Promise<BatchDetail> {
    const row = await readBatchRow(this.database.dataSource.manager, batchId);
    const counts = await this.database.query<{ state: ItemState; items: number; total_minor: string }>(
      `select state, count(*)::int as items, sum(amount_minor) as total_minor
       from payout_items where batch_id = $1 group by state order by state`,
      [batchId],
    );
    const states = counts.map(({ state, items, total_minor }) => ({ state, items, totalMinor: BigInt(total_minor) }));
    const approvals = await this.database.query<{ approverId: string; approvedAt: Date }>(
      `select approver_id as "approverId", approved_at as "approvedAt" from payout_approvals
       where batch_id = $1 and content_hash = $2 order by approved_at, approver_id`,
      [batchId, row.content_hash],
    );
    return { ...toSummary(row, this.rails.nameOf(row)), itemStates: states, approvals, carriedPartners: row.carried };
  }

  /** The items of a batch, oldest first. @throws DomainError `malformed-request` for a wrong page, `not-found` */
  async items(batchId: string, request: ItemsRequest): Promise<Page<ItemSummary>> {
    const limit = pageLimit(request);
    const [after] = decodeCursor(request.cursor, 'id', ['text']);
    await readBatchRow(this.database.dataSource.manager, batchId);
    const rows = await this.database.query<ListedItem>(
      `select item.*, partner.reference as partner_reference, ${findingsOf} as findings, ${papersOfItem} as papers
       from payout_items item join partners partner on partner.id = item.partner_id
       where item.batch_id = $1 and ($2::text[] is null or item.state = any($2)) and ($3::text is null or item.id > $3)
       order by item.id limit $4`,
      [batchId, request.states ?? null, after, limit + 1],
    );
    return mapPage(
      pageFrom(rows, limit, 'id', ({ id }) => [id]),
      toItem,
    );
  }

  /** One item and the program it is of. @throws DomainError `not-found` */
  async item(itemId: string): Promise<ItemSummary & { programId: string }> {
    const [row] = await this.database.query<ListedItem>(
      `select item.*, partner.reference as partner_reference, ${findingsOf} as findings, ${papersOfItem} as papers
       from payout_items item join partners partner on partner.id = item.partner_id where item.id = $1`,
      [itemId],
    );
    if (!row) throw new DomainError('not-found', 'there is no such thing');
    return { ...toItem(row), programId: row.program_id };
  }
}

function toSummary(row: BatchRow, rail: string): BatchSummary {
  return {
    id: row.id,
    programId: row.program_id,
    currency: row.currency,
    state: row.state,
    cutOff: row.cut_off,
    totalMinor: BigInt(row.total_minor),
    withheldMinor: BigInt(row.withheld_minor),
    items: row.item_count,
    carriedMinor: BigInt(row.carried_minor),
    ...(row.content_hash === null ? {} : { contentHash: row.content_hash }),
    ...(row.made_by === null ? {} : { madeBy: row.made_by }),
    ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
    kind: row.kind,
    rail,
    ...(row.required_approvals === null ? {} : { requiredApprovals: row.required_approvals }),
    ...(row.released_by === null ? {} : { releasedBy: row.released_by }),
    ...(row.paused_at === null ? {} : { pausedAt: row.paused_at }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    createdAt: row.created_at,
    stateSince: row.state_since,
  };
}

function toItem(row: ListedItem): ItemSummary {
  return {
    id: row.id,
    batchId: row.batch_id,
    partnerId: row.partner_id,
    partnerReference: row.partner_reference,
    amountMinor: BigInt(row.amount_minor),
    ...itemTax(row),
    currency: row.currency,
    state: row.state,
    ...(row.rail_reference === null ? {} : { railReference: row.rail_reference }),
    ...(row.failure_code === null ? {} : { failureCode: row.failure_code }),
    attempt: row.attempt,
    // What a batch left behind when it was released, or ended, is held by it no more.
    findings: row.state === 'held' ? row.findings : [],
    papers: papersOf(row.papers),
    ...(row.remittance_sha256 === null ? {} : { remittanceSha256: row.remittance_sha256 }),
    stateSince: row.state_since,
  };
}
