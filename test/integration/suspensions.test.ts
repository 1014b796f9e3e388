import { actor, AgreementHouse, type HousedPartner } from '../support/agreement-house.js';
import { termsWith } from '../support/terms-with.js';

const began = '2026-01-31T10:00:00.000Z';

describe('suspensions', () => {
  let house: AgreementHouse;
  let partner: HousedPartner;
  beforeAll(async () => {
    house = await AgreementHouse.open();
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    house.clock.set(began);
    partner = await house.partner(await house.program(), termsWith());
  });

  const begin = (cause: 'fraud_review' | 'compliance', reason = 'To be looked into') =>
    house.suspensions.begin({ ...actor, partnerId: partner.partnerId, cause, reason });
  const end = (cause: 'fraud_review' | 'compliance', reason = 'It was nothing') =>
    house.suspensions.end({ ...actor, partnerId: partner.partnerId, cause, reason });

  it('are kept apart by cause: ending one lets go of nothing that another holds', async () => {
    await begin('fraud_review');
    await begin('compliance');
    expect(await house.stage(partner.partnerId)).toBe('suspended');
    const until = house.clock.set('2026-02-05T00:00:00Z');
    await end('fraud_review');
    expect(await house.stage(partner.partnerId)).toBe('suspended');
    await end('compliance');
    expect(await house.stage(partner.partnerId)).toBe('active');
    const rows = await house.suspensions.of(partner.partnerId);
    expect(rows).toMatchObject([
      {
        cause: 'fraud_review',
        from_at: new Date(began),
        until_at: until,
        reason: 'To be looked into',
        end_reason: 'It was nothing',
      },
      { cause: 'compliance', until_at: until, actor_id: 'usr_test', ended_by: 'usr_test' },
    ]);
    expect(await house.events(partner.partnerId)).toEqual([
      'partner.suspension_begun',
      'partner.suspended',
      'partner.suspension_begun',
      'partner.suspension_ended',
      'partner.suspension_ended',
      'partner.active',
    ]);
    expect((await house.mails(partner.partnerId)).filter((mail) => mail.endsWith('→ partner'))).toHaveLength(4);
  });

  it('are refused twice for one cause, without the cause, and for partners that are not active', async () => {
    const both = await Promise.allSettled([begin('compliance'), begin('compliance')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'already-exists' } });
    await expect(end('fraud_review')).rejects.toMatchObject({ code: 'illegal-transition' });
    await end('compliance');
    await expect(end('compliance')).rejects.toMatchObject({ code: 'illegal-transition' });
    await house.database.query(`update partners set stage = 'ended' where id = $1`, [partner.partnerId]);
    await expect(begin('compliance')).rejects.toMatchObject({ code: 'illegal-transition' });
  });

  it('ended for two causes at the same time, leave the partner active', async () => {
    for (let round = 0; round < 5; round += 1) {
      await begin('fraud_review');
      await begin('compliance');
      await Promise.all([end('fraud_review'), end('compliance')]);
      expect(await house.stage(partner.partnerId)).toBe('active');
    }
  });

  it('may come again for the same cause, each with its own time', async () => {
    await begin('compliance');
    await end('compliance');
    house.clock.set('2026-03-01T00:00:00Z');
    await begin('compliance');
    const rows = await house.suspensions.of(partner.partnerId);
    expect(rows.map(({ from_at, until_at }) => [from_at.toISOString(), until_at?.toISOString()])).toEqual([
      [began, began],
      ['2026-03-01T00:00:00.000Z', undefined],
    ]);
  });

  it('let events go on being priced', async () => {
    await begin('fraud_review');
    expect(await house.sale(partner, '2026-02-10T00:00:00Z')).toBe('1000 line');
  });
});
