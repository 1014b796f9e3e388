import { afterAll, beforeAll, expect, test } from 'vitest';
import { PartnerNames } from '../../libs/tracking/partner-names.js';
import { startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { SetClock } from '../support/set-clock.js';

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

test('a name is remembered for some seconds, in its own program; who is new is known at once', async () => {
  const clock = new SetClock();
  const names = new PartnerNames(clock);
  const [one, other] = [await seedProgram(money.database), await seedProgram(money.database)];
  const found = async (programId: string, name: string) =>
    money.database.inTransaction(async (tx) => (await names.of(tx, programId, [name])).get(name));

  expect(await found(one, 'p1')).toBeUndefined();
  const id = await seedPartner(money.database, { programId: one, reference: 'p1' });
  expect(await found(one, 'p1')).toBe(id);
  expect(await found(one, id)).toBe(id);
  expect(await found(other, 'p1')).toBeUndefined();
  expect(await found(other, id)).toBeUndefined();

  await money.owner.query(`update partners set reference = 'given-up' where id = $1`, [id]);
  clock.set('2026-01-31T10:00:09.999Z');
  expect(await found(one, 'p1')).toBe(id);
  clock.set('2026-01-31T10:00:10.000Z');
  expect(await found(one, 'p1')).toBeUndefined();
  expect(await found(one, 'given-up')).toBe(id);
});
