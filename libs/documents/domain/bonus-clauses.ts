import type { Bonus } from '../../agreements/domain/index.js';
import type { UnnumberedClause } from './clause.js';
import type { Speech } from './speech.js';

const headings = {
  upfront: 'upfront.heading',
  retainer: 'retainer.heading',
  milestone: 'milestone.heading',
  participation: 'participation.heading',
  lifetime_value: 'customer-value.heading',
} as const satisfies Record<Bonus['kind'], string>;

/** One bonus in words. */
export function bonusClause(bonus: Bonus, speech: Speech): UnnumberedClause {
  return { heading: speech.say(headings[bonus.kind], { bonus: bonus.id }), text: bonusText(bonus, speech) };
}

function bonusText(bonus: Bonus, speech: Speech): string {
  const { wording } = speech;
  switch (bonus.kind) {
    case 'upfront':
      return speech.say('upfront.text', { amount: wording.money(bonus.amountMinor) });
    case 'retainer':
      return speech.say('retainer.text', {
        amount: wording.money(bonus.amountMinor),
        every: wording.duration(bonus.every),
      });
    case 'milestone':
      return milestoneText(bonus, speech);
    case 'participation':
      return speech.say('participation.text', {
        amount: wording.money(bonus.amountMinor),
        deliverable: wording.quoted(bonus.deliverable),
      });
    case 'lifetime_value':
      return speech.say('customer-value.text', {
        after: wording.duration(bonus.after),
        rate: wording.rate(bonus.rate),
      });
  }
}

const measures = {
  count: 'milestone.by-count',
  amount: 'milestone.by-amount',
  new_customers: 'milestone.by-customers',
} as const;

function milestoneText(bonus: Extract<Bonus, { kind: 'milestone' }>, speech: Speech): string {
  const { wording } = speech;
  const at = (value: number) => (bonus.metric === 'amount' ? wording.money(value) : wording.count(value));
  const steps = bonus.steps.map((step) =>
    speech.say('milestone.step', { at: at(step.at), amount: wording.money(step.amountMinor) }),
  );
  const text = speech.say('milestone.text', {
    paid: wording.onceIn(bonus.period),
    measured: speech.say(measures[bonus.metric], { event: wording.quoted(bonus.event) }),
    within: wording.within(bonus.period),
  });
  return [text, ...speech.rows(steps)].join('\n');
}
