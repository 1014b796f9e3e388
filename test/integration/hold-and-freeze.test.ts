import { AuditLog } from '../../libs/audit/index.js';
import { HeldLineMoney } from '../../libs/commissions/holds/held-money.js';
import { LineHolds } from '../../libs/commissions/holds/line-holds.js';
import { Outbox } from '../../libs/outbox/index.js';
import { PayoutHouse, type ProgramFixture } from '../support/payout-house.js';

const cutOff = '2026-04-01T00:00:00Z';

describe('a hold of what has vested', () => {
  let house: PayoutHouse;
  let holds: LineHolds;
  let money: HeldLineMoney;
  let program: ProgramFixture;
  let partnerId: string;
  beforeAll(async () => {
    house = await PayoutHouse.open();
    money = new HeldLineMoney(house.clock, house.ledger);
    const [audit, outbox] = [house.module.get(AuditLog), house.module.get(Outbox)];
    holds = new LineHolds(house.database, house.clock, audit, outbox, money);
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    program = await house.program();
    partnerId = await program.partner();
    await program.vested(partnerId, 3_000n, '2026-03-01T00:00:00Z');
    await program.vested(partnerId, 2_000n, '2026-03-02T00:00:00Z');
    await house.database.query(
      `insert into events (program_id, id, type, partner_id, occurred_at, amount_minor, currency, content_hash, received_at)
       select $1, 'order-' || n, 'sale', $2, '2026-02-01T00:00:00Z', 30000, 'USD', 'none', now() from generate_series(1, 2) n`,
      [program.id, partnerId],
    );
  });

  const place = () =>
    holds.place({ programId: program.id, eventId: 'order-1', note: 'Looks odd', actorId: 'usr_finance' });
  const submit = (batchId: string) => house.payouts.submit({ batchId, actorId: 'usr_maker' });

  it('takes it out of a batch that is only drafted', async () => {
    const { batchId = '' } = await program.draft(cutOff);
    await place();
    await submit(batchId);
    expect(await house.itemsOf(batchId)).toMatchObject({ [partnerId]: { state: 'reserved', amountMinor: 2_000n } });
    expect(await program.balance('held', partnerId)).toBe(3_000n);
    expect(await program.isSound()).toBe(true);
  });

  it('takes nothing out of a frozen batch, nor what others have brought', async () => {
    const { batchId = '' } = await program.draft(cutOff);
    await submit(batchId);
    await program.vested(partnerId, 7_000n, cutOff);
    await place();
    expect(await house.itemsOf(batchId)).toMatchObject({ [partnerId]: { amountMinor: 5_000n } });
    expect(await program.balance('held', partnerId)).toBe(0n);
    expect(await program.balance('payable', partnerId)).toBe(7_000n);
  });

  it('and the freezing of its batch agree on who came first', async () => {
    const { batchId = '' } = await program.draft(cutOff);
    await Promise.all([place(), submit(batchId)]);
    const { [partnerId]: item } = await house.itemsOf(batchId);
    const held = await program.balance('held', partnerId);
    expect((item?.amountMinor ?? 0n) + held).toBe(5_000n);
    expect([0n, 3_000n]).toContain(held);
    expect(await program.balance('payable', partnerId)).toBe(0n);
    expect(await program.isSound()).toBe(true);
  });

  it('that is released is collected by the next batch', async () => {
    await place();
    const [hold] = await house.database.query<Parameters<HeldLineMoney['giveBack']>[1]>(
      `select * from line_holds where program_id = $1`,
      [program.id],
    );
    await house.database.inTransaction((tx) => money.giveBack(tx, hold!, 'usr_finance'));
    house.clock.advance(1_000);
    expect(await program.draft(house.clock.now().toISOString())).toMatchObject({ items: 1, totalMinor: '5000' });
    expect(await program.isSound()).toBe(true);
  });
});
