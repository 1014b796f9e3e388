import { formatMoney, type MoneyJson } from '../../libs/kernel/money.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { ApiProblem, waitFor, type BatchView, type CollectionResult, type PayoutItemView } from '../client/index.js';
import { patienceMs, type ContractedPartner, type Stage } from './contracting.js';

/** A commission that was paid, with its papers. */
export interface Paid {
  batchId: string;
  contentHash: string;
  itemId: string;
  state: string;
  amount: MoneyJson;
  remittanceAdvice: Uint8Array;
  remittanceAdviceHash: string;
}

const money = ({ amountMinor, currency }: MoneyJson): string => formatMoney(BigInt(amountMinor), currency);

/** From what was earned to what was paid: vesting, collection, submission, approval, the rail, the advice. */
export async function pay(stage: Stage, partner: ContractedPartner): Promise<Paid> {
  const { api, story, cast, signal } = stage;
  const key = (step: string): string => `demo/${cast.run}/${step}`;
  const batchId = await collect(stage, partner);
  await story.step(
    'Fatima of finance submits the batch',
    () => api.submitBatch(batchId, key('submission')),
    () => ['Its amounts are reserved in the ledger and its content is frozen. She made it, so she cannot approve it.'],
  );
  const { contentHash } = await api.batch(batchId);
  if (!contentHash) throw new Error('The submitted batch has no content hash.');
  await story.step(
    'Farid approves it',
    () => api.approveBatch(batchId, contentHash, key('approval')),
    () => [`He names what he approves: content ${contentHash}.`],
  );
  const settled = async (): Promise<BatchView | undefined> => {
    const batch = await api.batch(batchId);
    return ['completed', 'partial'].includes(batch.state) ? batch : undefined;
  };
  await story.step(
    'The money leaves by the payment rail',
    () => waitFor(settled, { what: 'the rail to settle the batch', patienceMs, signal }),
    ({ state, total }) => [`The rail reports the transfer of ${money(total)} as settled; the batch is ${state}.`],
  );
  return receive(stage, partner, { batchId, contentHash });
}

/** The account at the rail opens a moment after the contract is in force: until then amounts are carried. */
async function collect({ api, story, cast, signal }: Stage, { programId }: ContractedPartner): Promise<string> {
  let attempt = 0;
  const collected = async (): Promise<CollectionResult | undefined> => {
    attempt += 1;
    // A cut-off lies in the past; an event counts when it happened, and its holding period ended, before it.
    const cutOff = new Date(Date.now() - 1);
    await api.vest(programId, cutOff, `demo/${cast.run}/vesting/${attempt}`);
    const result = await api.collect(programId, cutOff, `demo/${cast.run}/collection/${attempt}`);
    return result.items > 0 ? result : undefined;
  };
  const { batchId } = await story.step(
    'What is vested is collected for payout',
    () => waitFor(collected, { what: 'something to pay', patienceMs, signal }),
    ({ items, total }) => [
      `A draft of ${items} payment of ${money(total)}. In daily life a schedule does this every month.`,
    ],
  );
  if (!batchId) throw new Error('The collection made no batch.');
  return batchId;
}

async function receive(
  { api, story, signal }: Stage,
  { partnerId }: ContractedPartner,
  batch: { batchId: string; contentHash: string },
): Promise<Paid> {
  const item = await itemOf(api.batchItems(batch.batchId), partnerId);
  if (item.state !== 'settled') throw new Error(`The payment is ${item.state}, not settled.`);
  // It is made after the batch has ended.
  const advice = () =>
    api.remittanceAdvice(item.id).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.code === 'not-found') return undefined;
      throw error;
    });
  const remittanceAdvice = await story.step(
    'She gets a remittance advice',
    () => waitFor(advice, { what: 'the remittance advice', patienceMs, signal }),
    (pdf) => [`A PDF of ${Math.ceil(pdf.byteLength / 1024)} KiB that lists what the payment is made of, line by line.`],
  );
  const { id: itemId, state, amount } = item;
  return { ...batch, itemId, state, amount, remittanceAdvice, remittanceAdviceHash: sha256(remittanceAdvice) };
}

async function itemOf(items: AsyncIterable<PayoutItemView>, partnerId: string): Promise<PayoutItemView> {
  for await (const item of items) if (item.partnerId === partnerId) return item;
  throw new Error('The batch has no payment for the partner.');
}
