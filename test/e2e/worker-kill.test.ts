import { forEachLimited } from '../../tools/client/index.js';
import { ContractingWalk, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { WorkerProcess } from '../support/worker-process.js';

const partners = 12;
const saleMinor = 100_000;
/** The demo program's first rule: 12.5 % of a new customer's sale. */
const commissionMinor = 12_500;

let product: TestProduct;
let walk: ContractingWalk;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  // The rail answers within a second or is not believed to have answered.
  product = await TestProduct.start({ RAIL_TIMEOUT_MS: '1000', RAIL_CALLS_IN_FLIGHT: '2' });
  walk = await ContractingWalk.open(product);
}, 120_000);

afterAll(async () => {
  for (const worker of workers) await worker.kill();
  await product.close();
}, 60_000);

/** A worker that is killed at the latest when the tests are over. */
async function startWorker(): Promise<WorkerProcess> {
  const worker = await WorkerProcess.start(product);
  workers.push(worker);
  return worker;
}

test('a worker killed in the middle of a batch, with a rail that times out after the effect, pays nobody twice', async () => {
  const active: Sent[] = [];
  await forEachLimited(Array(partners).keys(), 3, async () => void active.push(await walk.activePartner()));
  const now = new Date().toISOString();
  const events = active.map(({ partnerId }, index) => {
    return {
      id: `sale-${index}`,
      type: 'sale',
      occurredAt: now,
      partner: partnerId,
      customer: `c${index}`,
      amountMinor: saleMinor,
      currency: 'USD',
    };
  });
  const service = await product.token('service');
  await product.ok('POST', `/v1/events?programId=${walk.programId}`, { token: service, body: { events } });

  const finance = await product.token('finance');
  const cutOff = new Date(Date.now()).toISOString();
  const collected = await product.ok<{ batchId: string; items: number }>('POST', '/v1/payout-collections', {
    token: finance,
    body: { programId: walk.programId, cutOff },
  });
  expect(collected.items).toBe(partners);
  const batch = `/v1/payout-batches/${collected.batchId}`;
  const frozen = await product.ok<{ contentHash: string }>('POST', `${batch}/submission`, { token: finance });

  // From here on the batch is carried by processes that can be killed.
  await product.stopWorker();
  await product.rail.strike({ kind: 'timeout_after', times: 5 }, { kind: 'webhook_duplicate', times: 50 });
  const first = await startWorker();
  const approver = await product.token('finance_approver');
  await product.ok('POST', `${batch}/approvals`, { token: approver, body: { contentHash: frozen.contentHash } });
  await product.until('the first money to leave', async () => (await product.rail.totals()).transfers > 0);
  await first.kill();
  const atKill = await product.rows<{ state: string }>(
    `select state from payout_items where batch_id = $1`,
    collected.batchId,
  );
  expect(atKill.some(({ state }) => state !== 'settled')).toBe(true);

  const second = await startWorker();
  const read = () => product.ok<{ state: string }>('GET', batch, { token: finance });
  await product.until('the batch to complete', async () => (await read()).state === 'completed');
  await product.rail.replayWebhooks(3);
  await product.outboxEmpty();

  const totals = await product.rail.totals();
  expect(totals.transfers).toBe(partners);
  const told = await product.ok<Record<string, unknown>>('GET', `${batch}/reconciliation`, { token: finance });
  const paidMinor = partners * commissionMinor;
  expect(told).toMatchObject({
    agrees: true,
    itemsMinor: paidMinor,
    ledgerMinor: paidMinor,
    railMinor: paidMinor,
    reservedMinor: 0,
  });
  const [clearing] = await product.rows<{ minor: string }>(
    `select coalesce(sum(e.amount_minor), 0) as minor from ledger_entries e join ledger_accounts a on a.id = e.account_id
     where a.program_id = $1 and a.code in ('payout_clearing', 'reserved', 'payable', 'held')`,
    walk.programId,
  );
  expect(clearing?.minor).toBe('0');
  await second.kill();
}, 180_000);
