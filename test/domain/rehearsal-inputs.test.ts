import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { standardProgram } from '../../tools/client/index.js';
import { readApplications, readOrders } from '../../tools/rehearse/inputs.js';
import { UnusableInput } from '../../tools/rehearse/options.js';
import { monthlyCutOffs } from '../../tools/rehearse/payouts.js';
import { formFields, rehearsalProgram } from '../../tools/rehearse/program.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const now = day('2026-01-15');

describe('the files of a rehearsal', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-inputs-'));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function file(...lines: string[]): string {
    const name = path.join(folder, `${Math.random()}.csv`);
    writeFileSync(name, `${lines.join('\n')}\n`);
    return name;
  }

  const orderHeader = 'order_ref,customer_ref,ordered_on,units,amount_usd,partner_ref';

  it('reads days as midnight UTC and amounts as cents', async () => {
    const { rows, faults } = await readOrders(
      file(orderHeader, 'o-1,c-1,2025-03-01,2,11.70,p-1', 'o-2,,2025-03-02,1,0,p-1'),
      now,
    );
    expect(faults).toEqual([]);
    expect(rows).toEqual([
      { line: 2, ref: 'o-1', customer: 'c-1', orderedAt: day('2025-03-01'), amountMinor: 1_170n, partnerRef: 'p-1' },
      { line: 3, ref: 'o-2', customer: '', orderedAt: day('2025-03-02'), amountMinor: 0n, partnerRef: 'p-1' },
    ]);
  });

  it.each([
    ['o-1,c,2025-02-29,1,1.00,p', 'ordered_on is no day'],
    ['o-1,c,2025-2-1,1,1.00,p', 'ordered_on is no day'],
    ['o-1,c,2026-01-16,1,1.00,p', 'ordered_on lies in the future'],
    ['o-1,c,2025-02-01,1,-1.00,p', 'no amount'],
    ['o-1,c,2025-02-01,1,1.001,p', 'no amount'],
    ['o-1,c,2025-02-01,1,"1,00",p', 'no amount'],
    ['o-1,c,2025-02-01,1,1e3,p', 'no amount'],
    ['o-1,c,2025-02-01,1,,p', 'no amount_usd'],
    ['o-1,c,2025-02-01,1,1.00,', 'no partner_ref'],
    [',c,2025-02-01,1,1.00,p', 'no order_ref'],
    ['o-1,c,2025-02-01,1,1.00', 'has 5 cells, not 6'],
  ])('finds fault with the row %s alone', async (row, reason) => {
    const { read, rows, faults } = await readOrders(file(orderHeader, row, 'o-2,c,2025-02-01,1,1.00,p'), now);
    expect(read).toBe(2);
    expect(rows.map(({ ref }) => ref)).toEqual(['o-2']);
    expect(faults).toEqual([expect.objectContaining({ line: 2, reason: expect.stringContaining(reason) as string })]);
  });

  it('counts a repeated row once and keeps the first of two that contradict each other', async () => {
    const good = 'o-1,c,2025-02-01,1,1.00,p';
    const { rows, repeats, faults } = await readOrders(
      file(orderHeader, good, good, good.replace('1.00', '2.00')),
      now,
    );
    expect(rows.map(({ amountMinor }) => amountMinor)).toEqual([100n]);
    expect(repeats).toEqual([{ line: 3, ref: 'o-1', reason: 'repeats line 2' }]);
    expect(faults).toEqual([expect.objectContaining({ line: 4, ref: 'o-1' })]);
  });

  it('reads columns in any order, and leaves the rest of an application to its form', async () => {
    const inputs = await readApplications(
      file('won_at,city,outcome,application_ref,partner_ref', ',Lund,won,a-1,p-1', ',,open,a-2,'),
    );
    expect(inputs.formColumns).toEqual(['city']);
    expect(inputs.rows).toEqual([
      { line: 2, ref: 'a-1', answers: { city: 'Lund' }, won: { partnerRef: 'p-1', wonAt: undefined } },
      { line: 3, ref: 'a-2', answers: {} },
    ]);
  });

  it.each([
    ['an empty file', ''],
    ['a column twice', 'application_ref,application_ref,outcome,partner_ref,won_at'],
    ['a missing column', 'application_ref,outcome,won_at'],
  ])('refuses %s as a whole', async (_, header) => {
    await expect(readApplications(file(header))).rejects.toBeInstanceOf(UnusableInput);
  });
});

describe("a rehearsal's program", () => {
  it('has one optional field for each column, under a name that a form may have', () => {
    const fields = formFields(['landing_page', '2nd', 'landing-page', '']);
    expect([...fields.values()].map(({ name, required }) => ({ name, required }))).toEqual(
      ['landingPage', 'column2', 'column3', 'column4'].map((name) => ({ name, required: false })),
    );
  });

  it('never vests or pays by its own schedule in the next months', () => {
    const { vesting, payout } = rehearsalProgram({ slug: 'r', terms: undefined, formColumns: [] }, day('2026-08-01'));
    expect([vesting.schedule, payout.schedule]).toEqual(['0 0 1 2 *', '0 0 1 2 *']);
  });
});

describe('the months of a rehearsal', () => {
  const { terms } = standardProgram();
  const months = (first: string, last: string): string[] =>
    monthlyCutOffs(day(first), day(last), terms, now).map((cutOff) => cutOff.toISOString().slice(0, 10));

  it('run from the month after the first event until its last one has vested', () => {
    expect(months('2025-01-01', '2025-01-01')).toEqual(['2025-02-01']);
    // Thirty days after the 2nd is the 1st of February: vested before that day's first instant it is not.
    expect(months('2025-01-02', '2025-01-02')).toEqual(['2025-02-01', '2025-03-01']);
    expect(months('2025-01-31', '2025-03-15')).toEqual(['2025-02-01', '2025-03-01', '2025-04-01', '2025-05-01']);
  });

  it('leave out what lies in the future', () => {
    expect(months('2025-11-20', '2026-01-10')).toEqual(['2025-12-01', '2026-01-01']);
    expect(months('2026-01-10', '2026-01-10')).toEqual([]);
  });
});
