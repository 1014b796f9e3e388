import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SummaryReporter from '../support/summary-reporter.mjs';

describe('the summary of a test run', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'summary-'));
  const given = process.env['PACTLINE_TEST_SUMMARY'];
  afterAll(() => {
    if (given === undefined) delete process.env['PACTLINE_TEST_SUMMARY'];
    else process.env['PACTLINE_TEST_SUMMARY'] = given;
    rmSync(folder, { recursive: true });
  });

  const none = {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
  };

  it.each([
    ['counts tests', { numPassedTests: 7, numFailedTests: 2 }, { passed: 7, failed: 2, skipped: 0 }],
    [
      'counts a file that could not be run as failed',
      { numPassedTests: 7, numRuntimeErrorTestSuites: 1 },
      { passed: 7, failed: 1, skipped: 0 },
    ],
    [
      'counts what was left out',
      { numPassedTests: 1, numPendingTests: 1, numTodoTests: 1 },
      { passed: 1, failed: 0, skipped: 2 },
    ],
    ['counts a run without tests as failed', {}, { passed: 0, failed: 1, skipped: 0 }],
    [
      'counts a run of nothing but skipped tests as failed',
      { numPendingTests: 3 },
      { passed: 0, failed: 1, skipped: 3 },
    ],
  ])('%s', (_title, counts, summary) => {
    const file = path.join(folder, 'summary.json');
    process.env['PACTLINE_TEST_SUMMARY'] = file;
    new SummaryReporter().onRunComplete(new Set(), { ...none, ...counts });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(summary);
  });
});
