import { negotiation, partnerOnboarding, signature } from '../../libs/orchestration/index.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

let product: TestProduct;
let walk: ContractingWalk;

beforeAll(async () => {
  product = await TestProduct.start();
  walk = await ContractingWalk.open(product);
}, 120_000);

afterAll(() => product.close(), 60_000);

/** A history as the server stores it, and behind it the bytes of every payload: whatever is in clear can be read. */
async function storedHistory(workflowId: string): Promise<string> {
  const { history } = await product.temporal.workflowService.getWorkflowExecutionHistory({
    namespace: product.env.TEMPORAL_NAMESPACE,
    execution: { workflowId },
  });
  const text = JSON.stringify(history?.events ?? []);
  const bytes = [...text.matchAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  );
  return [text, ...bytes.map((each) => each.toString('latin1'))].join('\n');
}

test('histories hold neither what people said nor what went wrong in clear', async () => {
  const reference = 'shop-of-a-friend';
  const taken = await walk.activePartner({ reference });
  const second = await walk.apply({ name: 'Ratna Sari' });
  const manager = await product.token('partner_manager');
  const refused = await product.call('POST', `/v1/applications/${second.applicationId}/decision`, {
    token: manager,
    body: { action: 'approve', reason: 'recommended by a friend of ours', partnerReference: reference },
  });
  expect(refused.status).toBe(409);
  expect(refused.body).toMatchObject({ code: 'already-exists' });
  const twice = await product.call('POST', `/v1/applications/${taken.applicationId}/decision`, {
    token: manager,
    body: { action: 'approve' },
  });
  expect(twice.status).toBe(409);

  const histories = await Promise.all([
    storedHistory(partnerOnboarding.workflowId(second.applicationId)),
    storedHistory(partnerOnboarding.workflowId(taken.applicationId)),
    storedHistory(negotiation.workflowId(taken.negotiationId)),
    storedHistory(signature.workflowId(taken.negotiationId)),
  ]);
  const stored = histories.join('\n');
  expect(stored).toContain('binary/pactline-encrypted');
  expect(stored).toContain('Encoded failure');
  for (const clear of ['Ratna', 'friend', reference, 'another partner has', 'application: cannot', '@example']) {
    expect({ clear, isStored: stored.includes(clear) }).toEqual({ clear, isStored: false });
  }
}, 120_000);
