import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import type { ApproveBatchInput, BatchStatus, ReleaseBatchInput } from '../orchestration/payout-batch.js';
import { ProgramsService, type ProgramDocument } from '../programs/index.js';
import { BatchItems } from './batch-items.js';
import { BatchMoves } from './batch-moves.js';
import {
  approvalBar,
  isApprovalBlocked,
  requiredApprovals,
  type ApprovalBar,
  type ApprovalBars,
  type BatchAction,
} from './domain/index.js';
import { Funds } from './funds.js';
import { grossOfSums, ItemPages, type ItemSums } from './item-pages.js';
import { ItemScreening } from './item-screening.js';
import { BankDetailEditors, BatchRates } from './payout-ports.js';
import { readBatchRow, type BatchRow } from './rows.js';

/** The settings of a program by which its batches are approved. */
export interface BatchPolicy {
  currency: string;
  payout: ProgramDocument['payout'];
}

const barred: Readonly<Record<ApprovalBar, string>> = {
  maker: 'whoever submitted or edited a batch cannot approve it',
  bank_details: 'whoever last changed the bank details of a partner in the batch cannot approve it',
  approved_before: 'the second approval is for somebody else',
  not_named: 'the program names others to approve its batches',
};

/** Who may approve a batch, how many must, and its release to the rail (money.md, Controls). */
@Injectable()
export class BatchApprovals {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
    private readonly moves: BatchMoves,
    private readonly items: BatchItems,
    private readonly editors: BankDetailEditors,
    private readonly rates: BatchRates,
    private readonly funds: Funds,
    private readonly screening: ItemScreening,
    private readonly pages: ItemPages,
  ) {}

  /** The settings of the batch's program, as they are now. @throws DomainError `not-found` */
  async policyOf(batchId: string): Promise<BatchPolicy> {
    const { program_id } = await readBatchRow(this.database.dataSource.manager, batchId);
    const { currency, payout } = (await this.programs.get(program_id)).document;
    return { currency, payout };
  }

  /**
   * Says how many approvals a frozen content needs; the step that blocks it where nobody may give them.
   *
   * @param batch with its content as it is now, and what that comes to
   */
  async ask(tx: Transaction, batch: BatchRow, content: ItemSums, policy: BatchPolicy): Promise<BatchAction[]> {
    // What is withheld leaves the company, too, if later: the limits look at the whole.
    const amountMinor = grossOfSums(content);
    const amount = { amountMinor, from: batch.currency, to: policy.currency, at: batch.cut_off };
    const comparedMinor = await this.rates.convert(tx, batch.program_id, amount);
    const required = requiredApprovals(policy.payout.approvals, comparedMinor);
    await tx.query(`update payout_batches set required_approvals = $2 where id = $1`, [batch.id, required]);
    return isApprovalBlocked(await this.barsOf(tx, batch, policy), required) ? ['block'] : [];
  }

  /**
   * One approval of what was looked at, named by its hash. The last one that is needed approves the batch, and releases
   * it where the program has it so and the money is there.
   *
   * @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker`, `forbidden`, `hash-mismatch`
   */
  async approve(input: ApproveBatchInput): Promise<BatchStatus> {
    const policy = await this.policyOf(input.batchId);
    const isAutomatic = policy.payout.release === 'automatic';
    const balance = isAutomatic ? await this.funds.readOrNothing(input.batchId) : undefined;
    return this.moves.decide(input, 'approve', async (tx, batch) => {
      const bars = await this.barsOf(tx, batch, policy);
      const bar = approvalBar(input.actorId, bars);
      if (bar) throw new DomainError(bar === 'not_named' ? 'forbidden' : 'maker-is-checker', barred[bar]);
      const contentHash = await this.assertContent(tx, batch, input.contentHash);
      await tx.query(
        `insert into payout_approvals (program_id, batch_id, content_hash, approver_id, approved_at) values ($1, $2, $3, $4, $5)`,
        [batch.program_id, batch.id, contentHash, input.actorId, this.clock.now()],
      );
      await tx.query(`update payout_batches set approved_by = $2 where id = $1`, [batch.id, input.actorId]);
      const required = batch.required_approvals ?? policy.payout.approvals.required;
      const given = { ...bars, approvers: [...bars.approvers, input.actorId] };
      const details = { contentHash, approvals: given.approvers.length, required };
      if (given.approvers.length < required) {
        return { steps: isApprovalBlocked(given, required) ? ['block'] : ['approve_partly'], details };
      }
      const isReleasable =
        isAutomatic &&
        (await this.funds.missingMinor(tx, batch, balance)) === 0n &&
        (await this.screening.newlyFound(tx, batch)) === 0;
      if (!isReleasable) return { details };
      await this.letGo(tx, batch, systemActor);
      return { steps: ['approve', 'release'], details };
    });
  }

  /**
   * Releases an approved batch to the rail. What is held stays behind: the next collection takes it. Where something has
   * turned up since the batch was frozen, it is edited first, and approved as what it is then.
   *
   * @throws DomainError `not-found`, `illegal-transition`, `hash-mismatch`, `insufficient-funds`; what the rail throws
   */
  async release(input: ReleaseBatchInput): Promise<BatchStatus> {
    const balance = await this.funds.read(input.batchId);
    return this.moves.decide(input, 'release', async (tx, batch) => {
      const contentHash = await this.assertContent(tx, batch, input.contentHash);
      const found = await this.screening.newlyFound(tx, batch);
      if (found > 0) {
        throw new DomainError('illegal-transition', `payout batch: something holds ${found} of its items now; edit it`);
      }
      await this.funds.assertSufficient(tx, batch, balance);
      await this.letGo(tx, batch, input);
      return { details: { contentHash } };
    });
  }

  private async letGo(tx: Transaction, batch: BatchRow, actor: Actor): Promise<void> {
    const held = await this.pages.sums(tx, batch.id, 'held');
    await this.pages.each(tx, batch.id, ['held'], (items) => this.items.supersede(tx, items, actor));
    await tx.query(`update payout_batches set released_by = $2, carried_minor = carried_minor + $3 where id = $1`, [
      batch.id,
      actor.actorId,
      grossOfSums(held),
    ]);
  }

  private async barsOf(tx: Transaction, batch: BatchRow, { payout }: BatchPolicy): Promise<ApprovalBars> {
    const given = await rowsOf<{ approver_id: string }>(
      tx,
      `select approver_id from payout_approvals where batch_id = $1 and content_hash = $2 order by approved_at, approver_id`,
      [batch.id, batch.content_hash],
    );
    const editors = new Set<string>();
    await this.pages.each(tx, batch.id, ['reserved'], async (items) => {
      const partnerIds = items.map(({ partner_id }) => partner_id);
      for (const editor of (await this.editors.lastEditorOf(tx, partnerIds)).values()) editors.add(editor);
    });
    return {
      makers: [batch.made_by, batch.edited_by],
      bankDetailEditors: editors,
      approvers: given.map(({ approver_id }) => approver_id),
      named: payout.approvals.approvers,
    };
  }

  /** The rows are hashed again: what is approved or released is what was shown, whoever touched them. */
  private async assertContent(tx: Transaction, batch: BatchRow, seenHash: string): Promise<string> {
    const { contentHash } = await this.pages.content(tx, batch);
    if (seenHash === batch.content_hash && contentHash === batch.content_hash) return contentHash;
    throw new DomainError('hash-mismatch', 'the batch is not what was looked at');
  }
}
