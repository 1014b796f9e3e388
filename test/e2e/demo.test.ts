import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../libs/kernel/sha256.js';
import { verifyContract } from '../../libs/seals/index.js';
import { readPdf } from '../support/pdf-text.js';
import { CommandRun, readJson, TestFolders } from '../support/rehearsals.js';

const patience = 240_000;

describe('npm run demo', () => {
  const folders = new TestFolders();

  afterAll(() => folders.remove(), patience);

  it(
    'starts what is missing, walks a partner to a paid commission, leaves the papers and stops again',
    async () => {
      const folder = folders.make();
      const out = path.join(folder, 'papers');
      const run = CommandRun.start('demo', ['--out', out], { PACTLINE_HOME: path.join(folder, 'home') });
      expect({ code: await run.ended, errors: run.errors }).toEqual({ code: 0, errors: '' });

      // 14 % of the first order of USD 120, 8 % of the second of USD 80, less 8 % of the USD 20 that went back.
      const payment = { state: 'settled', amount: { amountMinor: 1_680 + 640 - 160, currency: 'USD' } };
      const summary = readJson(path.join(out, 'summary.json'));
      expect(summary).toMatchObject({ commission: payment.amount, payment });
      expect(run.output.trimEnd()).toMatch(/Paid to Nora Lindqvist: USD 21\.60, .* after the first step\.$/);
      for (const word of ['applies', 'approves', 'accepts', 'signs', 'countersigns', 'Why did I get this', 'submits']) {
        expect(run.output).toContain(word);
      }

      // The README tells of the same steps, in the same order.
      const titles = (text: string): string[] =>
        [...text.matchAll(/^\d+\. +(.+?) {2,}[\d.]+ s$/gm)].map(([, title = '']) => title);
      const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
      expect(titles(run.output).length).toBeGreaterThan(15);
      expect(titles(readme)).toEqual(titles(run.output));

      const contract = readFileSync(path.join(out, 'contract.pdf'));
      const report = verifyContract(contract, { evidence: readFileSync(path.join(out, 'evidence.pdf')) });
      // Nobody named the demo's own key to the verifier: that it does not know it is all that it finds.
      expect(new Set(report.findings.map(({ code }) => code))).toEqual(new Set(['unknown-certificate']));
      const advice = readFileSync(path.join(out, 'remittance-advice.pdf'));
      expect(sha256(contract)).toBe(summary['documentHash']);
      expect(sha256(advice)).toBe((summary['payment'] as Record<string, string>)['remittanceAdviceHash']);
      expect((await readPdf(contract)).text).toContain(summary['termsHash']);
      expect((await readPdf(advice)).text).toContain('21.60');
      expect(existsSync(path.join(folder, 'home', 'run.json'))).toBe(false);
    },
    patience,
  );

  it('says how it is used where an option is unknown', async () => {
    const run = CommandRun.start('demo', ['--what']);
    expect(await run.ended).toBe(2);
    expect(run.errors).toContain('Usage:');
  });
});
