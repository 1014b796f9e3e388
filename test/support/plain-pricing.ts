import type { Bonus, CommissionRule, Terms } from '../../libs/agreements/domain/index.js';

/** An event of a plain model: instants in milliseconds, amounts in dollars' cents. */
export interface PlainEvent {
  kind: 'conversion' | 'refund' | 'void';
  id: string;
  type: string;
  at: number;
  partner: string;
  amount: number;
  customer?: string | undefined;
  coupon?: string | undefined;
  /** What a refund or void names. */
  of?: string;
}

export interface PlainFacts {
  /** Undefined where nobody was activated. */
  activatedAt: number | undefined;
  asOf: number;
}

interface Taken {
  event: PlainEvent;
  rule: CommissionRule | undefined;
  amount: number;
}

/**
 * The lines of some events under terms, as `partner event rule amount`, by the words of terms.md alone: each number is counted
 * anew from the whole list of events, and nothing is remembered from one to the next. Months are those of UTC, and durations
 * whole months of 28 days or fewer from the first of one; it shares no code with the engine.
 */
export function plainLines(events: readonly PlainEvent[], terms: Terms, facts: PlainFacts): string[] {
  const lines: string[] = [];
  const kept = events.filter((event, index) => events.findIndex(({ id }) => id === event.id) === index);
  for (const partner of new Set(kept.filter(isConversion).map((event) => event.partner))) {
    const own = kept.filter((event) => isConversion(event) && event.partner === partner).sort(inTime);
    const taken: Taken[] = [];
    for (const event of own) taken.push(take(event, taken, own, terms));
    const write = (event: string, rule: string, amount: number): void => {
      if (amount !== 0) lines.push(`${partner} ${event} ${rule} ${amount}`);
    };
    for (const each of taken) {
      if (each.rule) write(each.event.id, each.rule.id, each.amount);
      for (const { id, amount } of takenBack(each, kept)) write(id, each.rule!.id, -amount);
    }
    for (const bonus of terms.bonuses ?? []) giveBonus(bonus, own, kept, facts, write);
  }
  return lines.sort();
}

const isConversion = ({ kind }: PlainEvent): boolean => kind === 'conversion';
const inTime = (a: PlainEvent, b: PlainEvent): number => a.at - b.at || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);

function take(event: PlainEvent, before: readonly Taken[], own: readonly PlainEvent[], terms: Terms): Taken {
  const rule = terms.commissions.find((each) => matches(each, event, own));
  if (!rule) return { event, rule, amount: 0 };
  const sameRule = before.filter((each) => each.rule === rule);
  let amount = halfEven(exact(rule, event, sameRule), 100_000_000n);
  const { perEventMinor, perPeriod, lifetimeMinor } = rule.limits ?? {};
  const given = (list: readonly Taken[]): number => list.reduce((sum, each) => sum + each.amount, 0);
  if (perEventMinor !== undefined) amount = Math.min(amount, perEventMinor);
  if (perPeriod) {
    const inPeriod = sameRule.filter((each) => same(each.event, event, perPeriod.period));
    amount = Math.min(amount, Math.max(0, perPeriod.maxMinor - given(inPeriod)));
  }
  if (lifetimeMinor !== undefined) amount = Math.min(amount, Math.max(0, lifetimeMinor - given(sameRule)));
  return { event, rule, amount };
}

function isNew(event: PlainEvent, own: readonly PlainEvent[]): boolean {
  return !own.some((each) => each.type === 'sale' && each.customer === event.customer && inTime(each, event) < 0);
}

function matches({ event: type, match = {} }: CommissionRule, event: PlainEvent, own: readonly PlainEvent[]): boolean {
  if (type !== event.type) return false;
  if (match.customer !== undefined) {
    if (event.customer === undefined) return false;
    if (isNew(event, own) !== (match.customer === 'new')) return false;
  }
  if (match.minAmountMinor !== undefined && event.amount < match.minAmountMinor) return false;
  return match.coupons === undefined || (event.coupon !== undefined && match.coupons.includes(event.coupon));
}

/** In hundred-millionths of a cent. */
function exact({ reward }: CommissionRule, event: PlainEvent, sameRule: readonly Taken[]): bigint {
  if (reward.kind === 'flat' || reward.kind === 'credit') return BigInt(reward.amountMinor) * 100_000_000n;
  if (reward.kind === 'percent') return BigInt(event.amount) * millionths(reward.rate);
  const counted = sameRule.filter((each) => same(each.event, event, reward.period)).map((each) => each.event);
  const bandOf = (total: number): bigint => millionths(reward.bands.filter(({ from }) => from <= total).at(-1)!.rate);
  if (reward.basis === 'count') return BigInt(event.amount) * bandOf(counted.length + 1);
  const total = counted.reduce((sum, { amount }) => sum + amount, 0);
  if (reward.mode === 'whole') return BigInt(event.amount) * bandOf(total + event.amount);
  let sum = 0n;
  for (let cent = total; cent < total + event.amount; cent += 1) sum += bandOf(cent);
  return sum;
}

