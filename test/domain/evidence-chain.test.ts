import fc from 'fast-check';
import {
  brokenAt,
  chainStart,
  factHash,
  type ChainedFact,
  type EnvelopeFact,
} from '../../libs/signatures/domain/index.js';

function chain(types: readonly string[]): ChainedFact[] {
  const facts: ChainedFact[] = [];
  types.forEach((type, index) => {
    const previousHash = facts.at(-1)?.hash ?? chainStart;
    const fact: EnvelopeFact = {
      envelopeId: 'env_1',
      number: index + 1,
      type,
      at: `2026-05-01T10:00:0${index}.000Z`,
      actorId: 'prt_1',
      data: { documentHash: 'a'.repeat(64), typedName: 'Ada Example' },
    };
    facts.push({ ...fact, previousHash, hash: factHash(fact, previousHash) });
  });
  return facts;
}

const steps = ['sent', 'viewed', 'signed', 'countersigned', 'executed'];

describe('evidence chain', () => {
  test('holds as it was written; an empty one holds too', () => {
    expect(brokenAt(chain(steps))).toBeUndefined();
    expect(brokenAt([])).toBeUndefined();
  });

  test('the order of keys in the data does not matter to a hash, their values do', () => {
    const [fact] = chain(['sent']) as [ChainedFact];
    const turned = { ...fact, data: { typedName: 'Ada Example', documentHash: 'a'.repeat(64) } };
    expect(factHash(turned, chainStart)).toBe(fact.hash);
    expect(factHash({ ...fact, data: { ...fact.data, typedName: 'Bob' } }, chainStart)).not.toBe(fact.hash);
  });

  test.each<[string, Partial<ChainedFact>]>([
    ['another type', { type: 'declined' }],
    ['another time', { at: '2026-05-02T10:00:00.000Z' }],
    ['another actor', { actorId: 'prt_2' }],
    ['another envelope', { envelopeId: 'env_2' }],
    ['other data', { data: {} }],
    ['another number', { number: 9 }],
    ['another hash before', { previousHash: 'b'.repeat(64) }],
    ['another hash', { hash: 'b'.repeat(64) }],
  ])('%s in any fact breaks it right there', (_, change) => {
    steps.forEach((__, index) => {
      const facts = chain(steps).map((fact, at) => (at === index ? { ...fact, ...change } : fact));
      expect(brokenAt(facts)).toBe(index + 1);
    });
  });

  test('a fact that is taken out, put in, doubled or moved breaks it', () => {
    const facts = chain(steps);
    const [first, second, third] = facts as [ChainedFact, ChainedFact, ChainedFact];
    expect(brokenAt(facts.slice(1))).toBe(1);
    expect(brokenAt([first, third])).toBe(2);
    expect(brokenAt([first, first, second])).toBe(2);
    expect(brokenAt([first, third, second])).toBe(2);
  });

  test('a fact rewritten with a new hash of its own breaks the one after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: steps.length - 2 }), fc.string(), (index, typedName) => {
        const facts = chain(steps);
        const fact = facts[index]!;
        const forged = { ...fact, data: { typedName: `forged ${typedName}` } };
        const hash = factHash(forged, fact.previousHash);
        expect(brokenAt(facts.map((each, at) => (at === index ? { ...forged, hash } : each)))).toBe(index + 2);
      }),
      { numRuns: 30 },
    );
  });
});
