import type { Bonus, Terms } from '../../libs/agreements/domain/index.js';
import { termsWith, type MoneyServices } from './money.js';
import { seedPartner, seedProgram } from './seed-rows.js';

/** When the partners of a `BonusHouse` were activated, and their agreements began. */
export const activatedAt = '2025-01-15T12:00:00Z';

export const rewards: Pick<Terms, 'commissions'> = {
  commissions: [{ id: 'base', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
};
export const ltv: Bonus = { id: 'ltv', kind: 'lifetime_value', after: 'P3M', rate: '2' };

/** One bonus of each kind that falls due by the calendar or by a decision. */
export const bonuses: readonly Bonus[] = [
  { id: 'welcome', kind: 'upfront', amountMinor: 10_000 },
  { id: 'base-fee', kind: 'retainer', every: 'P1M', amountMinor: 5_000 },
  { id: 'article', kind: 'participation', deliverable: 'guest-blog', amountMinor: 15_000 },
  ltv,
];

/** A program with one partner, `p1`, whose terms have bonuses. */
export class BonusHouse {
  private constructor(
    private readonly money: MoneyServices,
    readonly programId: string,
    readonly partnerId: string,
  ) {}

  static async open(money: MoneyServices, terms: Terms = termsWith({ ...rewards, bonuses: [...bonuses] })) {
    const programId = await seedProgram(money.database);
    const partnerId = await seedPartner(money.database, {
      ...{ programId, reference: 'p1', terms, activatedAt: new Date(activatedAt) },
      effectiveFrom: new Date(activatedAt),
    });
    return new BonusHouse(money, programId, partnerId);
  }

  /** Everything that falls due before `cutOff`, booked and vested. */
  async run(cutOff: string): Promise<void> {
    await this.money.commissions.vest({ programId: this.programId, cutOffMs: Date.parse(cutOff), actorId: 'test' });
  }
}
