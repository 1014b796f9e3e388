import { randomUUID } from 'node:crypto';
import { brokenActAt, type Term } from '../../libs/agreements/index.js';
import { AgreementActs } from '../../libs/agreements/index.js';
import { actor, AgreementHouse, origin, type HousedPartner } from '../support/agreement-house.js';
import { termsWith } from '../support/terms-with.js';

const began = '2026-01-31T10:00:00.000Z';
const yearly = (renewal: Term['renewal']): Term => ({ length: 'P12M', renewal, notice: 'P1M' });
const termsFor = (renewal: Term['renewal'], zone = 'Etc/UTC') => termsWith({ term: yearly(renewal), timeZone: zone });

describe('ends of agreements', () => {
  let house: AgreementHouse;
  let programId: string;
  beforeAll(async () => {
    house = await AgreementHouse.open();
    programId = await house.program({ noticesBefore: [] });
  });
  afterAll(() => house.close());
  beforeEach(() => void house.clock.set(began));

  const begin = (renewal: Term['renewal'], zone?: string): Promise<HousedPartner> =>
    house.partner(programId, termsFor(renewal, zone));
  const give = ({ agreementId }: HousedPartner, side: 'company' | 'partner' = 'partner', effectiveAt?: string) =>
    house.terminations.give({
      ...actor,
      ...{ agreementId, side, kind: 'ordinary', origin },
      ...(effectiveAt !== undefined && { effectiveAt: new Date(effectiveAt) }),
    });
  const forCause = ({ agreementId }: HousedPartner, reason?: string) =>
    house.terminations.give({
      ...actor,
      ...{ agreementId, side: 'company', kind: 'for_cause', origin },
      ...(reason !== undefined && { reason }),
    });
  const takeBack = ({ agreementId }: HousedPartner, side: 'company' | 'partner') =>
    house.terminations.takeBack({ ...actor, agreementId, side, origin });

  describe('ordinary notice', () => {
    it('ends the agreement after the notice period, counted in the zone of the terms', async () => {
      const partner = await begin('auto', 'Europe/Berlin');
      house.clock.set('2026-03-15T12:00:00Z');
      await give(partner);
      // A month on is after the clocks were put forward: noon in Berlin is an hour earlier in UTC.
      const end = new Date('2026-04-15T11:00:00Z');
      const detail = await house.detail(partner);
      expect(detail).toMatchObject({ state: 'under_notice', endsAt: end });
      expect(detail.versions[0]?.effective_until).toEqual(end);
      expect(detail.terminations).toMatchObject([
        { side: 'partner', kind: 'ordinary', state: 'given', effectiveAt: end },
      ]);
      expect(await house.sale(partner, '2026-04-15T10:59:59.999Z')).toBe('1000 line');
      expect(await house.sale(partner, '2026-04-15T11:00:00.000Z')).toBe('0 no_agreement');
    });

    it('may name a later date and never an earlier one', async () => {
      const partner = await begin('auto');
      await expect(give(partner, 'company', '2026-02-28T09:59:59.999Z')).rejects.toMatchObject({
        code: 'invalid-document',
        errors: [{ pointer: '/effectiveAt', message: 'must not be before 2026-02-28T10:00:00.000Z' }],
      });
      expect(await house.detail(partner)).toMatchObject({ state: 'in_force', endsAt: null, terminations: [] });
      await give(partner, 'company', '2026-06-30T00:00:00Z');
      expect((await house.detail(partner)).endsAt).toEqual(new Date('2026-06-30T00:00:00Z'));
    });

    it('takes back what events dated behind the end had earned, in the same transaction', async () => {
      const partner = await begin('auto');
      const ahead = await house.sale(partner, '2026-03-20T00:00:00Z');
      expect(ahead).toBe('1000 line');
      await give(partner);
      const [line] = await house.database.query<{ amount_minor: string }>(
        `select amount_minor from commission_lines where partner_id = $1`,
        [partner.partnerId],
      );
      expect(line).toEqual({ amount_minor: '0' });
      await takeBack(partner, 'partner');
      const [again] = await house.database.query(`select amount_minor from commission_lines where partner_id = $1`, [
        partner.partnerId,
      ]);
      expect(again).toEqual({ amount_minor: '1000' });
    });

    it('is given once: of both sides at once one is first', async () => {
      const partner = await begin('auto');
      const both = await Promise.allSettled([give(partner, 'company'), give(partner, 'partner')]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'illegal-transition' },
      });
      expect((await house.detail(partner)).terminations).toHaveLength(1);
      expect(await house.events(partner.agreementId)).toEqual(['agreement.in_force', 'agreement.termination_given']);
    });

    it('of one side leaves the other its own, which ends the agreement before, and counts again if that is taken back', async () => {
      const partner = await begin('auto');
      const [late, early] = [new Date('2076-01-01T00:00:00Z'), new Date('2026-02-28T10:00:00Z')];
      await give(partner, 'partner', late.toISOString());
      await expect(give(partner, 'company', '2076-01-01T00:00:00Z')).rejects.toMatchObject({
        code: 'illegal-transition',
      });
      await expect(give(partner, 'partner')).rejects.toMatchObject({ code: 'illegal-transition' });
      await give(partner, 'company');
      const standing = async () => {
        const { state, endsAt, versions, terminations } = await house.detail(partner);
        expect(versions[0]?.effective_until).toEqual(endsAt);
        return [state, endsAt, ...terminations.map((each) => `${each.side} ${each.state}`)];
      };
      expect(await standing()).toEqual(['under_notice', early, 'partner superseded', 'company given']);
      await expect(takeBack(partner, 'partner')).rejects.toMatchObject({ code: 'forbidden' });
      await takeBack(partner, 'company');
      expect(await standing()).toEqual(['under_notice', late, 'partner given', 'company taken_back']);
      expect(await house.sale(partner, '2026-03-01T00:00:00Z')).toBe('1000 line');
      const acts = await new AgreementActs(house.database, house.clock).read(partner.agreementId);
      const { terminations } = await house.detail(partner);
      expect(acts.at(-1)).toMatchObject({
        type: 'termination_taken_back',
        data: { terminationId: terminations[1]?.id, reinstatedId: terminations[0]?.id },
      });
      expect(brokenActAt(acts)).toBeUndefined();
      await takeBack(partner, 'partner');
      expect(await standing()).toEqual(['in_force', null, 'partner taken_back', 'company taken_back']);
    });

    it('is refused where the agreement ends before by its terms, and after its end', async () => {
      const partner = await begin('none');
      house.clock.set('2026-12-31T10:00:00Z');
      await expect(give(partner)).rejects.toMatchObject({ code: 'illegal-transition' });
      house.clock.set('2027-01-31T10:00:00Z');
      await expect(give(partner)).rejects.toMatchObject({
        code: 'illegal-transition',
        message: 'the agreement has ended',
      });
    });

    it('is told to both sides, with its evidence', async () => {
      const partner = await begin('auto');
      await give(partner, 'company');
      expect(await house.mails(partner.agreementId)).toEqual([
        'agreement-termination-given → partner',
        'agreement-termination-given → partner_manager',
        'agreement-termination-given → legal',
      ]);
      const acts = await new AgreementActs(house.database, house.clock).read(partner.agreementId);
      const [version] = await house.agreements.versionsOf(partner.partnerId);
      expect(acts).toMatchObject([
        {
          number: 1,
          type: 'termination_given',
          side: 'company',
          actorId: 'usr_test',
          termsHash: version?.terms_hash,
          data: origin,
        },
      ]);
      expect(brokenActAt(acts)).toBeUndefined();
      await expect(house.database.query(`update agreement_acts set actor_id = 'x'`)).rejects.toThrow(
        /permission denied/,
      );
      // Where somebody calls from is evidence, and no fact of the audit or of events.
      const [leak] = await house.database.query(
        `select 1 from outbox_messages where payload::text like '%127.0.0.1%' union all select 1 from audit_facts where details::text like '%127.0.0.1%'`,
      );
      expect(leak).toBeUndefined();
    });
  });

  describe('notice taken back', () => {
    it('lets the agreement last again as its terms have it', async () => {
      for (const [renewal, endsAt] of [
        ['auto', null],
        ['none', new Date('2027-01-31T10:00:00Z')],
      ] as const) {
        house.clock.set(began);
        const partner = await begin(renewal);
        await give(partner, 'company');
        house.clock.set('2026-02-28T09:59:59.999Z');
        await takeBack(partner, 'company');
        expect(await house.detail(partner)).toMatchObject({ state: 'in_force', endsAt });
        expect((await house.detail(partner)).versions[0]?.effective_until).toEqual(endsAt);
        expect(await house.sale(partner, '2026-03-15T00:00:00Z')).toBe('1000 line');
      }
    });

    it('is refused to the other side, without notice, and once it took effect', async () => {
      const partner = await begin('auto');
      await expect(takeBack(partner, 'company')).rejects.toMatchObject({ code: 'illegal-transition' });
      await give(partner, 'company');
      await expect(takeBack(partner, 'partner')).rejects.toMatchObject({ code: 'forbidden' });
      house.clock.set('2026-02-28T10:00:00Z');
      await expect(takeBack(partner, 'company')).rejects.toMatchObject({ code: 'illegal-transition' });
      expect((await house.detail(partner)).endsAt).toEqual(new Date('2026-02-28T10:00:00Z'));
    });

    it('brings back a version that was to begin behind the end', async () => {
      const partner = await begin('auto');
      const raised = {
        ...termsFor('auto'),
        commissions: [{ id: 'sales', event: 'sale', reward: { kind: 'percent' as const, rate: '20' } }],
      };
      await house.amend(partner, raised, new Date('2026-06-01T00:00:00Z'));
      await give(partner);
      const times = async () =>
        (await house.detail(partner)).versions.map(({ effective_from, effective_until }) => [
          effective_from,
          effective_until,
        ]);
      const [from, end, june] = ['2026-01-31T10:00:00Z', '2026-02-28T10:00:00Z', '2026-06-01T00:00:00Z'].map(
        (text) => new Date(text),
      );
      expect(await times()).toEqual([
        [from, end],
        [june, june],
      ]);
      expect(await house.sale(partner, '2026-06-02T00:00:00Z')).toBe('0 no_agreement');
      await takeBack(partner, 'partner');
      expect(await times()).toEqual([
        [from, june],
        [june, null],
      ]);
      expect(await house.sale(partner, '2026-06-03T00:00:00Z')).toBe('2000 line');
    });

    it('lets notice be given again', async () => {
      const partner = await begin('auto');
      await give(partner);
      await takeBack(partner, 'partner');
      await give(partner, 'company');
      const { terminations } = await house.detail(partner);
      expect(terminations.map(({ side, state }) => `${side} ${state}`)).toEqual([
        'partner taken_back',
        'company given',
      ]);
    });
  });

  describe('for cause', () => {
    it('ends agreement and partner at once, and cuts nothing that has passed', async () => {
      const partner = await begin('none');
      const now = house.clock.set('2026-05-05T05:05:05.005Z');
      await forCause(partner, 'Bought its own goods');
      const detail = await house.detail(partner);
      expect(detail).toMatchObject({ state: 'ended', endCause: 'for_cause', endsAt: now });
      expect(detail.terminations).toMatchObject([
        { state: 'effective', effectiveAt: now, reason: 'Bought its own goods' },
      ]);
      expect(await house.stage(partner.partnerId)).toBe('ended');
      expect(await house.sale(partner, '2026-05-05T05:05:05.004Z')).toBe('1000 line');
      expect(await house.sale(partner, '2026-05-05T05:05:05.005Z')).toBe('0 no_agreement');
      expect(await house.events(partner.agreementId)).toEqual([
        'agreement.in_force',
        'agreement.termination_given',
        'agreement.ended',
      ]);
      expect(await house.mails(partner.agreementId)).toContain('agreement-ended → partner');
      await expect(takeBack(partner, 'company')).rejects.toMatchObject({ code: 'illegal-transition' });
      await expect(forCause(partner, 'Again')).rejects.toMatchObject({ code: 'illegal-transition' });
    });

    it('needs a reason, and comes before a notice that still runs', async () => {
      const partner = await begin('auto');
      await expect(forCause(partner)).rejects.toMatchObject({
        code: 'invalid-document',
        errors: [{ pointer: '/reason' }],
      });
      await give(partner, 'partner');
      house.clock.set('2026-02-10T00:00:00Z');
      await forCause(partner, 'Fraud');
      const { terminations, endsAt, state } = await house.detail(partner);
      expect(terminations.map((each) => each.state)).toEqual(['superseded', 'effective']);
      expect({ endsAt, state }).toEqual({ endsAt: new Date('2026-02-10T00:00:00Z'), state: 'ended' });
    });

    it('ends at once and never on a day that is named: such a notice is refused', async () => {
      const partner = await begin('auto');
      const day = { effectiveAt: new Date('2026-12-31T00:00:00Z') };
      const notice = {
        ...actor,
        agreementId: partner.agreementId,
        side: 'company',
        kind: 'for_cause',
        origin,
      } as const;
      await expect(house.terminations.give({ ...notice, ...day, reason: 'Fraud' })).rejects.toMatchObject({
        code: 'invalid-document',
        errors: [{ pointer: '/effectiveAt' }],
      });
      expect(await house.detail(partner)).toMatchObject({ state: 'in_force', endsAt: null, terminations: [] });
    });

    it('and an event that arrives at the same time: the event is priced by what is in force at its instant', async () => {
      const partner = await begin('auto');
      house.clock.set('2026-02-10T00:00:00Z');
      const events = Array.from({ length: 10 }, (_, index) => ({
        ...{ id: randomUUID(), type: 'sale', partner: partner.reference, amountMinor: 10_000, currency: 'USD' },
        occurredAt: `2026-02-${index % 2 === 0 ? '09' : '11'}T00:00:00Z`,
      }));
      const reports = events.map((event) => house.commissions.ingest(programId, [event], actor));
      await Promise.all([...reports.slice(0, 5), forCause(partner, 'Fraud'), ...reports.slice(5)]);
      const earned = await Promise.all(events.map(({ id }) => house.earned(programId, id)));
      expect(earned).toEqual(events.map((_, index) => (index % 2 === 0 ? '1000 line' : '0 no_agreement')));
    });
  });

  describe('when the end has come', () => {
    it.each([
      ['none', 'term'],
      ['consent', 'no_consent'],
    ] as const)('an agreement that renews %s is closed by the next run, for the cause %s', async (renewal, cause) => {
      const partner = await begin(renewal);
      await house.run(programId, new Date('2027-01-31T09:59:59.999Z'));
      expect(await house.stage(partner.partnerId)).toBe('active');
      house.clock.set('2027-01-31T10:00:00Z');
      await house.run(programId);
      expect(await house.detail(partner)).toMatchObject({ state: 'ended', endCause: cause });
      expect(await house.stage(partner.partnerId)).toBe('ended');
      const mails = (await house.mails(partner.agreementId)).filter((mail) => mail.startsWith('agreement-ended'));
      expect(mails).toEqual(['agreement-ended → partner', 'agreement-ended → partner_manager']);
      expect((await house.events(partner.agreementId)).at(-1)).toBe('agreement.ended');
    });

    it('a notice takes effect, also for a partner that is suspended', async () => {
      const partner = await begin('auto');
      const { partnerId } = partner;
      await give(partner);
      await house.suspensions.begin({ ...actor, partnerId, cause: 'compliance', reason: 'Papers are missing' });
      house.clock.set('2026-03-30T00:00:00Z');
      await house.run(programId);
      expect(await house.detail(partner)).toMatchObject({ state: 'ended', endCause: 'notice' });
      expect((await house.detail(partner)).terminations).toMatchObject([{ state: 'effective' }]);
      expect(await house.stage(partnerId)).toBe('ended');
      // What held it holds on: only its own end lets go of it.
      await house.suspensions.end({ ...actor, partnerId, cause: 'compliance', reason: 'They came' });
      expect(await house.stage(partnerId)).toBe('ended');
    });
  });
});
