import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchDetail, BatchView, CollectionResult, PageOf, PayoutItemView } from '../client/index.js';
import type { Dice } from './dice.js';
import type { Outcome, Requests } from './requests.js';
import type { ChaosProgram, World } from './world.js';

/** States of a batch that somebody still has to do something about, or that the product works on. */
const open: ReadonlySet<string> = new Set([
  ...['draft', 'frozen', 'in_approval', 'approval_blocked', 'approved', 'released', 'processing'],
]);
const paying: ReadonlySet<string> = new Set(['released', 'processing']);

type Decision = 'cancel' | 'recall' | 'reject';
const endings = { cancel: 'cancellation', recall: 'recall', reject: 'rejection' } as const;

const pauseMs = 1_200;
/** How many of the newest batches are looked after in one round. */
const lookedAfter = 25;

/** The people of finance of one program: they collect, submit, approve and release, change their minds, and look after what failed. */
export class Finance {
  constructor(
    private readonly program: ChaosProgram,
    private readonly tokens: World['tokens'],
    private readonly requests: Requests,
    private readonly dice: Dice,
  ) {}

  /** Makes and pays batches until it is told to stop. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (const batchId of await this.collect()) if (!isOver()) await this.lead(batchId);
      if (!isOver()) await this.lookAfter();
      await sleep(this.dice.next() * pauseMs);
    }
  }

  /** Collects what is there to be paid, with no second thoughts. */
  async payDay(): Promise<void> {
    const { id: programId } = this.program;
    const run = { programId, cutOff: new Date(Date.now() - 1).toISOString() };
    await this.act('/v1/vesting-runs', run);
    await this.act('/v1/payout-collections', run);
  }

  /** Brings each open batch a step nearer to its end; whether there is any. Nobody changes their mind any more. */
  async closeOpen(): Promise<boolean> {
    const batches = (await this.batches()).filter(({ state }) => open.has(state));
    for (const { id, state } of batches) {
      if (state === 'draft') await this.submit(id);
      else if (state === 'approved') await this.release(id);
      else if (state === 'approval_blocked') await this.end(id, 'recall');
      else if (!paying.has(state)) await this.approve(id);
      else if ((await this.batch(id)).pausedAt !== null) await this.brake(id, 'resume');
    }
    return batches.length > 0;
  }

  private async collect(): Promise<string[]> {
    const { id: programId, partners } = this.program;
    const run = { programId, cutOff: new Date(Date.now() - 1).toISOString() };
    await this.act('/v1/vesting-runs', run);
    if (this.dice.chance(0.15)) {
      const partnerId = this.dice.pick(partners).id;
      const body = { partnerId, ignoresMinimum: this.dice.chance(0.5), reason: 'asked for it' };
      return batchesOf(await this.act<CollectionResult>('/v1/off-cycle-payouts', body));
    }
    return batchesOf(await this.act<CollectionResult>('/v1/payout-collections', run));
  }

  private async lead(batchId: string): Promise<void> {
    if (this.dice.chance(0.06)) return this.end(batchId, 'cancel');
    if (this.dice.chance(0.2)) await this.edit(batchId);
    await this.submit(batchId);
    if (this.dice.chance(0.2)) await this.edit(batchId);
    const mind = this.dice.weighted({ approve: 80, recall: 10, reject: 8, leave: 2 });
    if (mind === 'leave') return;
    if (mind !== 'approve') return this.end(batchId, mind);
    await this.approve(batchId);
    if (this.program.releasesByHand) {
      if (this.dice.chance(0.08)) return this.end(batchId, 'recall');
      await this.release(batchId);
    }
    if (this.dice.chance(0.35)) {
      await this.brake(batchId, 'pause');
      await sleep(this.dice.next() * pauseMs);
      if (this.dice.chance(0.7)) await this.brake(batchId, 'resume');
    }
  }

