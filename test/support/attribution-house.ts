import type { Terms } from '../../libs/agreements/domain/index.js';
import { termsWith, type MoneyServices } from './money.js';
import { seedAgreement, seedPartner, seedProgram } from './seed-rows.js';

const actor = { actorId: 'test' };
export const names = ['a', 'b', 'c'] as const;
export type Name = (typeof names)[number];

export const linear = { model: 'linear', window: 'P30D' } as const;

/** A program whose partners `a`, `b` and `c` are under the same terms; their ids rise in this order. */
export async function attributionHouse(
  money: MoneyServices,
  terms: Terms = termsWith({ attribution: linear }),
  late: readonly Name[] = [],
) {
  const programId = await seedProgram(money.database);
  const ids = {} as Record<Name, string>;
  for (const name of names) {
    const agreed = late.includes(name) ? {} : { terms };
    ids[name] = await seedPartner(money.database, { programId, reference: name, ...agreed });
  }
  const nameOf = new Map(names.map((name) => [ids[name], name]));
  return {
    ...{ programId, ids },
    /** Records an agreement of a partner of `late`, and what it changes from its beginning on. */
    agree: async (name: Name, from: Date, own = terms) => {
      const partnerId = ids[name];
      const [row] = await money.database.query<{ application_id: string }>(
        `select application_id from partners where id = $1`,
        [partnerId],
      );
      await seedAgreement(money.database, { programId, partnerId, applicationId: row!.application_id }, own, { from });
      await money.commissions.repriceSince(programId, partnerId, from.getTime(), actor);
    },
    /** Records that a partner's agreement had ended. */
    end: async (name: Name, until: Date) => {
      await money.owner.query(
        `update agreement_versions set in_force = tstzrange(lower(in_force), $2) where partner_id = $1`,
        [ids[name], until],
      );
      await money.commissions.repriceSince(programId, ids[name], until.getTime(), actor);
    },
    ingest: (...events: unknown[]) => money.commissions.ingest(programId, events, actor),
    touch: (...touches: unknown[]) => money.commissions.reportTouches(programId, touches, actor),
    /** What every line stands at, by partner, event and rule. */
    lines: async () => {
      const { items } = await money.commissions.lines(programId, { limit: 200 });
      const told = items.map((line) => [
        `${nameOf.get(line.partnerId)} ${line.eventId} ${line.rule}`,
        line.amount.amountMinor,
      ]);
      return Object.fromEntries(told.sort()) as Record<string, number>;
    },
    accrued: async (name: Name) => {
      const balances = await money.ledger.balances(programId, {
        codes: ['commission_accrued'],
        ownerIds: [ids[name]],
      });
      return balances.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n);
    },
  };
}

export const click = (id: string, partner: Name, day: string, customer = 'c-1') => {
  return { id, kind: 'click', occurredAt: `2026-01-${day}T00:00:00Z`, partner, customer };
};
/** A sale of 100.01 USD that names no partner. */
export const sale = (id: string, day: string, fields: Record<string, unknown> = {}) => {
  const common = { id, type: 'sale', occurredAt: `2026-01-${day}T00:00:00Z`, amountMinor: 10_001, currency: 'USD' };
  return { ...common, customer: 'c-1', ...fields };
};

/** Terms that count: new customers, bands of the month, a limit. */
export const counting = termsWith({
  commissions: [
    { id: 'new', event: 'sale', match: { customer: 'new' }, reward: { kind: 'percent', rate: '12.5' } },
    {
      ...{ id: 'volume', event: 'sale' },
      reward: {
        ...{ kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal' },
        bands: [
          { from: 0, rate: '3' },
          { from: 12_000, rate: '7.5' },
        ],
      },
      limits: { perPeriod: { period: 'month', maxMinor: 900 } },
    },
  ],
});
