import { canonicalJson } from '../../libs/kernel/canonical-json.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { batchContentHash, BatchContentHash, type BatchContent } from '../../libs/payouts/domain/index.js';

const frame: Omit<BatchContent, 'items'> = {
  ...{ batchId: 'bat_1', programId: 'prg_1', currency: 'USD', revision: 0 },
  cutOff: new Date('2026-04-01T00:00:00Z'),
};
const items = ['itm_a', 'itm_b', 'itm_c'].map((id, index) => ({
  ...{ id, partnerId: `prt_${index}`, amountMinor: BigInt(100 + index), accountReference: `acct_${index} "items":[]` },
  withheldMinor: index === 1 ? 7n : 0n,
}));

/** The canonical text as it is told: one document with a list. */
function told(revision: number, list: typeof items): string {
  const text = canonicalJson({
    ...{ batchId: 'bat_1', programId: 'prg_1', currency: 'USD', cutOff: '2026-04-01T00:00:00.000Z' },
    ...(revision === 0 ? {} : { revision }),
    items: list.map(({ withheldMinor, amountMinor, ...item }) => ({
      ...{ ...item, amountMinor: `${amountMinor}` },
      ...(withheldMinor === 0n ? {} : { withheldMinor: `${withheldMinor}` }),
    })),
  });
  return sha256(text);
}

describe('the hash of what a batch pays', () => {
  it.each([0, 3])('is that of the canonical document, whatever the order of the list (revision %p)', (revision) => {
    expect(batchContentHash({ ...frame, revision, items: [...items].reverse() })).toBe(told(revision, items));
    expect(batchContentHash({ ...frame, revision, items: [] })).toBe(told(revision, []));
  });

  it('is the same in parts as in one', () => {
    const hash = new BatchContentHash(frame);
    hash.add(items.slice(0, 1));
    hash.add([]);
    hash.add(items.slice(1));
    expect(hash.digest()).toBe(told(0, items));
  });

  it('takes no item twice, and none out of turn', () => {
    const hash = new BatchContentHash(frame);
    hash.add(items.slice(1, 2));
    expect(() => hash.add(items.slice(1, 2))).toThrow(RangeError);
    expect(() => hash.add(items.slice(0, 1))).toThrow(RangeError);
  });
});
