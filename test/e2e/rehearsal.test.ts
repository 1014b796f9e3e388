import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { main as simulate } from '../../tools/simulate/main.js';
import { projectRoot } from '../../tools/embedded/project.mjs';
import { CommandRun, processOf, readJson, TestFolders } from '../support/rehearsals.js';

const patience = 300_000;
const samples = path.join(projectRoot, 'docs', 'samples');
const sample = (name: string): string => path.join(samples, name);

/**
 * What the sample comes to, worked out from its rows with pencil and decimal arithmetic: 12.5 % of a customer's first
 * order with a partner, 8 % of the others, half to even; refunds take back their share; 30 days of holding; payments on
 * the first of the month from USD 25.00 on.
 */
const expected = {
  applications: { read: 18, created: 13, duplicates: 1, refused: 4 },
  partners: { activated: 4 },
  orders: { read: 52, priced: 43, unpriced: 1, refused: 7, repeated: 1, unpricedBy: { zero: 1 } },
  refunds: {
    ...{ read: 8, priced: 4, unpriced: 2, refused: 2, repeated: 0 },
    unpricedBy: { refund_exceeds: 1, refund_before_event: 1 },
  },
  commission: {
    currency: 'USD',
    lines: 47,
    totalMinor: 27_834,
    byPartner: { 'aurora-records': 5_392, 'borealis-radio': 6_960, 'cirrus-guides': 8_244, 'dune-tapes': 7_238 },
  },
  payouts: { batches: 4, items: 7, settled: 7, failed: 0, totalMinor: 24_251, carriedMinor: 3_583 },
  ledger: { balanced: true, expenseMinor: 27_834, payableMinor: 3_583, accruedMinor: 0, paidMinor: 24_251 },
  rail: { transfers: 7, totalMinor: 24_251 },
  disagreements: [],
};

/** Lines by limits and bands, in minor units, with their arithmetic. */
const telling = [
  ['order-004', 'new-customers', 300], // the second USD 5.00 in a month of at most USD 8.00
  ['order-024', 'new-customers', 200], // what the partner's lifetime of USD 20.00 leaves after 5.00 + 3.00 + 5.00 + 5.00
  ['refund-8', 'new-customers', -500], // with refund-1 the whole order: a flat amount goes back whole
  ['order-002', 'volume', 645], // 100.00 × 5 % + 19.34 × 7.5 % = 6.4505
  ['order-044', 'volume', 1186], // from 228.91 on: 21.09 × 7.5 % + 102.75 × 10 % = 11.85675
  ['refund-3', 'volume', -8], // 1.00 of 3.40, on which 0.26 was earned: 0.0765
] as const;

describe('npm run rehearse', () => {
  const folders = new TestFolders();

  afterAll(() => folders.remove(), patience);

  function rehearse(folder: string, more: string[] = [], variables: NodeJS.ProcessEnv = {}): CommandRun {
    const files = ['--applications', sample('applications.csv'), '--orders', sample('orders.csv')];
    const args = [...files, '--refunds', sample('refunds.csv'), '--report', path.join(folder, 'R.json')];
    return CommandRun.start('rehearse', [...args, '--home', path.join(folder, 'home'), ...more], variables);
  }

  it(
    'plays the sample to the cent though it and its API are killed on the way, and changes nothing when run once more',
    async () => {
      const folder = folders.make();
      const killed = rehearse(folder);
      await killed.says(/^contracts /m);
      await killed.kill();
      expect(existsSync(path.join(folder, 'R.json'))).toBe(false);

      const resumed = rehearse(folder);
      await resumed.says(/^applications /m);
      process.kill(await processOf(path.join(folder, 'home'), 'api'), 'SIGKILL');
      expect({ code: await resumed.ended, errors: resumed.errors }).toMatchObject({ code: 0 });
      expect(resumed.output).toContain('Going on with the rehearsal');
      expect(resumed.output).toContain('api ended (SIGKILL)');
      expect(readJson(path.join(folder, 'R.json'))).toMatchObject(expected);

      const again = rehearse(folder);
      expect({ code: await again.ended, errors: again.errors }).toMatchObject({ code: 0 });
      expectRows(again, readJson(path.join(folder, 'R.json')));
    },
    patience,
  );

  /** The whole report, and each row that could not be used, in it and on standard error. */
  function expectRows(run: CommandRun, report: Record<string, unknown>): void {
    expect(report).toMatchObject(expected);
    const rows = report['rows'] as { file: string; line: number; ref?: string; reason: string }[];
    expect(rows.map(({ file, line }) => `${file} ${line}`)).toEqual([
      ...[14, 15, 16, 17, 18, 19].map((line) => `applications ${line}`),
      ...[46, 47, 48, 49, 50, 51, 52, 53].map((line) => `orders ${line}`),
      ...[7, 8].map((line) => `refunds ${line}`),
    ]);
    expect(rows.find(({ file, line }) => file === 'orders' && line === 46)?.reason).toContain('ordered_on is no day');
    for (const { file, line, reason } of rows) {
      expect(run.errors).toMatch(new RegExp(`^${file} line ${line}\\b.*${escaped(reason)}$`, 'm'));
    }
  }

  it(
    'earns by limits for new customers and by bands of the month what simulate gives for the same events',
    async () => {
      const folder = folders.make();
      const file = (name: string): string => path.join(folder, name);
      // One document with the rules of two samples: a partner's orders go through both.
      const { commissions, ...rest } = readJson(sample('terms-new-customers.json'));
      const bands = readJson(sample('terms-monthly-bands.json'))['commissions'];
      const terms = { ...rest, commissions: [...(commissions as object[]), ...(bands as object[])] };
      writeFileSync(file('terms.json'), JSON.stringify(terms));
      const run = rehearse(folder, [
        '--terms',
        file('terms.json'),
        '--totals',
        file('T.csv'),
        '--events',
        file('E.ndjson'),
      ]);
      expect({ code: await run.ended, errors: run.errors }).toMatchObject({ code: 0 });
      const totals = readFileSync(file('T.csv'), 'utf8');
      expect(totals).toBe(
        [
          'partner,currency,lines,amount_minor',
          'aurora-records,USD,9,3958',
          'borealis-radio,USD,8,3848',
          'cirrus-guides,USD,15,5760',
          'dune-tapes,USD,12,3860',
          '',
        ].join('\n'),
      );

      const files = ['--terms', file('terms.json'), '--events', file('E.ndjson'), '--out', file('L.ndjson')];
      const quiet = { write: () => true };
      const streams = { stdout: quiet, stderr: quiet };
      expect(await simulate([...files, '--totals', file('S.csv')], streams)).toBe(0);
      expect(readFileSync(file('S.csv'), 'utf8')).toBe(totals);
      const lines = readFileSync(file('L.ndjson'), 'utf8');
      for (const [event, rule, amountMinor] of telling) {
        expect(lines).toMatch(new RegExp(`"event":"${event}".*"rule":"${rule}".*"amountMinor":${amountMinor},`));
      }
    },
    patience,
  );
});

