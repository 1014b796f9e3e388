import { actHash, brokenActAt, firstActFollows, type ChainedAct } from '../../libs/agreements/domain/index.js';

function chain(length: number): ChainedAct[] {
  const acts: ChainedAct[] = [];
  for (let number = 1; number <= length; number++) {
    const previousHash = acts.at(-1)?.hash ?? firstActFollows;
    const act = {
      agreementId: 'agr_1',
      number,
      type: 'termination_given' as const,
      at: `2026-01-0${number}T00:00:00.000Z`,
      side: 'partner' as const,
      actorId: 'usr_1',
      termsHash: 'a'.repeat(64),
      data: { reason: `reason ${number}` },
    };
    acts.push({ ...act, previousHash, hash: actHash(act, previousHash) });
  }
  return acts;
}

describe('acts on an agreement', () => {
  test('hold together', () => {
    expect(brokenActAt([])).toBeUndefined();
    expect(brokenActAt(chain(4))).toBeUndefined();
  });

  test.each<[string, (acts: ChainedAct[]) => ChainedAct[], number]>([
    ['one that was changed', (acts) => acts.with(1, { ...acts[1]!, actorId: 'usr_2' }), 2],
    ['one whose facts were changed', (acts) => acts.with(2, { ...acts[2]!, data: { reason: 'another' } }), 3],
    ['one that is missing', (acts) => acts.toSpliced(1, 1), 2],
    ['the first that is missing', (acts) => acts.slice(1), 1],
    ['two that changed places', (acts) => [acts[1]!, acts[0]!, ...acts.slice(2)], 1],
  ])('tell of %s', (_name, tamper, broken) => {
    expect(brokenActAt(tamper(chain(4)))).toBe(broken);
  });
});
