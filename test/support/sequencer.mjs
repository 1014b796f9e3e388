import path from 'node:path';
import Sequencer from '@jest/test-sequencer';

/**
 * The files that take longest, the longest first. They wait more than they work, and one that began last would be waited
 * for alone; the rest goes in Jest's own order.
 */
const first = [
  'e2e/signing-kills',
  'e2e/long-reviews',
  'e2e/negotiation-history',
  'e2e/rehearsal',
  'e2e/check-workflows',
  'e2e/worker-kill',
  'e2e/contracting-races',
  'e2e/launcher',
  'e2e/agreement-life',
  'e2e/signing-deadlines',
  'e2e/signing-pages-browser',
  'e2e/signing-failures-seal',
  'e2e/amendment-notices',
].map((name) => path.join('test', `${name}.test.ts`));

/** What Node gives for the import is the class itself, whatever its types say. */
const Base = /** @type {typeof Sequencer.default} */ (/** @type {unknown} */ (Sequencer));

/** Begins with what takes longest. */
export default class LongestFirst extends Base {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof Base>['sort']>[0]} tests
   */
  async sort(tests) {
    const rank = (/** @type {string} */ file) => {
      const index = first.findIndex((name) => file.endsWith(name));
      return index === -1 ? first.length : index;
    };
    return [...(await super.sort(tests))].sort((a, b) => rank(a.path) - rank(b.path));
  }
}
