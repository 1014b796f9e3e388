import { BaseSequencer } from 'vitest/node';

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
}).map(([name, seconds]) => ({ file: `/test/${name}.test.ts`, seconds }));

/** What any other file takes, about. */
const othersSeconds = 10;

/**
 * Has one file wait while the others work: behind each file that waits come as many others, in Vitest's own order, as are
 * done meanwhile. Two that wait side by side would leave the machine idle, and one that began last would be waited for alone.
 */
export class WaitingBesideWorking extends BaseSequencer {
  /**
   * @override
   * @param {Parameters<BaseSequencer['sort']>[0]} files
   */
  async sort(files) {
    const sorted = await super.sort(files);
    const others = sorted.filter(({ moduleId }) => !waiting.some(({ file }) => moduleId.endsWith(file)));
    const ordered = waiting.flatMap(({ file, seconds }) => {
      const slow = sorted.find(({ moduleId }) => moduleId.endsWith(file));
      return slow ? [slow, ...others.splice(0, Math.ceil(seconds / othersSeconds))] : [];
    });
    return [...ordered, ...others];
  }
}
