import { formatMoney } from '../../kernel/money.js';
import type { BonusTrace } from './explain-bonuses.js';
import type { Calculation, MilestoneTrace, PricingTrace, RuleTrial } from './explain.js';

/** What one rule or bonus of the terms did with an event, for a person. */
export interface RuleSentence {
  rule: string;
  clause: string;
  sentence: string;
}

/** One sentence for each rule that was tried and each bonus that counted an event, in the order of the terms. */
export function sentencesOf(trace: PricingTrace, bonuses: readonly BonusTrace[]): RuleSentence[] {
  const currency = trace.agreement?.currency ?? trace.amount.currency;
  const money = (minor: number): string => formatMoney(BigInt(minor), currency);
  const amountMinor = trace.amount.convertedMinor ?? trace.amount.amountMinor;
  const tried = trace.rules.map((trial) => {
    const { rule, clause, failed } = trial;
    const given = trace.calculation?.rule === rule ? trace.calculation : undefined;
    const did = failed ? refused(failed) : given ? gave(given, amountMinor, money) : 'matches, and gives nothing';
    return { rule, clause, sentence: `Rule ${rule} (clause ${clause}) ${did}.` };
  });
  return [...tried, ...trace.milestones.map((each) => milestoneSentence(each, money)), ...bonuses.map(sentenceOfBonus)];
}

/** The sentence of a bonus that has no trace of an event. */
export function sentenceOfBonus({ bonus, clause, sentence }: BonusTrace): RuleSentence {
  return { rule: bonus, clause, sentence };
}

function refused({ condition, expected, seen }: NonNullable<RuleTrial['failed']>): string {
  const had = seen === null || seen === undefined ? 'nothing' : JSON.stringify(seen);
  return `does not apply: its condition ${condition} asks for ${JSON.stringify(expected)}, and there is ${had}`;
}

function gave(
  { reward, roundedMinor, limits, amountMinor }: Calculation,
  eventMinor: number,
  money: (minor: number) => string,
): string {
  const cuts = limits
    .filter(({ clamped }) => clamped)
    .map(({ limit, maxMinor, givenMinor, afterMinor }) => {
      const before = givenMinor === 0 ? '' : `, ${money(givenMinor)} of which was given before`;
      return `, cut to ${money(afterMinor)} by its limit ${limit} of ${money(maxMinor)}${before}`;
    });
  return `gives ${how(reward, eventMinor, roundedMinor, money)}${cuts.join('')}${amountMinor === 0 ? ', so there is no line' : ''}`;
}

function how(
  reward: Calculation['reward'],
  eventMinor: number,
  roundedMinor: number,
  money: (minor: number) => string,
): string {
  switch (reward.kind) {
    case 'percent':
      return `${reward.rate} % of ${money(eventMinor)}, which is ${money(roundedMinor)}`;
    case 'flat':
    case 'credit': {
      const whole = `${money(reward.amountMinor)}${reward.kind === 'credit' ? ' of credit' : ''} for each event`;
      return reward.amountMinor === roundedMinor ? whole : `${whole}, of which this part is ${money(roundedMinor)}`;
    }
    case 'banded': {
      const { basis, period, before, after, slices } = reward;
      const counted = (total: number): string => (basis === 'count' ? String(total) : money(total));
      const parts = slices.map(({ rate, amountMinor }) => `${rate} % of ${money(amountMinor)}`).join(' and ');
      return `${parts}, as its count in ${period} goes from ${counted(before)} to ${counted(after)}, which is ${money(roundedMinor)}`;
    }
  }
}

const metricWords: Readonly<Record<string, string>> = {
  count: 'events',
  amount: 'amounts',
  new_customers: 'new customers',
};

function milestoneSentence(
  { bonus, clause, metric, period, before, after, reached }: MilestoneTrace,
  money: (minor: number) => string,
): RuleSentence {
  const counted = (total: number): string => (metric === 'amount' ? money(total) : String(total));
  const steps = reached.map(({ at, amountMinor }) => `the step ${counted(at)}, which gives ${money(amountMinor)}`);
  const outcome = steps.length === 0 ? 'reaches no step with it' : `reaches ${steps.join(' and ')}`;
  const sentence = `Bonus ${bonus} (clause ${clause}) counts ${metricWords[metric] ?? metric} in ${period} from ${counted(before)} to ${counted(after)} and ${outcome}.`;
  return { rule: bonus, clause, sentence };
}
