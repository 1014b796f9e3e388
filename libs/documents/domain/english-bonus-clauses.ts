import type { Bonus } from '../../agreements/domain/index.js';
import { englishPeriods } from './english-commission-clauses.js';
import type { Wording } from './wording.js';

const headings: Record<Bonus['kind'], string> = {
  upfront: 'One-off payment at activation',
  retainer: 'Recurring fee',
  milestone: 'Milestones',
  participation: 'Participation',
  lifetime_value: 'Customer lifetime value',
};

/** The heading of one bonus's clause. */
export function englishBonusHeading(bonus: Bonus): string {
  return `${headings[bonus.kind]} (bonus ${bonus.id})`;
}

/** One bonus in words. */
export function englishBonusText(bonus: Bonus, wording: Wording): string {
  switch (bonus.kind) {
    case 'upfront':
      return `The Partner earns ${wording.money(bonus.amountMinor)} once, when it is activated.`;
    case 'retainer':
      return `The Partner earns ${wording.money(bonus.amountMinor)} every ${wording.duration(bonus.every)}, counted from its activation; the first falls due ${wording.duration(bonus.every)} after activation. Nothing falls due at a moment when the Partner is suspended or this agreement has ended.`;
    case 'milestone':
      return milestoneText(bonus, wording);
    case 'participation':
      return `The Partner earns ${wording.money(bonus.amountMinor)} when the Company accepts the deliverable ${wording.quoted(bonus.deliverable)}.`;
    case 'lifetime_value':
      return `Once for each customer, ${wording.duration(bonus.after)} after that customer’s first sale through the Partner, the Partner earns ${wording.rate(bonus.rate)} of the customer’s sales within those ${wording.duration(bonus.after)}, less the refunds and voids dated before that moment.`;
  }
}

function milestoneText(bonus: Extract<Bonus, { kind: 'milestone' }>, wording: Wording): string {
  const events = `${wording.quoted(bonus.event)} events`;
  const measured = {
    count: `the number of ${events}`,
    amount: `the sum of the amounts of ${events}`,
    new_customers: `the number of different new customers among ${events}`,
  }[bonus.metric];
  const over = bonus.period === 'lifetime' ? 'since activation' : `within one ${englishPeriods[bonus.period]}`;
  const paid = bonus.period === 'lifetime' ? 'once' : `once in each ${englishPeriods[bonus.period]}`;
  const at = (value: number) => (bonus.metric === 'amount' ? wording.money(value) : wording.count(value));
  const steps = bonus.steps.map((step) => `• at ${at(step.at)}: ${wording.money(step.amountMinor)}`);
  return [
    `The Partner earns each of these amounts ${paid}, with the event at which ${measured} ${over} has reached the step. Refunds and voids do not take a milestone back.`,
    ...steps,
  ].join('\n');
}
