import { performance } from 'node:perf_hooks';
import { checkBooks } from '../../../libs/books/index.js';
import { Database } from '../../../libs/database/index.js';
import { Keyring } from '../../../libs/kernel/keyring.js';
import type { ProgramDocument } from '../../../libs/programs/domain/index.js';
import { connectTemporalClient } from '../../../libs/temporal/index.js';
import { clearSandboxFaults, waitFor } from '../../client/index.js';
import { PeakMemory } from '../../rehearse/memory.js';
import { onBenchProduct, type BenchProduct } from '../bench-product.js';
import { readCounts } from '../counts.js';
import { payBare } from './bare.js';
import { copyPartners, reportSales } from './crowd.js';
import { latencyMs, setFaults } from './rail-faults.js';
import { MemoryWatch, type Memory } from './watch.js';

const patienceMs = 7_200_000;
/** Slices that a batch works on at a time, and calls in flight within each, as the product has them. */
const slicesAbreast = 8;
const defaultCallsInFlight = 20;
const defaultTimeoutMs = 10_000;

/**
 * `bench -- payout`: one batch of so many payouts over the sandbox rail, which takes half a second for an answer and fails
 * one call in a hundred, from its release to its completion; beside it the same number of bare HTTP calls
 * with bare updates, as many at a time, half of them before and half after. Every payout must be paid, and the books in order.
 */
export async function benchPayout(argv: readonly string[]): Promise<void> {
  const { payouts } = readCounts(argv, { payouts: 10_000 });
  await onBenchProduct(
    async (bench) => {
      const owner = await Database.connect(bench.product.env['DATABASE_MIGRATION_URL'] ?? '', 2);
      try {
        await new PayoutBench(bench, owner, payouts).run();
      } finally {
        await owner.close();
      }
    },
    { program: paidAtOnce },
  );
}

/** What is sold vests and can be paid at once, however little it is. */
function paidAtOnce(standard: ProgramDocument): ProgramDocument {
  const { terms } = standard;
  return { ...standard, terms: { ...terms, payment: { ...terms.payment, holding: 'P0D', minimumMinor: 1 } } };
}

class PayoutBench {
  constructor(
    private readonly bench: BenchProduct,
    private readonly owner: Database,
    private readonly payouts: number,
  ) {}

  async run(): Promise<void> {
    const batchId = await this.collect();
    const half = Math.ceil(this.payouts / 2);
    let bareSeconds = await this.bare(half);
    const seconds = await this.pay(batchId);
    bareSeconds += await this.bare(this.payouts - half);
    const paid = this.payouts / seconds;
    const bare = this.payouts / bareSeconds;
    line('bare calls and updates', `${bareSeconds.toFixed(1)} s, ${bare.toFixed(1)} a second`);
    line('ratio', `${(paid / bare).toFixed(2)} of the bare calls (at least 0.5)`);
    await this.histories();
    await this.reconcile(batchId);
    await this.books();
  }

  /** Partners with something to come, and their draft. */
  private async collect(): Promise<string> {
    const { bench, owner, payouts } = this;
    const { api, walk, programId } = bench;
    const first = { ref: 'first', name: 'Ada First', email: 'first@partners.example' };
    const { partnerId } = await walk.activate(first);
    const partnerIds = await timed('partners copied', () => copyPartners(owner, partnerId, payouts));
    const cutOff = await timed('sales reported and priced', () => reportSales(bench, partnerIds));
    await timed('commissions vested', () => api.vest(programId, cutOff, 'bench/vesting'));
    const { batchId } = await timed('batch drafted', () => api.collect(programId, cutOff, 'bench/collection'));
    if (batchId === null) throw new Error('Nothing was collected.');
    return batchId;
  }

  /** From its submission to its end; the seconds from its release. */
  private async pay(batchId: string): Promise<number> {
    const { bench, payouts } = this;
    const { api, product } = bench;
    const memory = new MemoryWatch(product, 'worker');
    const others = new PeakMemory(product.processes);
    const sandbox = product.urls.sandbox ?? '';
    await setFaults(sandbox);
    await timed('batch frozen', () => api.submitBatch(batchId, 'bench/submission'));
    const { contentHash, itemCount } = await api.batch(batchId);
    if (itemCount !== payouts) throw new Error(`The batch has ${itemCount} payouts instead of ${payouts}.`);
    await timed('batch approved and released', () => api.approveBatch(batchId, contentHash ?? '', 'bench/approval'));
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1_000;
    const report = (what: string) =>
      line(what, `${seconds().toFixed(1)} s, ${(payouts / seconds()).toFixed(1)} a second`);
    await this.until(`the rail to pay batch ${batchId}`, async () => (await this.left(batchId)) === 0);
    report('paid, by the rail and in the ledger');
    await this.until(`batch ${batchId} to end`, async () => (await api.batch(batchId)).state === 'completed');
    report('from release to completion');
    const whole = seconds();
    await clearSandboxFaults(sandbox);
    await this.advices(batchId);
    line('memory of the worker', memoryText(await memory.stop()));
    others.stop();
    for (const name of ['api', 'sandbox', 'temporal', 'mail']) {
      line(`memory of ${name}`, `${Math.round((others.bytes(name) ?? 0) / 2 ** 20)} MiB at most`);
    }
    // What it has still to tell partners would be in the way of the bare calls.
    await product.processes.get('worker')?.stop();
    return whole;
  }

