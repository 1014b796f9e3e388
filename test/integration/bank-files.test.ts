import { readPain001 } from '../../libs/bank-files/domain/index.js';
import {
  BankBatch,
  bankVariables,
  executionDay,
  finance,
  ibanDestination,
  MemoryDestinations,
} from '../support/bank-house.js';
import { notification, statusReport } from '../support/bank-messages.js';
import { PayoutHouse, refusal } from '../support/payout-house.js';

describe('payouts by ISO 20022 files', () => {
  const destinations = new MemoryDestinations();
  let batch: BankBatch;
  let house: PayoutHouse;

  beforeAll(async () => {
    house = await PayoutHouse.open({ ...bankVariables, PAYOUT_RAIL: 'iso-credit-transfer' }, destinations.furnish);
    batch = new BankBatch(house, destinations);
  });

  beforeEach(() => batch.begin());

  afterAll(() => house.close());

  it('go out in one file that says what the batch says, to the cent', async () => {
    expect(await batch.states()).toEqual(['submitted', 'submitted', 'submitted']);
    const prepared = await batch.file();
    expect(prepared).toMatchObject({
      state: 'prepared',
      instruction_count: 3,
      total_minor: '15000',
      execution_date: executionDay,
    });
    expect(await batch.files.prepare(batch.batchId, executionDay, finance)).toEqual([prepared]);
    const { bytes, file } = await batch.files.handOver(prepared.id, finance);
    const read = readPain001(bytes);
    expect(read.messageId).toBe(file.message_id);
    const instructions = await batch.instructions();
    expect(read.transfers.map(({ endToEndId, amountMinor }) => [endToEndId, amountMinor]).sort()).toEqual(
      instructions.map(({ end_to_end_id }, index) => [end_to_end_id, [4_000n, 5_000n, 6_000n][index]]).sort(),
    );
    expect(read.transfers[0]).toMatchObject({
      executionDate: executionDay,
      creditor: { name: 'Soren Muller', iban: ibanDestination.kind === 'iban' ? ibanDestination.iban : '' },
    });
  });

  it('pay the account that was known when they were written, whatever it is changed to', async () => {
    destinations.set(batch.partners[0]!, {
      ...ibanDestination,
      iban: 'GB33BUKB20201555555555',
    } as typeof ibanDestination);
    const { bytes } = await batch.files.handOver((await batch.file()).id, finance);
    expect(Buffer.from(bytes).toString()).not.toContain('GB33');
  });

  it('are handed over once, by whom and when is kept, and read again with a trace', async () => {
    const { id } = await batch.file();
    expect(await refusal(batch.files.content(id, finance))).toBe('illegal-transition');
    const results = await Promise.allSettled([1, 2, 3].map(() => batch.files.handOver(id, finance)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusal(batch.files.handOver(id, finance))).toBe('illegal-transition');
    expect(await batch.files.get(id)).toMatchObject({
      state: 'handed_over',
      hand_over: 'download',
      handed_over_by: 'usr_finance',
    });
    await batch.files.content(id, { actorId: 'usr_other' });
    const actions = (await house.audit(id)).map(({ action, actor_id }) => `${action} ${actor_id}`);
    expect(actions).toEqual([
      'bank_file.prepare usr_finance',
      'bank_file.hand_over usr_finance',
      'bank_file.read usr_other',
    ]);
  });

  it('keep bank data out of what is stored in the open, announced and audited', async () => {
    await batch.handedOver();
    const iban = 'FR1420041010050500013M02606';
    for (const table of [
      'bank_files',
      'bank_instructions',
      'audit_facts',
      'outbox_messages',
      'payout_items',
      'payout_attempts',
    ]) {
      const rows = await house.database.query(`select row_to_json(stored)::text as text from ${table} stored`);
      expect([table, JSON.stringify(rows).includes(iban)]).toEqual([table, false]);
      expect([table, JSON.stringify(rows).includes(Buffer.from(iban).toString('hex'))]).toEqual([table, false]);
    }
  });

  it('wait until everything of the batch was written', async () => {
    await house.database.query(`update payout_items set state = 'unknown' where batch_id = $1 and partner_id = $2`, [
      batch.batchId,
      batch.partners[0],
    ]);
    expect(await refusal(batch.file())).toBe('illegal-transition');
    expect(await refusal(batch.files.prepare(batch.batchId, '2026-03-31', finance))).toBe('invalid-document');
  });

  it('settle by the bank’s debits, are returned with its reason, and the books agree', async () => {
    const { message_id } = await batch.handedOver();
    const [first, second, third] = (await batch.instructions()).map(({ end_to_end_id }) => end_to_end_id);
    await batch.report(statusReport({ originalMessageId: message_id, group: 'ACCP' }));
    expect((await batch.files.list(batch.batchId))[0]).toMatchObject({ state: 'acknowledged' });
    expect(await batch.states()).toEqual(['submitted', 'submitted', 'submitted']);
    const debit = { currency: 'USD', direction: 'DBIT' as const };
    const report = await batch.report(
      notification([
        { ...debit, amount: '40.00', endToEndId: first!.toUpperCase(), reference: 'D1' },
        { ...debit, amount: '50.00', endToEndId: second!, reference: 'D2' },
        { ...debit, amount: '60.00', endToEndId: third!, reference: 'D3' },
        { ...debit, direction: 'CRDT', amount: '50.00', endToEndId: second!, reference: 'C1', returnReason: 'AC04' },
      ]),
    );
    expect(await batch.verdicts(report.id)).toEqual([
      'debit applied',
      'debit applied',
      'debit applied',
      'return applied',
    ]);
    expect(await batch.states()).toEqual(['settled', 'returned', 'settled']);
    const { items } = await house.payouts.listItems(batch.batchId);
    expect(items.find(({ state }) => state === 'returned')).toMatchObject({ failureCode: 'AC04' });
    expect(await batch.program.balance('held', batch.partners[1])).toBe(5_000n);
    expect(await batch.program.balance('payout_clearing')).toBe(0n);
    expect(await house.payouts.reconcile(batch.batchId)).toMatchObject({
      agrees: true,
      railMinor: 10_000n,
      ledgerMinor: 10_000n,
    });
    expect(await house.payouts.complete(batch.batchId)).toMatchObject({ state: 'partial' });
    expect(await batch.program.isSound()).toBe(true);
  });

  it('change nothing by a report that comes again, nor by the same movement in another report', async () => {
    await batch.handedOver();
    const [first] = (await batch.instructions()).map(({ end_to_end_id }) => end_to_end_id);
    const entries = [
      { currency: 'USD', direction: 'DBIT' as const, amount: '40.00', endToEndId: first!, reference: 'D1' },
      {
        currency: 'USD',
        direction: 'CRDT' as const,
        amount: '15.00',
        endToEndId: first!,
        reference: 'C1',
        returnReason: 'AC04',
      },
    ];
    const once = await batch.report(notification(entries));
    expect(once.isRepeated).toBe(false);
    const uploads = await Promise.all([1, 2, 3].map(() => batch.report(notification(entries))));
    expect(uploads.map(({ id, isRepeated }) => [id, isRepeated])).toEqual([1, 2, 3].map(() => [once.id, true]));
    const later = await batch.report(notification(entries, 'END-OF-DAY'));
    expect(await batch.verdicts(later.id)).toEqual(['debit unchanged', 'return unchanged']);
    const [row] = await house.database.query(
      `select returned_minor, state from bank_instructions where end_to_end_id = $1`,
      [first],
    );
    expect(row).toEqual({ returned_minor: '1500', state: 'settled' });
    // A partial return leaves the item settled; the difference is named.
    expect((await batch.states())[0]).toBe('settled');
    expect(await house.payouts.reconcile(batch.batchId)).toMatchObject({ agrees: false });
    const rest = await batch.report(notification([{ ...entries[1]!, amount: '25.00', reference: 'C2' }], 'REST'));
    expect(await batch.verdicts(rest.id)).toEqual(['return applied']);
    expect((await batch.states())[0]).toBe('returned');
  });

  it('end the same whichever report comes first', async () => {
    const { message_id } = await batch.handedOver();
    const [first] = (await batch.instructions()).map(({ end_to_end_id }) => end_to_end_id);
    const back = {
      currency: 'USD',
      direction: 'CRDT' as const,
      amount: '40.00',
      endToEndId: first!,
      reference: 'C1',
      returnReason: 'AC01',
    };
    await batch.report(notification([back], 'A'));
    expect((await batch.states())[0]).toBe('returned');
    const late = await batch.report(
      notification([{ currency: 'USD', direction: 'DBIT', amount: '40.00', endToEndId: first!, reference: 'D1' }], 'B'),
    );
    expect(await batch.verdicts(late.id)).toEqual(['debit unchanged']);
    const status = await batch.report(statusReport({ originalMessageId: message_id, group: 'ACSP' }));
    expect(await batch.verdicts(status.id)).toEqual(['file_status applied']);
    expect(await batch.states()).toEqual(['returned', 'submitted', 'submitted']);
    expect(await batch.program.isSound()).toBe(true);
  });

  it('come back where the bank rejects one of them, a part or the whole file', async () => {
    const { message_id } = await batch.handedOver();
    const [first] = (await batch.instructions()).map(({ end_to_end_id }) => end_to_end_id);
    const transactions = [{ endToEndId: first!, code: 'RJCT', reason: 'AC01' }];
    await batch.report(
      statusReport({ originalMessageId: message_id, group: 'PART', part: { id: `${message_id}-1` }, transactions }),
    );
    expect(await batch.states()).toEqual(['returned', 'submitted', 'submitted']);
    expect((await batch.files.list(batch.batchId))[0]).toMatchObject({ state: 'acknowledged' });
    const part = { id: `${message_id}-1`, code: 'RJCT', reason: 'AM04' };
    await batch.report(statusReport({ originalMessageId: message_id, messageId: 'BANK-2', part }));
    expect(await batch.states()).toEqual(['returned', 'returned', 'returned']);
    expect((await batch.files.list(batch.batchId))[0]).toMatchObject({
      state: 'rejected',
      reason_code: expect.stringMatching(/AC01|AM04/),
    });
    expect(await house.payouts.reconcile(batch.batchId)).toMatchObject({ agrees: true, railMinor: 0n });

    await batch.begin();
    const whole = await batch.handedOver();
    await batch.report(statusReport({ originalMessageId: whole.message_id, group: 'RJCT', groupReason: 'FF01' }));
    expect(await batch.states()).toEqual(['returned', 'returned', 'returned']);
    expect((await batch.files.list(batch.batchId))[0]).toMatchObject({ state: 'rejected', reason_code: 'FF01' });
    expect(await batch.program.isSound()).toBe(true);
  });

  it('settle together where the bank booked them as one, by the exact sum alone', async () => {
    const { message_id } = await batch.handedOver();
    const whole = {
      currency: 'USD',
      direction: 'DBIT' as const,
      batch: { paymentInformationId: `${message_id}-1`, count: 3 },
    };
    const wrong = await batch.report(notification([{ ...whole, amount: '149.99' }], 'A'));
    expect(await batch.verdicts(wrong.id)).toEqual(['debit amount_differs']);
    expect(await batch.states()).toEqual(['submitted', 'submitted', 'submitted']);
    const right = await batch.report(notification([{ ...whole, amount: '150.00' }], 'B'));
    expect(await batch.verdicts(right.id)).toEqual(['debit applied']);
    expect(await batch.states()).toEqual(['settled', 'settled', 'settled']);
  });

  it('name what is not theirs, of another amount, or the opposite of what was told, and change nothing by it', async () => {
    const { message_id } = await batch.handedOver();
    const [first, second, third] = (await batch.instructions()).map(({ end_to_end_id }) => end_to_end_id);
    const debit = { currency: 'USD', direction: 'DBIT' as const, reference: 'X' };
    const strange = await batch.report(
      notification([
        { ...debit, amount: '1.00', endToEndId: 'rent of march' },
        { ...debit, amount: '40.01', endToEndId: first! },
        { ...debit, amount: '40.00', currency: 'EUR', endToEndId: first! },
        { ...debit, amount: '40.00', endToEndId: first!, status: 'PDNG' },
        { ...debit, direction: 'CRDT', amount: '40.01', endToEndId: first!, returnReason: 'AC04' },
        { ...debit, amount: '50.00', endToEndId: second! },
        { ...debit, direction: 'CRDT', amount: '9.00' },
      ]),
    );
    expect(await batch.verdicts(strange.id)).toEqual([
      'debit unmatched',
      'debit amount_differs',
      'debit amount_differs',
      'debit noticed',
      'return amount_differs',
      'debit applied',
      'credit unmatched',
    ]);
    expect((await batch.reports.list(batch.program.id))[0]).toMatchObject({ open: 5 });
    const transactions = [
      { endToEndId: second!, code: 'RJCT' },
      { endToEndId: third!, code: 'ACCP', amount: { value: '60.01', currency: 'USD' } },
    ];
    const opposite = await batch.report(
      statusReport({ originalMessageId: message_id, part: { id: 'P' }, transactions }),
    );
    expect(await batch.verdicts(opposite.id)).toEqual([
      'payment_status contradiction',
      'payment_status amount_differs',
      'file_status noticed',
    ]);
    expect(await batch.states()).toEqual(['submitted', 'settled', 'submitted']);
  });

  it('take no report for a file that was not handed over, nor for one of another program', async () => {
    const prepared = await batch.file();
    const early = await batch.report(statusReport({ originalMessageId: prepared.message_id, group: 'ACSC' }));
    expect(await batch.verdicts(early.id)).toEqual(['file_status unmatched']);
    await batch.files.handOver(prepared.id, finance);
    const other = await house.program();
    const text = Buffer.from(statusReport({ originalMessageId: prepared.message_id, messageId: 'B', group: 'ACSC' }));
    const foreign = await batch.reports.receive(other.id, text, finance);
    expect(await batch.verdicts(foreign.id)).toEqual(['file_status unmatched']);
    expect(await batch.states()).toEqual(['submitted', 'submitted', 'submitted']);
  });

  it('store nothing of a report that cannot be read', async () => {
    expect(await refusal(batch.report('<Document/>'))).toBe('invalid-document');
    expect(await batch.reports.list(batch.program.id)).toEqual([]);
  });
});
