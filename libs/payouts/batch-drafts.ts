import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import { LedgerService, lockPartners, net } from '../ledger/index.js';
import { payoutBatch } from '../orchestration/payout-batch.js';
import type { Actor } from '../orchestration/actor.js';
import type { CutOffRun } from '../orchestration/cut-off-run.js';
import type { CollectionResult } from '../orchestration/payout-collection.js';
import { Outbox } from '../outbox/index.js';
import { Withholding, type WithholdingResult } from '../payees/index.js';
import { ProgramsService } from '../programs/index.js';
import { saveDraftTotals } from './batch-items.js';
import { collectClaims, type Collection } from './claims.js';
import { carryCause, type CarryCause, type Claim, type ItemState } from './domain/index.js';
import { ItemPages } from './item-pages.js';
import { ItemScreening } from './item-screening.js';
import { itemAmounts, itemAmountsShape, itemTax, totalOf, withheldTotalOf, type ItemTax } from './item-taxes.js';
import { PayoutRails } from './payout-rails.js';
import { lockCollection, readBatchRow, type BatchKind, type BatchRow, type ItemRow } from './rows.js';

interface Draft extends Actor, Collection {
  batchId: string;
  kind: BatchKind;
  /** The name of the rail that is to pay it. */
  rail: string;
  /** Why it was asked for. */
  reason?: string;
}

interface PaidClaim extends TaxedClaim {
  accountReference: string;
}

/** A claim with what is withheld of it, where a rule says anything of that. */
interface TaxedClaim extends Claim {
  tax: WithholdingResult | undefined;
}

/** A request to pay one partner between the schedules. */
export interface OffCycleRequest extends Actor {
  programId: string;
  partnerId: string;
  /** Epoch milliseconds: what vested before is paid. */
  cutOffMs: number;
  /** Pays less than the minimum of the terms too, as for a partner who leaves. */
  ignoresMinimum: boolean;
  reason: string;
}

/** What a batch drafted now would hold, in one currency. Amounts are minor units of it. */
export interface BatchPreview {
  currency: string;
  /** Of the items that would be paid, without held ones: what the partners would get. */
  totalMinor: bigint;
  /** What would be withheld for the tax office beside it. */
  withheldMinor: bigint;
  items: (ItemTax & { partnerId: string; amountMinor: bigint; state: ItemState; causes: string[] })[];
  carried: { partnerId: string; amountMinor: bigint; cause: CarryCause }[];
}

/** Carries a preview out of the transaction that is taken back. */
class PreviewMade extends Error {
  constructor(readonly previews: BatchPreview[]) {
    super('a preview writes nothing');
  }
}