  /** Batches that stand still, and payments that failed or came back. */
  private async lookAfter(): Promise<void> {
    const { items: newest } = await this.requests.read<PageOf<BatchView>>(
      `/v1/payout-batches?programId=${this.program.id}&limit=${lookedAfter}`,
      this.tokens.finance,
    );
    for (const { id, state } of newest) {
      if (paying.has(state) && this.dice.chance(0.6) && (await this.batch(id)).pausedAt !== null) {
        await this.brake(id, 'resume');
      }
      if (state === 'frozen' && this.dice.chance(0.3)) await this.approve(id);
      if (state === 'approved' && this.dice.chance(0.5)) await this.release(id);
      if ((state === 'completed' || state === 'partial') && this.dice.chance(0.15))
        await this.act(`${at(id)}/reconciliations`);
      if (state === 'reconciled' && this.dice.chance(0.3)) await this.act(`${at(id)}/closing`);
      if (state === 'partial' || state === 'processing' || state === 'reconciled') await this.mend(id);
    }
  }

  private async mend(batchId: string): Promise<void> {
    for (const { id, state } of await this.items(batchId)) {
      if (state !== 'failed' && state !== 'returned') continue;
      const step = this.dice.weighted({ retry: state === 'failed' ? 50 : 0, release: 20, leave: 30 });
      if (step === 'leave') continue;
      const action = step === 'retry' ? 'payout_item.retry' : 'payout_item.release_held';
      await this.requests.act({
        path: `/v1/payout-items/${id}/${step}`,
        token: this.tokens.finance_approver,
        body: { reason: 'looked at it' },
        leaves: { subjectId: id, action },
      });
    }
  }

  private async submit(batchId: string): Promise<void> {
    await this.decide(batchId, { way: 'submission', action: 'submit', body: {} });
  }

  private async edit(batchId: string): Promise<void> {
    const items = await this.items(batchId);
    const removable = items.filter(({ state }) => state === 'screened' || state === 'reserved').map(({ id }) => id);
    const held = items.filter(({ state }) => state === 'held').map(({ id }) => id);
    const remove = removable.length > 1 && this.dice.chance(0.7) ? [this.dice.pick(removable)] : [];
    const putBack = held.length > 0 && this.dice.chance(0.5) ? [this.dice.pick(held)] : [];
    await this.decide(batchId, { way: 'edits', action: 'edit', body: { remove, putBack, reason: 'thought again' } });
  }

  private async approve(batchId: string): Promise<void> {
    const { contentHash } = await this.batch(batchId);
    if (!contentHash) return;
    const token = this.tokens.finance_approver;
    await this.decide(batchId, { way: 'approvals', action: 'approve', body: { contentHash }, token });
  }

  private async release(batchId: string): Promise<void> {
    const { contentHash, state } = await this.batch(batchId);
    if (!contentHash || state !== 'approved') return;
    await this.decide(batchId, { way: 'release', action: 'release', body: { contentHash } });
  }

  private async end(batchId: string, action: Decision): Promise<void> {
    const token = action === 'reject' ? this.tokens.finance_approver : this.tokens.finance;
    await this.decide(batchId, { way: endings[action], action, body: { reason: 'changed our minds' }, token });
  }

  private async brake(batchId: string, action: 'pause' | 'resume'): Promise<void> {
    const way = action === 'pause' ? 'pause' : 'resumption';
    await this.decide(batchId, { way, action, body: { reason: 'a look at it' } });
  }

  private async decide(
    batchId: string,
    { way, action, body, token = this.tokens.finance }: { way: string; action: string; body: object; token?: string },
  ): Promise<void> {
    const leaves = { subjectId: batchId, action: `payout_batch.${action}` };
    await this.requests.act({ path: `${at(batchId)}/${way}`, token, body, leaves });
  }

  private act<Result>(path: string, body: object = {}): Promise<Outcome<Result>> {
    return this.requests.act<Result>({ path, token: this.tokens.finance, body });
  }

  private batches(): Promise<BatchView[]> {
    return this.requests.list(`/v1/payout-batches?programId=${this.program.id}`, this.tokens.finance);
  }

  private batch(id: string): Promise<BatchDetail & { pausedAt: string | null }> {
    return this.requests.read(at(id), this.tokens.finance);
  }

  private items(batchId: string): Promise<PayoutItemView[]> {
    return this.requests.list(`${at(batchId)}/items`, this.tokens.finance);
  }
}

function at(batchId: string): string {
  return `/v1/payout-batches/${batchId}`;
}

function batchesOf(outcome: Outcome<CollectionResult & { others?: { batchId: string | null }[] }>): string[] {
  if ('refusal' in outcome) return [];
  const { batchId, others = [] } = outcome.result;
  return [batchId, ...others.map((other) => other.batchId)].filter((id) => id !== null);
}