describe('npm run rehearse with what it cannot begin with', () => {
  const folders = new TestFolders();

  afterAll(() => folders.remove());

  async function refused(
    args: string[],
    variables: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number | null; errors: string }> {
    const run = CommandRun.start('rehearse', args, variables);
    return { code: await run.ended, errors: run.errors };
  }

  function usualArguments(folder: string): string[] {
    const files = ['--applications', sample('applications.csv'), '--orders', sample('orders.csv')];
    return [...files, '--report', path.join(folder, 'R.json'), '--home', path.join(folder, 'home')];
  }

  it.each([
    ['a live key', { STRIPE_API_KEY: 'sk_live_1234567890', STRIPE_API_BASE: 'http://127.0.0.1:1' }],
    ['a key without a sandbox', { STRIPE_API_KEY: 'sk_test_1234567890' }],
  ])('refuses %s and starts nothing', async (_, variables) => {
    const folder = folders.make();
    const { code, errors } = await refused(usualArguments(folder), variables);
    expect(code).toBe(2);
    expect(errors).toContain('STRIPE_API_KEY');
    expect(errors).not.toContain(variables.STRIPE_API_KEY);
    expect(existsSync(path.join(folder, 'home'))).toBe(false);
  });

  it('refuses terms that are none, with their places', async () => {
    const folder = folders.make();
    const terms = path.join(folder, 'terms.json');
    const program = readJson(path.join(projectRoot, 'libs', 'programs', 'demo-program.json'));
    const greedy = { id: 'greedy', event: 'sale', reward: { kind: 'percent', rate: '101' } };
    writeFileSync(terms, JSON.stringify({ ...(program['terms'] as object), commissions: [greedy] }));
    const { code, errors } = await refused([...usualArguments(folder), '--terms', terms]);
    expect(code).toBe(2);
    expect(errors).toContain('/commissions/0/reward/rate');
    expect(existsSync(path.join(folder, 'home'))).toBe(false);
  });

  it('refuses a file that is missing, and one without a column it needs', async () => {
    const folder = folders.make();
    const [, , ...rest] = usualArguments(folder);
    const missing = await refused(['--applications', path.join(folder, 'none.csv'), ...rest]);
    expect(missing).toMatchObject({ code: 2, errors: expect.stringContaining('none.csv') as string });
    const other = await refused(['--applications', sample('orders.csv'), ...rest]);
    expect(other).toMatchObject({ code: 2, errors: expect.stringContaining('application_ref') as string });
  });

  it('refuses a home that holds something else', async () => {
    const folder = folders.make();
    mkdirSync(path.join(folder, 'home'));
    writeFileSync(path.join(folder, 'home', 'keep.txt'), 'mine');
    expect(await refused(usualArguments(folder))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('is not empty') as string,
    });
    writeFileSync(path.join(folder, 'home', 'rehearsal.json'), '{"inputsHash":"of-others"}');
    expect(await refused(usualArguments(folder))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('of other files') as string,
    });
    expect(readFileSync(path.join(folder, 'home', 'keep.txt'), 'utf8')).toBe('mine');
  });

  it('says how it is used when an option is missing or unknown', async () => {
    expect(await refused([])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--applications is missing') as string,
    });
    expect(await refused(['--what'])).toMatchObject({ code: 2, errors: expect.stringContaining('Usage:') as string });
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