/** Collects what partners have to come into a batch that people then look at. */
@Injectable()
export class BatchDrafts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
    private readonly programs: ProgramsService,
    private readonly rails: PayoutRails,
    private readonly screening: ItemScreening,
    private readonly withholding: Withholding,
    private readonly pages: ItemPages,
  ) {}

  /**
   * Drafts the batches of one cut-off, one for each currency in which something is due, and the start of their
   * workflows with them. Drafting the same cut-off again answers with the batches that there are. No batch is made where
   * nobody is paid.
   *
   * @returns the batch of the program's currency; those of others beside it
   * @throws DomainError `not-found` (the program)
   */
  async draft({ programId, cutOffMs, actorId, requestId }: CutOffRun): Promise<CollectionResult> {
    const actor = { actorId, ...(requestId === undefined ? {} : { requestId }) };
    const what = { programId, cutOff: new Date(cutOffMs), kind: 'scheduled', ignoresMinimum: false, ...actor } as const;
    return this.draftAll(what);
  }

  /**
   * Drafts a batch of its own for one partner, with the same controls as any other. What is in another batch already is
   * not paid again. The same request again answers with the batch that there is.
   *
   * @throws DomainError `not-found` (the program)
   */
  async draftOffCycle(request: OffCycleRequest): Promise<CollectionResult> {
    const { cutOffMs, ...what } = request;
    return this.draftAll({ ...what, cutOff: new Date(cutOffMs), kind: 'off_cycle' });
  }

  /** What would be drafted now, by currency; the transaction that finds it out is taken back. @throws DomainError `not-found` */
  async preview({ programId, cutOffMs }: { programId: string; cutOffMs: number }): Promise<BatchPreview[]> {
    const { currency: own, payout } = (await this.programs.get(programId)).document;
    const rail = this.rails.nameOf(payout);
    const what = { programId, cutOff: new Date(cutOffMs), actorId: 'system', ignoresMinimum: false, rail };
    try {
      return await this.database.inTransaction(async (tx) => {
        await lockCollection(tx, programId);
        const previews: BatchPreview[] = [];
        for (const currency of await currenciesOf(tx, programId, own)) {
          // One of its kind does not get in the way of the batch that the cut-off may have already.
          const draft: Draft = { ...what, batchId: newId('bat'), currency, kind: 'off_cycle' };
          const { claims } = await this.write(tx, draft);
          previews.push(await previewOf(tx, draft, claims));
        }
        throw new PreviewMade(previews);
      });
    } catch (error) {
      if (error instanceof PreviewMade) return error.previews;
      throw error;
    }
  }

  private async draftAll(what: Omit<Draft, 'batchId' | 'currency' | 'rail'>): Promise<CollectionResult> {
    const { currency: own, payout } = (await this.programs.get(what.programId)).document;
    const rail = this.rails.nameOf(payout);
    return this.database.inTransaction(async (tx) => {
      await lockCollection(tx, what.programId);
      const results: Collected[] = [];
      for (const currency of await currenciesOf(tx, what.programId, own)) {
        const draft = { ...what, batchId: newId('bat'), currency, rail };
        results.push({ currency, ...((await existing(tx, draft)) ?? (await this.write(tx, draft)).result) });
      }
      return inOne(results, own);
    });
  }

  private async write(tx: Transaction, draft: Draft): Promise<{ result: CollectionResult; claims: Claim[] }> {
    await this.netDebts(tx, draft);
    const claims = await this.afterTax(tx, draft, await collectClaims(tx, draft, draft.rail));
    const carried = claims.filter((claim) => carryCause(claim) !== undefined);
    const paid = claims.filter((claim): claim is PaidClaim => carryCause(claim) === undefined);
    const carriedMinor = `${sum(carried.filter(isOwed))}`;
    const result = { items: paid.length, totalMinor: '0', carriedMinor, carried: countCauses(carried) };
    if (paid.length === 0) return { result, claims };
    await this.insertBatch(tx, draft, result);
    for (let start = 0; start < paid.length; start += this.pages.size) {
      await this.insertItems(tx, draft, paid.slice(start, start + this.pages.size));
    }
    const screened = await this.screen(tx, draft);
    const drafted = { ...result, ...screened };
    await this.tell(tx, draft, drafted);
    return { result: { batchId: draft.batchId, ...drafted }, claims };
  }

  private async afterTax(tx: Transaction, { programId }: Draft, claims: readonly Claim[]): Promise<TaxedClaim[]> {
    const payments = claims
      .filter(isOwed)
      .map(({ partnerId, amountMinor }) => ({ partnerId, grossMinor: amountMinor }));
    const taxes = await this.withholding.decide(tx, programId, payments);
    return claims.map((claim) => {
      const tax = taxes.get(claim.partnerId);
      return { ...claim, tax, withheldMinor: tax?.withheldMinor ?? 0n };
    });
  }

  /** Checks the items; what is held is no part of the batch's amount. */
  private async screen(tx: Transaction, draft: Draft): Promise<Screened> {
    await this.screening.screen(tx, await readBatchRow(tx, draft.batchId), draft);
    const free = await this.pages.sums(tx, draft.batchId, 'screened');
    const held = await this.pages.sums(tx, draft.batchId, 'held');
    await saveDraftTotals(tx, draft.batchId, free);
    return {
      ...{ items: free.items, totalMinor: free.totalMinor.toString() },
      ...(free.withheldMinor === 0n ? {} : { withheldMinor: free.withheldMinor.toString() }),
      ...(held.items === 0 ? {} : { held: held.items }),
    };
  }

  /** What a partner owes is set off against what it has to come before anything is collected (money.md, Flow). */
  private async netDebts(tx: Transaction, draft: Draft): Promise<void> {
    const { batchId, programId, currency, cutOff, actorId } = draft;
    const debtors = await rowsOf<{ partner_id: string }>(
      tx,
      `select account.owner_id as partner_id from ledger_accounts account
       join ledger_entries entry on entry.account_id = account.id
       where account.program_id = $1 and account.code = 'partner_receivable' and account.currency = $2
         and ($3::text is null or account.owner_id = $3)
       group by account.owner_id having sum(entry.amount_minor) > 0`,
      [programId, currency, draft.partnerId ?? null],
    );
    const partnerIds = debtors.map(({ partner_id }) => partner_id);
    if (partnerIds.length === 0) return;
    await lockPartners(tx, programId, partnerIds);
    const balances = await this.ledger.partnerBalances(tx, programId, ['payable', 'partner_receivable'], partnerIds);
    const settlements = partnerIds.flatMap((partnerId) => {
      const owed = balances.of('partner_receivable', partnerId, currency);
      const payable = balances.of('payable', partnerId, currency);
      const amountMinor = owed < payable ? owed : payable;
      const key = `${batchId}/${partnerId}`;
      return amountMinor > 0n
        ? [net({ key, eventAt: cutOff, currency, actorId, refs: {}, partnerId, amountMinor })]
        : [];
    });
    await this.ledger.post(tx, programId, settlements);
  }

  private async insertBatch(tx: Transaction, draft: Draft, result: CollectionResult): Promise<void> {
    const { batchId, programId, currency, cutOff } = draft;
    await tx.query(
      `insert into payout_batches (id, program_id, currency, state, cut_off, total_minor, item_count, carried_minor,
                                   carried, created_at, state_since, kind, ignores_minimum, request_id, rail)
       values ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13)`,
      [
        ...[batchId, programId, currency, cutOff, result.totalMinor, result.items, result.carriedMinor],
        ...[JSON.stringify(result.carried), this.clock.now(), draft.kind, draft.ignoresMinimum],
        ...[draft.requestId ?? null, draft.rail],
      ],
    );
  }

  private async insertItems(tx: Transaction, draft: Draft, paid: readonly PaidClaim[]): Promise<void> {
    const { batchId, programId, currency } = draft;
    const rows = paid.map(({ partnerId, amountMinor, tax, accountReference }) => ({
      id: newId('itm'),
      partner_id: partnerId,
      account_reference: accountReference,
      ...itemAmounts(amountMinor, tax),
    }));
    await tx.query(
      `insert into payout_items (id, program_id, batch_id, partner_id, currency, state, account_reference, state_since,
         amount_minor, withheld_minor, withholding_rule, withholding_rate, withholding_form, withholding_profile_id)
       select id, $1, $2, partner_id, $3, 'pending', account_reference, $4,
         amount_minor, withheld_minor, withholding_rule, withholding_rate, withholding_form, withholding_profile_id
       from jsonb_to_recordset($5) as item (id text, partner_id text, account_reference text, ${itemAmountsShape})`,
      [programId, batchId, currency, this.clock.now(), JSON.stringify(rows)],
    );
    await tx.query(
      `insert into payout_item_entries (entry_id, program_id, item_id)
       select collected.entry_id, $1, item.id
       from unnest($2::text[], $3::text[]) as item (id, partner_id)
       join collected_entries collected on collected.partner_id = item.partner_id`,
      [programId, rows.map(({ id }) => id), rows.map(({ partner_id }) => partner_id)],
    );
  }

  private async tell(
    tx: Transaction,
    { batchId, programId, cutOff, actorId, requestId, reason }: Draft,
    { items, totalMinor, withheldMinor = '0', carriedMinor, carried, held = 0 }: CollectionResult,
  ): Promise<void> {
    const details = { cutOff: cutOff.toISOString(), items, totalMinor, withheldMinor, carriedMinor, carried, held };
    const fact = { programId, action: 'payout_batch.draft', subjectId: batchId, toState: 'draft', details };
    const asked = { ...(requestId === undefined ? {} : { requestId }), ...(reason === undefined ? {} : { reason }) };
    await this.audit.record(tx, { ...fact, actorId, ...asked });
    await this.outbox.announce(tx, programId, { type: 'payout_batch.drafted', subjectId: batchId, data: details });
    await this.outbox.startWorkflow(tx, programId, {
      type: payoutBatch.type,
      taskQueue: payoutBatch.taskQueue,
      workflowId: payoutBatch.workflowId(batchId),
      input: { programId, batchId },
    });
  }
}

