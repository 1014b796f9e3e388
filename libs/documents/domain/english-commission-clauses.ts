import type { CommissionRule, Limits, Match, Period, Reward } from '../../agreements/domain/index.js';
import type { Wording } from './wording.js';

/** What the English calls the stretch over which a running total or a limit is counted. */
export const englishPeriods: Record<Period | 'lifetime', string> = {
  month: 'calendar month',
  quarter: 'calendar quarter',
  year: 'calendar year',
  lifetime: 'whole life of this rule',
};

/** The heading of one commission rule's clause. */
export function englishRuleHeading(rule: CommissionRule, wording: Wording): string {
  const what = rule.reward.kind === 'credit' ? 'Store credit' : 'Commission';
  return `${what} for ${wording.quoted(rule.event)} events (rule ${rule.id})`;
}

/** One commission rule in words: when it applies, what it gives, and its limits. */
export function englishRuleText(rule: CommissionRule, wording: Wording): string {
  const conditions = englishConditions(rule.match ?? {}, wording);
  const applies =
    conditions.length === 0
      ? [`Applies to every ${wording.quoted(rule.event)} event.`]
      : [
          `Applies to a ${wording.quoted(rule.event)} event when all of this holds:`,
          ...conditions.map((line) => `• ${line}`),
        ];
  return [...applies, ...rewardLines(rule.reward, wording), ...limitLines(rule.limits ?? {}, wording)].join('\n');
}

/** Each condition of a rule as a phrase, in the order of the schema. */
function englishConditions(match: Match, wording: Wording): string[] {
  const lines: string[] = [];
  if (match.customer === 'new')
    lines.push('the customer is new: the Partner brought no earlier sale by the same customer;');
  if (match.customer === 'existing')
    lines.push('the customer is an existing one: the Partner brought an earlier sale by the same customer;');
  if (match.minAmountMinor !== undefined) lines.push(`its amount is at least ${wording.money(match.minAmountMinor)};`);
  if (match.tiers) lines.push(`the Partner’s tier at that moment is ${anyQuoted(match.tiers, wording)};`);
  if (match.coupons) lines.push(`it carries the coupon ${anyQuoted(match.coupons, wording)};`);
  if (match.products) lines.push(`it includes the product ${anyQuoted(match.products, wording)};`);
  if (match.countries) lines.push(`its country is ${anyQuoted(match.countries, wording)};`);
  if (match.campaigns) lines.push(`it belongs to the campaign ${anyQuoted(match.campaigns, wording)};`);
  if (match.from !== undefined) lines.push(`it happens at or after ${wording.instant(match.from)};`);
  if (match.until !== undefined) lines.push(`it happens before ${wording.instant(match.until)};`);
  if (match.withinFirst !== undefined)
    lines.push(
      `it happens less than ${wording.duration(match.withinFirst)} after that customer’s first sale through the Partner;`,
    );
  return lines.map((line, index) => (index === lines.length - 1 ? `${line.slice(0, -1)}.` : line));
}

function anyQuoted(items: readonly string[], wording: Wording): string {
  return wording.any(items.map((item) => wording.quoted(item)));
}

function rewardLines(reward: Reward, wording: Wording): string[] {
  switch (reward.kind) {
    case 'percent':
      return [`The commission is ${wording.rate(reward.rate)} of the event’s amount.`];
    case 'flat':
      return [`The commission is ${wording.money(reward.amountMinor)} for each event, whatever its amount.`];
    case 'credit':
      return [
        `The Partner is given ${wording.money(reward.amountMinor)} of store credit for each event. Store credit goes to the Partner’s credit account and is never paid as money.`,
      ];
    case 'banded':
      return bandedLines(reward, wording);
  }
}

function bandedLines(reward: Extract<Reward, { kind: 'banded' }>, wording: Wording): string[] {
  const byAmount = reward.basis === 'amount';
  const over =
    reward.period === 'lifetime' ? 'over the whole life of this rule' : `in the same ${englishPeriods[reward.period]}`;
  const basis = byAmount
    ? `The rate depends on the running total of the amounts of all events that this clause applied to ${over}, this event included; refunds and voids do not lower it.`
    : `The rate depends on the running number of events that this clause applied to ${over}, this event included; refunds and voids do not lower it.`;
  const mode = bandMode(reward.mode, byAmount);
  const bands = reward.bands.map((band, index) => {
    const next = reward.bands[index + 1];
    const at = (value: number) => (byAmount ? wording.money(value) : wording.count(value));
    const range =
      next === undefined ? `${at(band.from)} and more` : `${at(band.from)} up to but not including ${at(next.from)}`;
    return `• ${range}: ${wording.rate(band.rate)}`;
  });
  return [basis, mode, ...bands];
}

function bandMode(mode: 'marginal' | 'whole', byAmount: boolean): string {
  if (!byAmount)
    return 'The whole amount of the event is priced with the rate of the band that its own number has reached:';
  if (mode === 'marginal')
    return 'Each slice of the event’s amount is priced with the rate of the band that it falls in:';
  return 'The whole amount of the event is priced with the rate of the band that the total has reached; earlier events keep theirs:';
}

function limitLines(limits: Limits, wording: Wording): string[] {
  const lines: string[] = [];
  if (limits.perEventMinor !== undefined) lines.push(`• at most ${wording.money(limits.perEventMinor)} for one event;`);
  if (limits.perPeriod)
    lines.push(
      `• at most ${wording.money(limits.perPeriod.maxMinor)} in one ${englishPeriods[limits.perPeriod.period]};`,
    );
  if (limits.lifetimeMinor !== undefined)
    lines.push(`• at most ${wording.money(limits.lifetimeMinor)} over the whole life of this rule;`);
  if (lines.length === 0) return [];
  const ended = lines.map((line, index) => (index === lines.length - 1 ? `${line.slice(0, -1)}.` : line));
  return ['This clause gives, in this order of checking and before refunds and voids are taken back:', ...ended];
}
