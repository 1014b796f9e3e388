import { writeFileSync } from 'node:fs';

/** @typedef {import('vitest/node').Reporter} Reporter */

/**
 * Writes down how many tests passed and failed, for the last line of `npm test`. A file whose tests could not even
 * be run counts as one that failed, and so do what goes before or after tests, an error that no test has caught, and a run
 * without any test.
 * @implements {Reporter}
 */
export default class SummaryReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} files
   * @param {ReadonlyArray<unknown>} strayErrors
   */
  onTestRunEnd(files, strayErrors) {
    const file = process.env['PACTLINE_TEST_SUMMARY'];
    if (!file) return;
    const count = { passed: 0, failed: strayErrors.length, skipped: 0, pending: 0 };
    for (const each of files) {
      for (const test of each.children.allTests()) count[test.result().state] += 1;
      count.failed += [each, ...each.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
    }
    const { passed, failed } = count;
    const skipped = count.skipped + count.pending;
    writeFileSync(file, JSON.stringify({ passed, failed: passed + failed === 0 ? 1 : failed, skipped }));
  }
}
