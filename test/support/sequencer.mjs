import path from 'node:path';
import Sequencer from '@jest/test-sequencer';

/**
 * The files that wait more than they work (for deadlines, for processes that begin anew), by the seconds that they take, the
 * longest first.
 */
const waiting = Object.entries({
  'e2e/signing-kills': 276,
  'e2e/chaos': 139,
  'e2e/check-workflows': 139,
  'e2e/rehearsal': 121,
  'e2e/contracting-races': 110,
  'e2e/negotiation-history': 108,
  'e2e/launcher': 91,
  'e2e/long-reviews': 85,
  'e2e/worker-kill': 77,
  'e2e/agreement-life': 60,
  'e2e/signing-deadlines': 60,
  'e2e/signing-pages-browser': 60,
  'e2e/signing-failures-seal': 60,
  'e2e/amendment-notices': 60,
}).map(([name, seconds]) => ({ file: path.join('test', `${name}.test.ts`), seconds }));

/** What any other file takes, about. */
const othersSeconds = 10;

/** What Node gives for the import is the class itself, whatever its types say. */
const Base = /** @type {typeof Sequencer.default} */ (/** @type {unknown} */ (Sequencer));

/**
 * Has one file wait while the others work: behind each file that waits come as many others, in Jest's own order, as are
 * done meanwhile. Two that wait side by side would leave the machine idle, and one that began last would be waited for alone.
 */
export default class WaitingBesideWorking extends Base {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof Base>['sort']>[0]} tests
   */
  async sort(tests) {
    const sorted = await super.sort(tests);
    const others = sorted.filter((test) => !waiting.some(({ file }) => test.path.endsWith(file)));
    const ordered = waiting.flatMap(({ file, seconds }) => {
      const slow = sorted.find((test) => test.path.endsWith(file));
      return slow ? [slow, ...others.splice(0, Math.ceil(seconds / othersSeconds))] : [];
    });
    return [...ordered, ...others];
  }
}
