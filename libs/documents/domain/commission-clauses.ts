import type { CommissionRule, Limits, Match, Reward } from '../../agreements/domain/index.js';
import type { UnnumberedClause } from './clause.js';
import type { Speech } from './speech.js';

/** What every commission rule has in common; the introduction of their section. */
export function commissionIntroduction(speech: Speech): string {
  return [speech.say('commissions.order', {}), speech.say('commissions.amount', {})].join('\n');
}

/** One commission rule in words: when it applies, what it gives, and its limits. */
export function ruleClause(rule: CommissionRule, speech: Speech): UnnumberedClause {
  const event = speech.wording.quoted(rule.event);
  const isCredit = rule.reward.kind === 'credit';
  const conditions = conditionsOf(rule.match ?? {}, speech);
  const applies =
    conditions.length === 0
      ? [speech.say('rule.always', { event })]
      : [speech.say('rule.conditions', { event }), ...speech.list(conditions)];
  return {
    heading: speech.say(isCredit ? 'rule.heading-credit' : 'rule.heading', { event, rule: rule.id }),
    text: [...applies, ...rewardLines(rule.reward, speech), ...limitLines(rule.limits ?? {}, speech)].join('\n'),
  };
}

/** Each condition of a rule as a phrase, in the order of the schema. */
function conditionsOf(match: Match, speech: Speech): string[] {
  const { wording } = speech;
  const { customer, minAmountMinor: least, tiers, coupons, products, countries, campaigns } = match;
  const { from, until, withinFirst } = match;
  return [
    customer && speech.say(customer === 'new' ? 'rule.when-new' : 'rule.when-existing', {}),
    least !== undefined && speech.say('rule.when-amount', { amount: wording.money(least) }),
    tiers && speech.say('rule.when-tier', { tiers: speech.anyQuoted(tiers) }),
    coupons && speech.say('rule.when-coupon', { coupons: speech.anyQuoted(coupons) }),
    products && speech.say('rule.when-product', { products: speech.anyQuoted(products) }),
    countries && speech.say('rule.when-country', { countries: speech.anyQuoted(countries) }),
    campaigns && speech.say('rule.when-campaign', { campaigns: speech.anyQuoted(campaigns) }),
    from !== undefined && speech.say('rule.when-from', { from: wording.instant(from) }),
    until !== undefined && speech.say('rule.when-until', { until: wording.instant(until) }),
    withinFirst !== undefined && speech.say('rule.when-within', { duration: wording.duration(withinFirst) }),
  ].filter((condition) => typeof condition === 'string');
}

function rewardLines(reward: Reward, speech: Speech): string[] {
  const { wording } = speech;
  switch (reward.kind) {
    case 'percent':
      return [speech.say('percent.text', { rate: wording.rate(reward.rate) })];
    case 'flat':
      return [speech.say('flat.text', { amount: wording.money(reward.amountMinor) })];
    case 'credit':
      return [speech.say('credit.text', { amount: wording.money(reward.amountMinor) })];
    case 'banded':
      return bandedLines(reward, speech);
  }
}

function bandedLines(reward: Extract<Reward, { kind: 'banded' }>, speech: Speech): string[] {
  const { wording } = speech;
  const isByAmount = reward.basis === 'amount';
  const over = wording.over(reward.period);
  // With a count as basis the event's own number picks the band, whatever the mode (terms.md, Pricing 5).
  const mode = !isByAmount ? 'banded.ordinal' : reward.mode === 'marginal' ? 'banded.slices' : 'banded.whole';
  const at = (value: number) => (isByAmount ? wording.money(value) : wording.count(value));
  const bands = reward.bands.map((band, index) => {
    const next = reward.bands[index + 1];
    const values = { from: at(band.from), rate: wording.rate(band.rate) };
    return next
      ? speech.say('banded.band', { ...values, next: at(next.from) })
      : speech.say('banded.last-band', values);
  });
  return [
    speech.say(isByAmount ? 'banded.by-amount' : 'banded.by-count', { over }),
    speech.say(mode, {}),
    ...speech.rows(bands),
  ];
}

function limitLines({ perEventMinor, perPeriod, lifetimeMinor }: Limits, speech: Speech): string[] {
  const { wording } = speech;
  const limits = [
    perEventMinor !== undefined && speech.say('limits.event', { amount: wording.money(perEventMinor) }),
    perPeriod &&
      speech.say('limits.period', {
        amount: wording.money(perPeriod.maxMinor),
        period: wording.period(perPeriod.period),
      }),
    lifetimeMinor !== undefined && speech.say('limits.lifetime', { amount: wording.money(lifetimeMinor) }),
  ].filter((limit) => typeof limit === 'string');
  return limits.length === 0 ? [] : [speech.say('limits.text', {}), ...speech.list(limits)];
}
