import { readAchFile } from '../../libs/bank-files/domain/index.js';
import { BankBatch, bankVariables, finance, MemoryDestinations } from '../support/bank-house.js';
import { returnFile } from '../support/bank-messages.js';
import { PayoutHouse, refusal } from '../support/payout-house.js';

describe('payouts by NACHA files', () => {
  const destinations = new MemoryDestinations();
  let batch: BankBatch;
  let house: PayoutHouse;

  beforeAll(async () => {
    house = await PayoutHouse.open({ ...bankVariables, PAYOUT_RAIL: 'nacha' }, destinations.furnish);
    batch = new BankBatch(house, destinations);
  });

  beforeEach(() => batch.begin());

  afterAll(() => house.close());

  it('go out in files whose trace numbers and modifiers never repeat', async () => {
    const files = [];
    for (const round of [1, 2]) {
      if (round === 2) await batch.begin();
      files.push(readAchFile((await batch.files.handOver((await batch.file()).id, finance)).bytes));
    }
    const traces = files.flatMap(({ entries }) => entries.map(({ traceNumber }) => traceNumber));
    expect(new Set(traces).size).toBe(6);
    expect(files[0]!.fileIdModifier).not.toBe(files[1]!.fileIdModifier);
    expect(files[1]!.entries.map(({ amountMinor }) => amountMinor).sort()).toEqual([4_000n, 5_000n, 6_000n]);
    expect((await batch.instructions()).map(({ trace_number }) => traces.includes(trace_number))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('begin again at the first trace number before the last one, and ascend in every file', async () => {
    await batch.handedOver();
    await house.database.query(`update bank_counters set value = 9999998 where name like 'ach-trace/%'`);
    await batch.begin();
    const { bytes } = await batch.files.handOver((await batch.file()).id, finance);
    const traces = readAchFile(bytes).entries.map(({ traceNumber }) => traceNumber.slice(8));
    expect(traces).toEqual(['0000001', '0000002', '0000003']);
  });

  it('settle by a person’s word once acknowledged, of the exact amount, and come back by the return file', async () => {
    const { id } = await batch.handedOver();
    const word = { amountMinor: 15_000n, reason: 'statement of 3 April' };
    expect(await refusal(batch.reports.confirmPaid(id, word, finance))).toBe('illegal-transition');
    await batch.reports.acknowledge(id, { isAccepted: true, reason: 'confirmation by mail' }, finance);
    expect(await refusal(batch.reports.confirmPaid(id, { ...word, amountMinor: 14_999n }, finance))).toBe(
      'invalid-document',
    );
    expect(await batch.states()).toEqual(['submitted', 'submitted', 'submitted']);
    const traces = (await batch.instructions()).map(({ trace_number }) => trace_number);
    await batch.reports.confirmPaid(id, word, finance);
    expect(await refusal(batch.reports.confirmPaid(id, word, finance))).toBe('illegal-transition');
    expect(await batch.states()).toEqual(['settled', 'settled', 'settled']);
    const report = await batch.report(
      returnFile([
        { originalTrace: traces[0]!, code: 'R03', cents: 4_000, reference: '121042880000001' },
        { originalTrace: traces[1]!, code: 'R01', cents: 4_999, reference: '121042880000002' },
        { originalTrace: '021000029999999', code: 'R01', cents: 100, reference: '121042880000003' },
        { originalTrace: traces[2]!, code: 'C01', cents: 0, reference: '121042880000004' },
      ]),
    );
    expect(await batch.verdicts(report.id)).toEqual([
      'return applied',
      'return amount_differs',
      'return unmatched',
      'notice noticed',
    ]);
    expect(await batch.states()).toEqual(['returned', 'settled', 'settled']);
    expect(await house.payouts.reconcile(batch.batchId)).toMatchObject({ agrees: true, railMinor: 11_000n });
    const again = await batch.report(
      returnFile([{ originalTrace: traces[0]!, code: 'R03', cents: 4_000, reference: '121042880000001' }], {
        modifier: 'B',
      }),
    );
    expect(await batch.verdicts(again.id)).toEqual(['return unchanged']);
    expect(await batch.program.isSound()).toBe(true);
  });

  it('come back where a person says that the bank rejected the file', async () => {
    const { id } = await batch.handedOver();
    await batch.reports.acknowledge(id, { isAccepted: false, reason: 'rejected by mail' }, finance);
    expect(await batch.states()).toEqual(['returned', 'returned', 'returned']);
    expect(await refusal(batch.reports.acknowledge(id, { isAccepted: true, reason: 'no' }, finance))).toBe(
      'illegal-transition',
    );
    expect(await house.payouts.reconcile(batch.batchId)).toMatchObject({ agrees: true, railMinor: 0n });
  });
});