  /** Until every partner has its remittance advice, and until all have left by mail. */
  private async advices(batchId: string): Promise<void> {
    const start = performance.now();
    const report = (what: string, count: number) => {
      const seconds = (performance.now() - start) / 1_000;
      line(what, `${seconds.toFixed(1)} s, ${(count / seconds).toFixed(1)} a second`);
    };
    const early = await this.told(batchId);
    await this.until('all remittance advices', async () => (await this.told(batchId)) === this.payouts);
    report('remittance advices after that', this.payouts - early);
    await this.until('the mails that bring them', async () => (await this.mailed()) === this.payouts);
    report('mails that bring them', this.payouts);
  }

  private async told(batchId: string): Promise<number> {
    const [row] = await this.owner.query<{ items: number }>(
      `select count(*)::int as items from payout_items where batch_id = $1 and remittance_sha256 is not null`,
      [batchId],
    );
    return row?.items ?? 0;
  }

  private async mailed(): Promise<number> {
    const [row] = await this.owner.query<{ mails: number }>(
      `select count(*)::int as mails from mails where template = 'remittance-advice' and state = 'sent'`,
    );
    return row?.mails ?? 0;
  }

  /** How many items of the batch are not settled. */
  private async left(batchId: string): Promise<number> {
    const [row] = await this.owner.query<{ items: number }>(
      `select count(*)::int as items from payout_items where batch_id = $1 and state <> 'settled'`,
      [batchId],
    );
    return row?.items ?? 0;
  }

  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await waitFor(async () => ((await holds()) ? true : undefined), { what, patienceMs });
  }

  private bare(count: number): Promise<number> {
    if (count === 0) return Promise.resolve(0);
    const { env } = this.bench.product;
    const inFlight = slicesAbreast * Number(env['RAIL_CALLS_IN_FLIGHT'] ?? defaultCallsInFlight);
    const timeoutMs = Number(env['RAIL_TIMEOUT_MS'] ?? defaultTimeoutMs);
    line('bare', `${count} calls, ${inFlight} at a time, each ${latencyMs} ms`);
    return payBare(this.bench, this.owner, { count, inFlight, timeoutMs });
  }

  /** The longest history of any workflow. */
  private async histories(): Promise<void> {
    const { env } = this.bench.product;
    const client = await connectTemporalClient({
      address: env['TEMPORAL_ADDRESS'] ?? '',
      namespace: env['TEMPORAL_NAMESPACE'] ?? 'default',
      keyring: Keyring.parse(env['ENCRYPTION_KEYS'] ?? ''),
    });
    try {
      let longest = { type: 'none', events: 0 };
      let runs = 0;
      for await (const { workflowId, runId, type } of client.workflow.list()) {
        const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
        if (historyLength > longest.events) longest = { type, events: historyLength };
        runs += 1;
      }
      line('longest history', `${longest.events} events (${longest.type}), of ${runs} runs (below 4,096)`);
    } finally {
      await client.connection.close();
    }
  }

  private async reconcile(batchId: string): Promise<void> {
    const { agrees } = await timed('reconciled', () => this.bench.api.reconciliation(batchId));
    if (!agrees) throw new Error('Items, ledger and rail differ.');
  }

  private async books(): Promise<void> {
    const { violations, transactions } = await timed('books checked', () => checkBooks(this.owner));
    line('books', `${transactions} transactions, ${violations.length} violations`);
    const [first] = violations;
    if (first) throw new Error(`The books are not in order: ${JSON.stringify(first)}`);
  }
}

function memoryText({ atStart, tenths, largest }: Memory): string {
  return `${atStart} MiB before; by tenths of the time ${tenths.join(' ')}; ${largest} MiB at most (below 600)`;
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  line(name, `${((performance.now() - start) / 1_000).toFixed(1)} s`);
  return result;
}

function line(name: string, text: string): void {
  process.stdout.write(`${name.padEnd(44)}${text}\n`);
}
