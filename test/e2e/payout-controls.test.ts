import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

let product: TestProduct;
let walk: ContractingWalk;
let finance: string;
let approver: string;
let partnerId: string;

beforeAll(async () => {
  product = await TestProduct.start();
  walk = await ContractingWalk.open(product);
  finance = await product.token('finance');
  approver = await product.token('finance_approver');
  ({ partnerId } = await walk.activePartner());
  await product.outboxEmpty();
}, 120_000);

afterAll(() => product.close(), 60_000);

const get = <Body>(address: string) => product.ok<Body>('GET', address, { token: finance });
const post = <Body>(address: string, token: string, body: object = {}) =>
  product.ok<Body>('POST', address, { token, body });

async function sold(id: string): Promise<void> {
  const token = await product.token('service');
  const occurredAt = new Date().toISOString();
  const sale = {
    id,
    type: 'sale',
    occurredAt,
    partner: partnerId,
    customer: id,
    amountMinor: 100_000,
    currency: 'USD',
  };
  await post(`/v1/events?programId=${walk.programId}`, token, { events: [sale] });
  await post('/v1/vesting-runs', finance, { programId: walk.programId, cutOff: new Date(Date.now()).toISOString() });
}

interface Status {
  state: string;
  contentHash: string;
}

test('a payout between the schedules goes from its preview to a closed batch, over HTTP', async () => {
  await sold('sale-1');
  const preview = await product.until('something to preview', async () => {
    const { items } = await get<{ items: { itemCount: number }[] }>(`/v1/payout-preview?programId=${walk.programId}`);
    return items[0]!.itemCount > 0 && items;
  });
  expect(preview).toMatchObject([{ total: { amountMinor: 12_500, currency: 'USD' }, payments: [{ partnerId }] }]);

  const request = { partnerId, reason: 'The partner leaves' };
  const { batchId } = await post<{ batchId: string }>('/v1/off-cycle-payouts', finance, request);
  const batch = `/v1/payout-batches/${batchId}`;
  const { contentHash } = await post<Status>(`${batch}/submission`, finance);
  expect(await get(`/v1/payout-overview?programId=${walk.programId}`)).toMatchObject({
    exceptions: [],
    waiting: [{ batchId, task: 'approve', role: 'finance_approver', total: { amountMinor: 12_500 } }],
    batches: [{ state: 'frozen', batches: 1 }],
  });
  const edited = await post<Status>(`${batch}/edits`, finance, { reason: 'looked at again' });
  expect(edited.contentHash).not.toBe(contentHash);
  const stale = await product.call('POST', `${batch}/approvals`, { token: approver, body: { contentHash } });
  expect(stale.status).toBe(412);
  await post(`${batch}/approvals`, approver, { contentHash: edited.contentHash });
  const isPaid = async () => (await get<Status>(batch)).state === 'completed';
  await product.until('the batch to be paid', isPaid);

  await product.rail.strike({ kind: 'error_500_before', times: 1, match: { path: '/v1/transfers', method: 'GET' } });
  const away = await product.call('POST', `${batch}/reconciliations`, { token: finance, body: {} });
  expect(away).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(await post<Status>(`${batch}/reconciliations`, finance)).toMatchObject({ state: 'reconciled' });
  expect(await get(`${batch}/reconciliations`)).toMatchObject({
    items: [{ agrees: true, differences: [], notes: [] }],
  });
  expect(await post<Status>(`${batch}/closing`, finance)).toMatchObject({ state: 'closed' });
  expect(await get(batch)).toMatchObject({ kind: 'off_cycle', requiredApprovals: 1, approvals: [{}], pausedAt: null });

  const file = await product.call('GET', `${batch}/file`, { token: finance });
  expect(file.headers.get('content-type')).toContain('text/csv');
  expect(file.text).toContain(`${batchId},${partnerId}`);
  const report = await product.call('GET', `${batch}/report`, { token: finance });
  expect(report.text.slice(0, 5)).toBe('%PDF-');
}, 120_000);

test('a batch is recalled over HTTP, and what is not there is refused', async () => {
  await sold('sale-2');
  const { batchId } = await post<{ batchId: string }>('/v1/off-cycle-payouts', finance, { partnerId, reason: 'Now' });
  const batch = `/v1/payout-batches/${batchId}`;
  const { contentHash } = await post<Status>(`${batch}/submission`, finance);
  const refused = (address: string, body: object) => product.call('POST', address, { token: finance, body });
  expect((await refused(`${batch}/release`, { contentHash })).status).toBe(409);
  expect((await refused(`${batch}/pause`, { reason: 'odd' })).status).toBe(409);
  expect((await refused(`${batch}/closing`, {})).status).toBe(409);
  expect(await post<Status>(`${batch}/recall`, finance, { reason: 'wrong' })).toMatchObject({ state: 'recalled' });
  expect(await get(`/v1/payout-exceptions?programId=${walk.programId}`)).toEqual({ items: [], next: null });
}, 60_000);