/** What refunds and voids take back of a line, one after the other. */
function takenBack({ event, rule, amount }: Taken, all: readonly PlainEvent[]): { id: string; amount: number }[] {
  if (!rule || amount === 0) return [];
  const isWhole = rule.reward.kind === 'flat' || rule.reward.kind === 'credit';
  let before = 0;
  return effective(event, all).map(({ id, refunded, isVoid }) => {
    const share = isWhole
      ? isVoid || refunded === event.amount
        ? amount
        : 0
      : isVoid
        ? amount
        : halfEven(BigInt(amount) * BigInt(refunded), BigInt(event.amount));
    const own = share - before;
    before = share;
    return { id, amount: own };
  });
}

/** The refunds and voids of an event that have an effect, with what is refunded by then. */
function effective(
  event: PlainEvent,
  all: readonly PlainEvent[],
): { id: string; at: number; refunded: number; isVoid: boolean }[] {
  const found: { id: string; at: number; refunded: number; isVoid: boolean }[] = [];
  let refunded = 0;
  for (const each of all.filter(({ of }) => of === event.id).sort(inTime)) {
    if (each.at < event.at) continue;
    if (each.kind === 'void') return [...found, { id: each.id, at: each.at, refunded, isVoid: true }];
    if (event.amount === 0 || refunded + each.amount > event.amount) continue;
    refunded += each.amount;
    found.push({ id: each.id, at: each.at, refunded, isVoid: false });
  }
  return found;
}

function giveBonus(
  bonus: Bonus,
  own: readonly PlainEvent[],
  all: readonly PlainEvent[],
  { activatedAt, asOf }: PlainFacts,
  write: (event: string, rule: string, amount: number) => void,
): void {
  const named = (at: number): string => `${bonus.id}@${new Date(at).toISOString().replace('.000Z', 'Z')}`;
  if (bonus.kind === 'upfront' && activatedAt !== undefined && activatedAt <= asOf)
    write(named(activatedAt), bonus.id, bonus.amountMinor);
  if (bonus.kind === 'retainer' && activatedAt !== undefined) {
    for (let due = later(activatedAt, 1), n = 1; due <= asOf; due = later(activatedAt, ++n))
      write(named(due), bonus.id, bonus.amountMinor);
  }
  if (bonus.kind === 'lifetime_value') {
    const sales = own.filter(({ type, customer }) => type === 'sale' && customer !== undefined);
    for (const first of sales.filter((sale) => isNew(sale, own))) {
      const due = later(first.at, 1);
      if (due > asOf) continue;
      const bought = sales.filter(({ customer, at }) => customer === first.customer && at < due);
      const net = (sale: PlainEvent): number => {
        const last = effective(
          sale,
          all.filter(({ at }) => at < due),
        ).at(-1);
        return last?.isVoid ? 0 : sale.amount - (last?.refunded ?? 0);
      };
      const total = bought.reduce((sum, sale) => sum + net(sale), 0);
      write(first.id, bonus.id, halfEven(BigInt(total) * millionths(bonus.rate), 100_000_000n));
    }
  }
  if (bonus.kind !== 'milestone') return;
  const counted = own.filter(({ type }) => type === bonus.event);
  for (const { at, amountMinor } of bonus.steps) {
    for (const event of counted) {
      const reached = (until: PlainEvent): number => {
        const upTo = counted.filter((each) => inTime(each, until) <= 0 && same(each, until, bonus.period));
        if (bonus.metric === 'count') return upTo.length;
        if (bonus.metric === 'amount') return upTo.reduce((sum, { amount }) => sum + amount, 0);
        return new Set(
          upTo.filter((each) => each.customer !== undefined && isNew(each, own)).map((each) => each.customer),
        ).size;
      };
      const isFirst = !counted.some(
        (each) => inTime(each, event) < 0 && same(each, event, bonus.period) && reached(each) >= at,
      );
      if (reached(event) >= at && isFirst) write(event.id, bonus.id, amountMinor);
    }
  }
}

/** Months on, for instants on days that every month has. */
function later(at: number, months: number): number {
  const date = new Date(at);
  return date.setUTCMonth(date.getUTCMonth() + months);
}

function same(a: PlainEvent, b: PlainEvent, period: 'month' | 'quarter' | 'year' | 'lifetime'): boolean {
  const [one, other] = [new Date(a.at), new Date(b.at)];
  if (period === 'lifetime') return true;
  if (one.getUTCFullYear() !== other.getUTCFullYear()) return false;
  if (period === 'year') return true;
  const length = period === 'month' ? 1 : 3;
  return Math.floor(one.getUTCMonth() / length) === Math.floor(other.getUTCMonth() / length);
}

function millionths(rate: string): bigint {
  const [whole = '0', fraction = ''] = rate.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function halfEven(numerator: bigint, denominator: bigint): number {
  const twice = (numerator % denominator) * 2n;
  const down = numerator / denominator;
  const isUp = twice > denominator || (twice === denominator && down % 2n === 1n);
  return Number(isUp ? down + 1n : down);
}
