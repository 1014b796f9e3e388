import { parseRate, type Attribution } from '../../agreements/domain/index.js';

export type AttributionModel = Attribution['model'];

/** The roles that a partner has by the place of its touches, where nobody is said to have them. */
const introducer = 'introducer';
const influencer = 'influencer';
const closer = 'closer';

/** Of position-based shares: the first and the last partner have two fifths each, those between them a fifth together. */
const endWeight = 2n;
const middleWeight = 1n;

interface CountedTouch {
  readonly partnerId: string;
  readonly role?: string | undefined;
}

/**
 * The weight of each partner whose touches count, which are given in the order of time and are at least one; partners who get
 * nothing are absent. A model looks at partners, not at how often each of them reached the customer: repeating a touch earns
 * nobody more.
 */
export function weigh(
  { model, shares = {} }: { model: AttributionModel; shares?: Readonly<Record<string, string>> | undefined },
  touches: readonly CountedTouch[],
): Map<string, bigint> {
  const { first, last, between } = placesOf(touches);
  switch (model) {
    case 'last_touch':
      return new Map([[last, 1n]]);
    case 'first_touch':
      return new Map([[first, 1n]]);
    case 'linear':
      return new Map([first, last, ...between].map((partnerId) => [partnerId, 1n]));
    case 'position_based': {
      const middle = BigInt(between.length);
      const ends = middle === 0n ? 1n : endWeight * middle;
      const parts = [[first, ends] as const, [last, ends] as const];
      return reduced(added([...parts, ...between.map((partnerId) => [partnerId, middleWeight] as const)]));
    }
    case 'roles':
      return reduced(weighRoles(shares, holdersOf(touches)));
  }
}

/** The partners of the first and the last touch, and those who are neither, in the order of their first touches. */
function placesOf(touches: readonly CountedTouch[]): { first: string; last: string; between: string[] } {
  const first = touches[0]!.partnerId;
  const last = touches.at(-1)!.partnerId;
  const between = new Set(touches.map(({ partnerId }) => partnerId));
  between.delete(first);
  between.delete(last);
  return { first, last, between: [...between] };
}

/**
 * Who has which role. A role that a touch states belongs to the partners of such touches alone; of the others, the introducer
 * is the partner of the first touch, the closer that of the last, and influencers are all who have no role by then.
 */
function holdersOf(touches: readonly CountedTouch[]): Map<string, Set<string>> {
  const holders = new Map<string, Set<string>>();
  const hold = (role: string, partnerId: string): void => {
    holders.set(role, (holders.get(role) ?? new Set()).add(partnerId));
  };
  for (const { partnerId, role } of touches) if (role !== undefined) hold(role, partnerId);
  const stated = new Set(holders.keys());
  const { first, last } = placesOf(touches);
  if (!stated.has(introducer)) hold(introducer, first);
  if (!stated.has(closer)) hold(closer, last);
  if (stated.has(influencer)) return holders;
  const busy = new Set([...holders.values()].flatMap((partnerIds) => [...partnerIds]));
  for (const { partnerId } of touches) if (!busy.has(partnerId)) hold(influencer, partnerId);
  return holders;
}

/** The share of a role is divided equally among its holders; that of a role which nobody has goes to the others in proportion. */
function weighRoles(
  shares: Readonly<Record<string, string>>,
  holders: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, bigint> {
  const held = Object.entries(shares).flatMap(([role, share]) => {
    const partnerIds = holders.get(role);
    return partnerIds ? [{ partnerIds, share: parseRate(share) }] : [];
  });
  // In a common unit, so that a third of a role stays whole.
  const unit = held.reduce((product, { partnerIds }) => product * BigInt(partnerIds.size), 1n);
  return added(
    held.flatMap(({ partnerIds, share }) => {
      const each = (share * unit) / BigInt(partnerIds.size);
      return [...partnerIds].map((partnerId) => [partnerId, each] as const);
    }),
  );
}

function added(parts: readonly (readonly [string, bigint])[]): Map<string, bigint> {
  const weights = new Map<string, bigint>();
  for (const [partnerId, weight] of parts) weights.set(partnerId, (weights.get(partnerId) ?? 0n) + weight);
  return weights;
}

/** The same proportions in the smallest whole numbers, without those that are 0. */
function reduced(weights: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const divisor = [...weights.values()].reduce(greatestCommonDivisor, 0n);
  return new Map([...weights].flatMap(([id, weight]) => (weight === 0n ? [] : [[id, weight / divisor]])));
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
