import { writeFileSync } from 'node:fs';

/**
 * Writes down how many tests passed and failed, for the last line of `npm test`. A file whose tests could not even
 * be run counts as one that failed, and so does a run without any test.
 */
export default class SummaryReporter {
  /**
   * @param {unknown} _contexts
   * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, numRuntimeErrorTestSuites: number }} results
   */
  onRunComplete(_contexts, results) {
    const file = process.env['PACTLINE_TEST_SUMMARY'];
    if (!file) return;
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    writeFileSync(file, JSON.stringify({ passed, failed: passed + failed === 0 ? 1 : failed, skipped }));
  }
}