type Collected = CollectionResult & { currency: string };
type Screened = Pick<CollectionResult, 'items' | 'totalMinor' | 'withheldMinor' | 'held'>;

/** The batch that a cut-off, or a request, has made before. */
async function existing(tx: Transaction, draft: Draft): Promise<CollectionResult | undefined> {
  const { programId, currency, cutOff, kind, requestId } = draft;
  const row = await rowOf<
    Pick<BatchRow, 'id' | 'item_count' | 'total_minor' | 'withheld_minor' | 'carried_minor' | 'carried'>
  >(
    tx,
    `select id, item_count, total_minor, withheld_minor, carried_minor, carried from payout_batches
     where program_id = $1 and currency = $2 and kind = $4
       and case when kind = 'scheduled' then cut_off = $3 else request_id = $5 end`,
    [programId, currency, cutOff, kind, requestId ?? null],
  );
  if (!row) return undefined;
  const { id: batchId, item_count: items, total_minor: totalMinor, carried_minor: carriedMinor, carried } = row;
  const withheld = row.withheld_minor === '0' ? {} : { withheldMinor: row.withheld_minor };
  return { batchId, items, totalMinor, ...withheld, carriedMinor, carried };
}

/** The currencies in which partners have something to come, the program's own first. */
async function currenciesOf(tx: Transaction, programId: string, own: string): Promise<string[]> {
  const rows = await rowsOf<{ currency: string }>(
    tx,
    `select distinct currency from ledger_accounts where program_id = $1 and code = 'payable' order by currency`,
    [programId],
  );
  return [own, ...rows.map(({ currency }) => currency).filter((currency) => currency !== own)];
}

