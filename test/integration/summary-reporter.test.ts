import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/sources.js';

const run = promisify(execFile);

/** What a run of these tests writes down. */
async function summaryOf(...files: string[]): Promise<unknown> {
  const folder = mkdtempSync(path.join(tmpdir(), 'summary-'));
  try {
    const [summary, reporter] = [path.join(folder, 'summary.json'), 'test/support/summary-reporter.mjs'];
    files.forEach((tests, index) => writeFileSync(path.join(folder, `${index}.test.mjs`), tests));
    const settings = { globals: true, reporters: [path.join(projectRoot, reporter)], isolate: false };
    writeFileSync(path.join(folder, 'vitest.config.mjs'), `export default { test: ${JSON.stringify(settings)} };`);
    const vitest = path.join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
    const env = { ...process.env, PACTLINE_TEST_SUMMARY: summary };
    await run(process.execPath, [vitest, 'run', '--root', folder], { env }).catch(() => undefined);
    return JSON.parse(readFileSync(summary, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const passes = `test('passes', () => {});`;

describe('the summary of a test run', () => {
  it.each([
    ['tests', `${passes} test('fails', () => expect(1).toBe(2));`, { passed: 2, failed: 1, skipped: 0 }],
    ['a file that cannot be run as failed', `${passes} nothing.there();`, { passed: 1, failed: 1, skipped: 0 }],
    ['a file without a test as failed', `export {};`, { passed: 1, failed: 1, skipped: 0 }],
    [
      'what fails before tests, which then are left out',
      `describe('all', () => { beforeAll(() => { throw new Error('no'); }); ${passes} });`,
      { passed: 1, failed: 1, skipped: 1 },
    ],
    [
      'what fails after tests',
      `${passes} afterAll(() => { throw new Error('no'); });`,
      { passed: 2, failed: 1, skipped: 0 },
    ],
    [
      'what no test has caught',
      `test('passes', async () => { void Promise.reject(new Error('no')); await new Promise((go) => setTimeout(go, 50)); });`,
      { passed: 2, failed: 1, skipped: 0 },
    ],
    [
      'what was left out',
      `${passes} describe.skipIf(true)('all', () => { ${passes} });`,
      { passed: 2, failed: 0, skipped: 1 },
    ],
  ])('counts %s', async (_, tests, summary) => {
    expect(await summaryOf(tests, passes)).toEqual(summary);
  });

  it('counts a run of nothing but what was left out as failed', async () => {
    const tests = `describe.skipIf(true)('all', () => { ${passes} });`;
    expect(await summaryOf(tests)).toEqual({ passed: 0, failed: 1, skipped: 1 });
  });
});
