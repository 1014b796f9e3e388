import { brokenActAt, AgreementActs, type Term, type Terms } from '../../libs/agreements/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { actor, AgreementHouse, origin, type HousedPartner } from '../support/agreement-house.js';
import { termsWith } from '../support/terms-with.js';

const began = '2026-01-31T10:00:00.000Z';
const nothing = { ended: 0, renewed: 0, offered: 0, notices: 0, checkpoints: 0, failed: [] };

function termsFor(renewal: Term['renewal'], more: Partial<Terms> = {}): Terms {
  return termsWith({ term: { length: 'P1M', renewal, notice: 'P7D' }, ...more });
}

describe('the calendar of agreements', () => {
  let house: AgreementHouse;
  let programId: string;
  beforeAll(async () => {
    house = await AgreementHouse.open();
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    house.clock.set(began);
    const texts = { id: 'Saya setuju untuk satu bulan lagi.' };
    const consent = { version: 'v1', text: 'I agree to another month.', texts };
    const renewal = { offerBefore: 'P10D', consent };
    programId = await house.program({ noticesBefore: ['P14D', 'P3D'], renewal });
  });

  const runAt = (text: string) => house.run(programId, house.clock.set(text));
  const mailsOf = async (partner: HousedPartner, template: string): Promise<string[]> =>
    (await house.mails(partner.agreementId)).filter((mail) => mail.startsWith(template));

  describe('notices', () => {
    it('come once each, to both sides, in time', async () => {
      const partner = await house.partner(programId, termsFor('none'));
      expect(await runAt('2026-02-14T09:59:59.999Z')).toEqual(nothing);
      expect(await runAt('2026-02-14T10:00:00Z')).toEqual({ ...nothing, notices: 1 });
      expect(await runAt('2026-02-14T10:00:00Z')).toEqual(nothing);
      expect(await runAt('2026-02-24T00:00:00Z')).toEqual(nothing);
      expect(await runAt('2026-02-26T00:00:00Z')).toEqual({ ...nothing, notices: 1 });
      expect(await mailsOf(partner, 'agreement-notice')).toEqual([
        'agreement-notice → partner',
        'agreement-notice → partner_manager',
        'agreement-notice → partner',
        'agreement-notice → partner_manager',
      ]);
    });

    it('that were missed are made up for by the latest of them', async () => {
      const partner = await house.partner(programId, termsFor('none'));
      expect(await runAt('2026-02-27T00:00:00Z')).toEqual({ ...nothing, notices: 1 });
      const { notices } = await house.detail(partner);
      expect(notices.map(({ subject, isSent }) => [subject, isSent])).toEqual([
        [String(14 * 86_400_000), false],
        [String(3 * 86_400_000), true],
      ]);
    });

    it('are for the end that notice has set, and not for what both sides have just been told', async () => {
      const partner = await house.partner(
        programId,
        termsFor('auto', { term: { length: 'P12M', renewal: 'auto', notice: 'P10D' } }),
      );
      const { agreementId } = partner;
      await house.terminations.give({ ...actor, agreementId, side: 'partner', kind: 'ordinary', origin });
      expect(await runAt('2026-02-05T00:00:00Z')).toEqual(nothing);
      expect(await runAt('2026-02-07T10:00:00Z')).toEqual({ ...nothing, notices: 1 });
      expect(await runAt('2026-02-10T10:00:00Z')).toEqual({ ...nothing, ended: 1 });
      expect(await runAt('2027-02-10T10:00:00Z')).toEqual(nothing);
    });
  });

  describe('automatic renewal', () => {
    it('records the new term, and changes nothing of what is in force', async () => {
      const partner = await house.partner(programId, termsFor('auto'));
      const before = (await house.detail(partner)).versions;
      expect(await runAt('2026-02-28T10:00:00Z')).toMatchObject({ renewed: 1, ended: 0 });
      const detail = await house.detail(partner);
      expect(detail).toMatchObject({ state: 'in_force', endsAt: null, renewals: 1 });
      expect(detail.term).toMatchObject({
        number: 2,
        cause: 'auto',
        startedAt: new Date('2026-02-28T10:00:00Z'),
        endsAt: new Date('2026-03-31T10:00:00Z'),
      });
      expect(detail.versions).toEqual(before);
      expect(await mailsOf(partner, 'agreement-renewed')).toHaveLength(2);
      expect(await house.events(partner.agreementId)).toContain('agreement.renewed');
    });

    it('catches up with every term that passed, and tells of the last', async () => {
      const partner = await house.partner(programId, termsFor('auto'));
      expect(await house.sale(partner, '2026-06-15T00:00:00Z')).toBe('1000 line');
      expect(await runAt('2026-07-10T00:00:00Z')).toMatchObject({ renewed: 5 });
      const { terms } = await house.detail(partner);
      expect(terms.map(({ endsAt }) => endsAt.toISOString().slice(0, 10))).toEqual([
        ...['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30', '2026-07-31'],
      ]);
      expect(await mailsOf(partner, 'agreement-renewed')).toHaveLength(2);
    });
  });

  describe('renewal by consent', () => {
    async function offered(): Promise<{ partner: HousedPartner; termsHash: string }> {
      house.clock.set(began);
      const partner = await house.partner(programId, termsFor('consent'));
      expect(await runAt('2026-02-18T10:00:00Z')).toMatchObject({ offered: 1 });
      const { renewalOffers } = await house.detail(partner);
      expect(renewalOffers).toMatchObject([
        {
          state: 'open',
          termFrom: new Date('2026-02-28T10:00:00Z'),
          termUntil: new Date('2026-03-31T10:00:00Z'),
          consentText: 'I agree to another month.',
        },
      ]);
      return { partner, termsHash: renewalOffers[0]!.termsHash };
    }
    const consent = ({ agreementId }: HousedPartner, termsHash: string, consentVersion = 'v1') =>
      house.renewals.consent({ ...actor, agreementId, termsHash, consentVersion, origin });
    const decline = ({ agreementId }: HousedPartner, side: 'company' | 'partner') =>
      house.renewals.decline({ ...actor, agreementId, side, reason: 'Enough' });

    it('extends what is in force by a term, with its evidence', async () => {
      const { partner, termsHash } = await offered();
      expect(await house.sale(partner, '2026-03-10T00:00:00Z')).toBe('0 no_agreement');
      await consent(partner, termsHash);
      const detail = await house.detail(partner);
      expect(detail).toMatchObject({ endsAt: new Date('2026-03-31T10:00:00Z'), renewals: 1, state: 'in_force' });
      expect(detail.versions[0]?.effective_until).toEqual(detail.endsAt);
      // The term that runs is still the first one.
      expect(detail.term).toMatchObject({ number: 1 });
      expect(detail.terms.map(({ cause }) => cause)).toEqual(['begin', 'consent']);
      // An event that was dated ahead is priced now, and those behind the new end are not.
      const [line] = await house.database.query(`select amount_minor from commission_lines where partner_id = $1`, [
        partner.partnerId,
      ]);
      expect(line).toEqual({ amount_minor: '1000' });
      expect(await house.sale(partner, '2026-03-31T10:00:00Z')).toBe('0 no_agreement');
      const acts = await new AgreementActs(house.database, house.clock).read(partner.agreementId);
      expect(acts).toMatchObject([
        { type: 'renewal_offered', side: 'company', actorId: 'system' },
        { type: 'renewal_consented', side: 'partner', termsHash, data: { consentVersion: 'v1', ...origin } },
      ]);
      expect(brokenActAt(acts)).toBeUndefined();
      await runAt('2026-02-28T10:00:00Z');
      expect(await house.stage(partner.partnerId)).toBe('active');
    });

    it.each([
      ['in its own language', 'id', 'Saya setuju untuk satu bulan lagi.'],
      ['in the common words where its language has none', 'ar', 'I agree to another month.'],
    ])('says what a partner agrees to %s', async (_what, language, consentText) => {
      const partner = await house.partner(programId, termsFor('consent'));
      const sql = `update persons set language = $2 where id = (select person_id from partners where id = $1)`;
      await house.database.query(sql, [partner.partnerId, language]);
      await runAt('2026-02-18T10:00:00Z');
      expect((await house.detail(partner)).renewalOffers).toMatchObject([{ consentVersion: 'v1', consentText }]);
      await consent(partner, (await house.detail(partner)).renewalOffers[0]!.termsHash);
      const acts = await new AgreementActs(house.database, house.clock).read(partner.agreementId);
      expect(acts.at(-1)).toMatchObject({ type: 'renewal_consented', data: { consentHash: sha256(consentText) } });
    });

    it('is consented to once, in time, by the hash and the words that are offered', async () => {
      const { partner, termsHash } = await offered();
      await expect(consent(partner, 'f'.repeat(64))).rejects.toMatchObject({
        code: 'hash-mismatch',
        errors: [{ pointer: '/termsHash' }],
      });
      await expect(consent(partner, termsHash, 'v0')).rejects.toMatchObject({
        code: 'hash-mismatch',
        errors: [{ pointer: '/consentVersion' }],
      });
      const both = await Promise.allSettled([consent(partner, termsHash), consent(partner, termsHash)]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await house.detail(partner)).renewals).toBe(1);
      const late = await house.partner(programId, termsFor('consent'));
      await runAt('2026-03-11T10:00:00Z');
      house.clock.set('2026-03-18T10:00:00Z');
      // Its term ended a moment ago, and no run has looked at it yet.
      await expect(consent(late, termsHash)).rejects.toMatchObject({ code: 'illegal-transition' });
    });

    it.each(['company', 'partner'] as const)(
      'declined by the %s, or without an answer, comes to nothing',
      async (side) => {
        const { partner } = await offered();
        const { partner: silent } = await offered();
        await decline(partner, side);
        await expect(decline(partner, side)).rejects.toMatchObject({ code: 'illegal-transition' });
        expect(await mailsOf(partner, 'agreement-renewal-declined')).toHaveLength(2);
        expect(await runAt('2026-02-28T10:00:00Z')).toMatchObject({ ended: 2 });
        expect((await house.detail(partner)).renewalOffers).toMatchObject([
          { state: 'declined', side, reason: 'Enough' },
        ]);
        expect((await house.detail(silent)).renewalOffers).toMatchObject([{ state: 'lapsed', side: null }]);
        for (const each of [partner, silent]) {
          expect(await house.detail(each)).toMatchObject({ state: 'ended', endCause: 'no_consent' });
          expect(await mailsOf(each, 'agreement-ended')).toHaveLength(2);
        }
      },
    );

    it('is offered again when the notice that made it lapse is taken back', async () => {
      const { partner } = await offered();
      const { agreementId } = partner;
      await house.terminations.give({ ...actor, agreementId, side: 'partner', kind: 'ordinary', origin });
      expect((await house.detail(partner)).renewalOffers).toMatchObject([{ state: 'lapsed' }]);
      expect(await runAt('2026-02-19T10:00:00Z')).toMatchObject({ offered: 0 });
      await house.terminations.takeBack({ ...actor, agreementId, side: 'partner', origin });
      expect(await runAt('2026-02-20T10:00:00Z')).toMatchObject({ offered: 1 });
      expect((await house.detail(partner)).renewalOffers.map(({ state }) => state)).toEqual(['lapsed', 'open']);
    });

    it('and the end of the term at once: the agreement either goes on or is closed, never both', async () => {
      const { partner, termsHash } = await offered();
      const end = new Date('2026-02-28T10:00:00Z');
      house.clock.set('2026-02-28T09:59:59.999Z');
      const [consented] = await Promise.allSettled([consent(partner, termsHash), house.run(programId, end)]);
      const { state, endsAt } = await house.detail(partner);
      const wentOn = consented.status === 'fulfilled';
      expect({ state, endsAt }).toEqual(
        wentOn ? { state: 'in_force', endsAt: new Date('2026-03-31T10:00:00Z') } : { state: 'ended', endsAt: end },
      );
    });
  });

  describe('obligations', () => {
    it('are brought to the partner manager when they are to be checked', async () => {
      const obligations = [
        { id: 'disclosure', text: 'Say so', checkpoint: 'P10D' },
        { id: 'report', text: 'Report', checkpoint: 'P20D' },
        { id: 'manners', text: 'Be kind' },
      ];
      const partner = await house.partner(
        programId,
        termsFor('auto', { obligations, term: { length: 'P12M', renewal: 'auto', notice: 'P1D' } }),
      );
      expect(await runAt('2026-02-10T09:59:59.999Z')).toEqual(nothing);
      expect(await runAt('2026-02-10T10:00:00Z')).toEqual({ ...nothing, checkpoints: 1 });
      expect(await runAt('2026-02-10T10:00:00Z')).toEqual(nothing);
      expect(await mailsOf(partner, 'agreement-checkpoint')).toEqual(['agreement-checkpoint → partner_manager']);
      // After a month without a run the newest of each is told of, in one mail.
      expect(await runAt('2026-03-20T00:00:00Z')).toEqual({ ...nothing, checkpoints: 1 });
      const { notices } = await house.detail(partner);
      expect(notices.map(({ subject, aboutAt }) => `${subject} ${aboutAt.toISOString().slice(0, 10)}`)).toEqual(
        ['disclosure 2026-02-10', 'report 2026-03-12', 'disclosure 2026-03-12'].sort(),
      );
      expect(await mailsOf(partner, 'agreement-checkpoint')).toHaveLength(2);
    });

    it('are checked by the version that is in force at the time, whatever a later version makes of them', async () => {
      const term = { length: 'P12M', renewal: 'auto' as const, notice: 'P1D' };
      const standing = { term, obligations: [{ id: 'disclosure', text: 'Say so', checkpoint: 'P20D' }] };
      const dropped = { term, obligations: [] };
      const other = { term, obligations: [{ id: 'report', text: 'Report', checkpoint: 'P10D' }] };
      const [dropping, replacing] = [
        await house.partner(programId, termsFor('auto', standing)),
        await house.partner(programId, termsFor('auto', standing)),
      ];
      await house.amend(dropping, termsFor('auto', dropped), new Date('2026-03-01T10:00:00Z'));
      await house.amend(replacing, termsFor('auto', other), new Date('2026-02-22T10:00:00Z'));
      // Both are still bound by the first version.
      expect(await runAt('2026-02-20T10:00:00Z')).toMatchObject({ checkpoints: 2 });
      expect(await runAt('2026-03-04T10:00:00Z')).toMatchObject({ checkpoints: 1 });
      expect(await runAt('2026-03-13T10:00:00Z')).toMatchObject({ checkpoints: 0 });
      const told = async (partner: HousedPartner) =>
        (await house.detail(partner)).notices.map(
          ({ subject, aboutAt }) => `${subject} ${aboutAt.toISOString().slice(0, 10)}`,
        );
      expect(await told(dropping)).toEqual(['disclosure 2026-02-20']);
      expect(await told(replacing)).toEqual(['disclosure 2026-02-20', 'report 2026-03-04']);
    });

    it('are made up for after an outage in which their version was followed by another', async () => {
      const term = { length: 'P12M', renewal: 'auto' as const, notice: 'P1D' };
      const standing = { term, obligations: [{ id: 'disclosure', text: 'Say so', checkpoint: 'P20D' }] };
      const partner = await house.partner(programId, termsFor('auto', standing));
      await house.amend(partner, termsFor('auto', { term, obligations: [] }), new Date('2026-02-21T10:00:00Z'));
      expect(await runAt('2026-02-22T10:00:00Z')).toMatchObject({ checkpoints: 1 });
      expect(await runAt('2026-03-31T10:00:00Z')).toMatchObject({ checkpoints: 0 });
    });
  });

  describe('runs', () => {
    it('at the same time, or again, do each thing once', async () => {
      const kinds = ['auto', 'consent', 'none'] as const;
      const partners: HousedPartner[] = [];
      for (const renewal of [...kinds, ...kinds, ...kinds])
        partners.push(await house.partner(programId, termsFor(renewal)));
      for (const cutOff of ['2026-02-20T00:00:00Z', '2026-03-01T00:00:00Z']) {
        house.clock.set(cutOff);
        const [first, second] = await Promise.all([house.run(programId), house.run(programId)]);
        const third = await house.run(programId);
        const sum = (name: 'ended' | 'renewed' | 'offered' | 'notices') => first[name] + second[name] + third[name];
        const expected = cutOff.startsWith('2026-02') ? [0, 0, 3, 9] : [6, 3, 0, 0];
        expect([sum('ended'), sum('renewed'), sum('offered'), sum('notices')]).toEqual(expected);
        expect(third).toEqual(nothing);
      }
      for (const { agreementId } of partners) {
        const events = await house.events(agreementId);
        expect(events).toEqual([...new Set(events)]);
        const mails = await house.mails(agreementId);
        expect(mails).toEqual([...new Set(mails)]);
      }
    });

    it('go through many agreements slice by slice, and leave other programs alone', async () => {
      const other = await house.program({ noticesBefore: ['P14D'] });
      const stranger = await house.partner(other, termsFor('none'));
      for (let number = 0; number < 203; number += 1) await house.partner(programId, termsFor('none'));
      expect(await runAt('2026-02-28T10:00:00Z')).toMatchObject({ ended: 203 });
      expect(await house.detail(stranger)).toMatchObject({ state: 'in_force', notices: [] });
    });
  });
});