/** The result of the program's own currency, and those of others in which there is anything. */
function inOne(results: readonly Collected[], own: string): CollectionResult {
  const [first, ...rest] = results.map(({ currency, ...result }) => ({ currency, result }));
  if (first?.currency !== own) throw new RangeError('the currency of the program is collected first');
  const others = rest.filter(({ result }) => result.batchId !== undefined || BigInt(result.carriedMinor) > 0n);
  if (others.length === 0) return first.result;
  return { ...first.result, others: others.map(({ currency, result }) => ({ ...result, currency })) };
}

async function previewOf(tx: Transaction, { batchId, currency }: Draft, claims: Claim[]): Promise<BatchPreview> {
  const rows = await rowsOf<ItemRow & { causes: string[] }>(
    tx,
    `select item.*,
       array(select distinct found.cause from payout_item_findings found
             where found.item_id = item.id and found.cleared_at is null order by 1) as causes
     from payout_items item where item.batch_id = $1 order by item.id`,
    [batchId],
  );
  const items = rows.map((row) => {
    const { partner_id: partnerId, state, causes } = row;
    return { partnerId, amountMinor: BigInt(row.amount_minor), ...itemTax(row), state, causes };
  });
  const free = rows.filter(({ state }) => state === 'screened');
  const carried = claims.flatMap((claim) => {
    const cause = carryCause(claim);
    return cause === undefined ? [] : [{ partnerId: claim.partnerId, amountMinor: claim.amountMinor, cause }];
  });
  return { currency, totalMinor: totalOf(free), withheldMinor: withheldTotalOf(free), items, carried };
}

function isOwed({ amountMinor }: Claim): boolean {
  return amountMinor > 0n;
}

function sum(claims: readonly Claim[]): bigint {
  return claims.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}

function countCauses(carried: readonly Claim[]): Partial<Record<CarryCause, number>> {
  const counts: Partial<Record<CarryCause, number>> = {};
  for (const claim of carried) {
    const cause = carryCause(claim);
    if (cause) counts[cause] = (counts[cause] ?? 0) + 1;
  }
  return counts;
}
