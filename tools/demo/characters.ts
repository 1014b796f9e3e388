import type { CommissionRule, Terms } from '../../libs/agreements/domain/index.js';
import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import { distantSchedule, standardProgram } from '../client/index.js';

/** Who and what one run of the demo is about; `run` makes it differ from every other run. */
export interface Characters {
  run: string;
  program: ProgramDocument;
  partner: { name: string; email: string };
  customer: string;
}

/** The cast of one run. */
export function castOf(run: string, now: Date): Characters {
  return {
    run,
    program: demoProgram(run, now),
    partner: { name: 'Nora Lindqvist', email: `nora.lindqvist+${run}@partner.example` },
    customer: `customer-${run}`,
  };
}

/** The program that ships, but for what would make a demo last a month: the holding period and the schedules. */
function demoProgram(run: string, now: Date): ProgramDocument {
  const standard = standardProgram();
  const { terms } = standard;
  const schedule = distantSchedule(now);
  return {
    ...standard,
    slug: `demo-${run}`,
    name: `${standard.name} (demo ${run})`,
    vesting: { schedule },
    payout: { ...standard.payout, schedule },
    terms: { ...terms, payment: { ...terms.payment, holding: 'P0D', minimumMinor: 0 } },
  };
}

/** The percentage of the rule for first orders of new customers: what the two sides bargain over. */
export function newCustomerRate(terms: Terms): string {
  const reward = terms.commissions.find(isForNewCustomers)?.reward;
  if (reward?.kind !== 'percent') throw new Error('The terms have no percentage for new customers.');
  return reward.rate;
}

/** The same terms with another percentage for first orders of new customers. */
export function withNewCustomerRate(terms: Terms, rate: string): Terms {
  const commissions = terms.commissions.map((rule) =>
    isForNewCustomers(rule) ? { ...rule, reward: { kind: 'percent' as const, rate } } : rule,
  );
  return { ...terms, commissions };
}

function isForNewCustomers({ match }: CommissionRule): boolean {
  return match?.customer === 'new';
}
