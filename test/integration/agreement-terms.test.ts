import { DataSource } from 'typeorm';
import type { AgreementDetail, Term } from '../../libs/agreements/index.js';
import { migrations } from '../../libs/database/migrations/index.js';
import { actor, AgreementHouse, type HousedPartner } from '../support/agreement-house.js';
import { createEmptyDatabase } from '../support/servers.js';
import { termsWith } from '../support/terms-with.js';

const began = '2026-01-31T10:00:00.000Z';
const monthly = (renewal: Term['renewal'], notice = 'P7D'): Term => ({ length: 'P1M', renewal, notice });
const termsFor = (renewal: Term['renewal'], rate = '10') =>
  termsWith({
    term: monthly(renewal),
    commissions: [{ id: 'sales', event: 'sale', reward: { kind: 'percent', rate } }],
  });

/** Intervals as texts; `empty` for a version that never came into force. */
function intervals({ versions }: AgreementDetail): string[] {
  return versions.map(({ effective_from: from, effective_until: until }) =>
    from.getTime() === until?.getTime() ? 'empty' : `${from.toISOString()} – ${until?.toISOString() ?? ''}`,
  );
}

describe('terms of agreements', () => {
  let house: AgreementHouse;
  let programId: string;
  beforeAll(async () => {
    house = await AgreementHouse.open();
    programId = await house.program();
  });
  afterAll(() => house.close());
  beforeEach(() => void house.clock.set(began));

  const begin = (renewal: Term['renewal']): Promise<HousedPartner> => house.partner(programId, termsFor(renewal));

  describe('from activation on', () => {
    it.each(['none', 'consent'] as const)('end with their term where renewal is %s', async (renewal) => {
      const partner = await begin(renewal);
      expect(intervals(await house.detail(partner))).toEqual(['2026-01-31T10:00:00.000Z – 2026-02-28T10:00:00.000Z']);
      expect((await house.detail(partner)).endsAt?.toISOString()).toBe('2026-02-28T10:00:00.000Z');
      // No run looks at it: the interval alone says what is earned, to the millisecond.
      expect(await house.sale(partner, '2026-02-28T09:59:59.999Z')).toBe('1000 line');
      expect(await house.sale(partner, '2026-02-28T10:00:00.000Z')).toBe('0 no_agreement');
    });

    it('stay open where they renew by themselves, with the term that runs', async () => {
      const partner = await begin('auto');
      const detail = await house.detail(partner);
      expect(intervals(detail)).toEqual(['2026-01-31T10:00:00.000Z – ']);
      expect(detail).toMatchObject({ endsAt: null, renewals: 0, state: 'in_force' });
      expect(detail.term).toMatchObject({ number: 1, endsAt: new Date('2026-02-28T10:00:00Z'), notice: 'P7D' });
      expect(detail.term.lastNoticeAt.toISOString()).toBe('2026-02-21T10:00:00.000Z');
      expect(await house.sale(partner, '2029-01-01T00:00:00Z')).toBe('1000 line');
    });
  });

  describe('a new version', () => {
    it('ends the one before where it begins, without a gap or a shared instant', async () => {
      const partner = await begin('auto');
      await house.amend(partner, termsFor('auto', '20'), new Date('2026-03-15T00:00:00Z'));
      expect(intervals(await house.detail(partner))).toEqual([
        '2026-01-31T10:00:00.000Z – 2026-03-15T00:00:00.000Z',
        '2026-03-15T00:00:00.000Z – ',
      ]);
      expect(await house.sale(partner, '2026-03-14T23:59:59.999Z')).toBe('1000 line');
      expect(await house.sale(partner, '2026-03-15T00:00:00.000Z')).toBe('2000 line');
      expect((await house.detail(partner)).terms).toHaveLength(1);
      expect(await house.events(partner.agreementId)).toEqual(['agreement.in_force', 'agreement.version_added']);
    });

    it('prices again what happened between the agreement on it and its recording', async () => {
      const partner = await begin('auto');
      house.clock.set('2026-02-05T12:00:00Z');
      const { commissions } = house;
      const event = {
        id: `late-${partner.partnerId}`,
        type: 'sale',
        occurredAt: '2026-02-05T11:00:00Z',
        partner: partner.reference,
      };
      await commissions.ingest(programId, [{ ...event, amountMinor: 10_000, currency: 'USD' }], actor);
      expect(await house.earned(programId, event.id)).toBe('1000 line');
      const agreedAt = new Date('2026-02-05T10:00:00Z');
      await house.amend(partner, termsFor('auto', '20'), agreedAt, agreedAt);
      expect(await house.earned(programId, event.id)).toBe('2000 line');
    });

    it('is refused before it was agreed on, at or before the beginning of the one before, and behind the end', async () => {
      const partner = await begin('none');
      house.clock.set('2026-02-10T00:00:00Z');
      const add = (from: string) => house.amend(partner, termsFor('none', '20'), new Date(from));
      await expect(add('2026-02-09T23:59:59.999Z')).rejects.toMatchObject({
        code: 'invalid-document',
        errors: [{ pointer: '/effectiveFrom', message: 'must not lie before it was agreed on' }],
      });
      await expect(add(began)).rejects.toMatchObject({ code: 'invalid-document' });
      await expect(add('2026-02-28T10:00:00.001Z')).rejects.toMatchObject({ code: 'illegal-transition' });
      expect(intervals(await house.detail(partner))).toHaveLength(1);
      // At the end itself it is a renewal on other terms.
      await add('2026-02-28T10:00:00.000Z');
      expect(intervals(await house.detail(partner))).toEqual([
        '2026-01-31T10:00:00.000Z – 2026-02-28T10:00:00.000Z',
        '2026-02-28T10:00:00.000Z – 2026-03-28T10:00:00.000Z',
      ]);
    });

    it('begins a term of its own where it lasts or renews otherwise', async () => {
      const partner = await begin('auto');
      const from = new Date('2026-02-10T00:00:00Z');
      await house.amend(partner, termsWith({ term: { length: 'P6M', renewal: 'none', notice: 'P7D' } }), from);
      const detail = await house.detail(partner);
      expect(intervals(detail)).toEqual([
        '2026-01-31T10:00:00.000Z – 2026-02-10T00:00:00.000Z',
        '2026-02-10T00:00:00.000Z – 2026-08-10T00:00:00.000Z',
      ]);
      expect(detail).toMatchObject({ endsAt: new Date('2026-08-10T00:00:00Z'), renewal: 'none', renewals: 0 });
      expect(detail.terms.map(({ cause }) => cause)).toEqual(['begin', 'version']);
    });

    it('without an envelope is one that a notice was enough for; the first one never is', async () => {
      const partner = await begin('auto');
      const other = await begin('auto');
      const [{ terms_hash: termsHash } = { terms_hash: '' }] = await house.agreements.versionsOf(partner.partnerId);
      const next = {
        agreementId: partner.agreementId,
        termsHash,
        envelopeId: null,
        from: new Date('2026-03-01T00:00:00Z'),
      };
      await house.database.inTransaction((tx) => house.versions.add(tx, next, actor));
      const [first, second] = (await house.detail(partner)).versions;
      expect([first?.basis, second?.basis, second?.envelope_id]).toEqual(['signed', 'notice', null]);
      const unsigned = `update agreement_versions set envelope_id = null where agreement_id = $1`;
      await expect(house.database.query(unsigned, [other.agreementId])).rejects.toThrow(/agreement_versions_signed/);
    });

    it('of two at once one follows the other, or is refused where both begin at the same instant', async () => {
      const partner = await begin('auto');
      const from = new Date('2026-03-01T00:00:00Z');
      const same = await Promise.allSettled(
        ['20', '30'].map((rate) => house.amend(partner, termsFor('auto', rate), from)),
      );
      expect(same.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(same.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'invalid-document' } });
      const days = ['2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'];
      await Promise.allSettled(days.map((day) => house.amend(partner, termsFor('auto', '40'), new Date(day))));
      const { versions } = await house.detail(partner);
      const found = versions.map(({ effective_from, effective_until }) => [effective_from, effective_until]);
      for (const [index, [, until]] of found.entries()) expect(until).toEqual(found[index + 1]?.[0] ?? null);
      expect(found.length).toBeGreaterThanOrEqual(3);
    });

    it('may begin in the past in a rehearsal', async () => {
      const rehearsal = await AgreementHouse.open({ REHEARSAL: 'true' });
      try {
        const partner = await rehearsal.partner(await rehearsal.program(), termsFor('auto'));
        rehearsal.clock.set('2026-06-01T00:00:00Z');
        const early = await rehearsal.sale(partner, '2026-03-02T00:00:00Z');
        expect(early).toBe('1000 line');
        await rehearsal.amend(partner, termsFor('auto', '20'), new Date('2026-03-01T00:00:00Z'));
        expect(await rehearsal.sale(partner, '2026-03-02T00:00:00Z')).toBe('2000 line');
        const lines = await rehearsal.database.query<{ amount_minor: string }>(
          `select amount_minor from commission_lines order by event_id`,
        );
        expect(lines.map(({ amount_minor }) => amount_minor)).toEqual(['2000', '2000']);
      } finally {
        await rehearsal.close();
      }
    });
  });

  it('are given to agreements that were there before, on the calendar of their terms, and no past is cut off', async () => {
    const database = await createEmptyDatabase();
    const owner = await new DataSource({ type: 'postgres', url: database.migrationUrl }).initialize();
    try {
      const runner = owner.createQueryRunner();
      const all = migrations.map((Migration) => new Migration());
      const own = all.findIndex(({ name }) => name.startsWith('AgreementLife'));
      for (const migration of all.slice(0, own)) await migration.up(runner);
      await oldAgreement(owner, 'future', { length: 'P100Y', renewal: 'none', notice: 'P7D' });
      await oldAgreement(owner, 'over', { length: 'P1M', renewal: 'consent', notice: 'P7D' });
      await oldAgreement(owner, 'auto', { length: 'P1M', renewal: 'auto', notice: 'P7D' });
      await all[own]!.up(runner);
      const rows = await owner.query<Record<string, unknown>[]>(
        `select a.id, a.term_ends_at, a.ends_at, a.ends_at >= now() - interval '1 minute' as is_kept, upper(v.in_force) is not distinct from a.ends_at as is_same
         from agreements a join agreement_versions v on v.agreement_id = a.id order by a.id`,
      );
      const termEndsAt = new Date('2026-02-27T23:00:00Z');
      expect(rows).toEqual([
        { id: 'auto', term_ends_at: termEndsAt, ends_at: null, is_kept: null, is_same: true },
        expect.objectContaining({ id: 'future', ends_at: new Date('2126-01-30T23:00:00Z'), is_same: true }),
        expect.objectContaining({ id: 'over', term_ends_at: termEndsAt, is_kept: true, is_same: true }),
      ]);
      await runner.release();
    } finally {
      await owner.destroy();
      await database.drop();
    }
  });
});

/** An agreement as the release before wrote it, with no end, from midnight of January 31st in Berlin on. */
async function oldAgreement(owner: DataSource, id: string, term: Term): Promise<void> {
  const terms = JSON.stringify(termsWith({ term, timeZone: 'Europe/Berlin' }));
  const now = '2026-01-30T23:00:00Z';
  await owner.query(`insert into programs (id, slug, current_version, created_at) values ($1, $1, 1, $2)`, [id, now]);
  await owner.query(`insert into persons (id, program_id) values ($1, $1)`, [id]);
  await owner.query(
    `insert into applications (id, program_id, program_version, person_id, stage, decision_due_at, created_at, stage_since)
     values ($1, $1, 1, $1, 'active', $2, $2, $2)`,
    [id, now],
  );
  await owner.query(
    `insert into partners (id, program_id, application_id, person_id, reference, stage, created_at) values ($1, $1, $1, $1, $1, 'active', $2)`,
    [id, now],
  );
  await owner.query(`insert into terms_documents (program_id, hash, canonical, created_at) values ($1, $1, $2, $3)`, [
    id,
    terms,
    now,
  ]);
  await owner.query(
    `insert into documents (program_id, sha256, kind, media_type, bytes, created_at) values ($1, $1, 'contract', 'application/pdf', '', $2)`,
    [id, now],
  );
  await owner.query(
    `insert into negotiations (id, program_id, application_id, partner_id, state, current_number, last_number, created_at, state_since)
     values ($1, $1, $1, $1, 'agreed', 1, 1, $2, $2)`,
    [id, now],
  );
  await owner.query(
    `insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, state, terms_hash, document_sha256, consent_version, link_hash, expires_at, created_at, state_since)
     values ($1, $1, $1, $1, $1, 'executed', $1, $1, 'test', $1, $2, $2, $2)`,
    [id, now],
  );
  await owner.query(`insert into agreements (id, program_id, partner_id, created_at) values ($1, $1, $1, $2)`, [
    id,
    now,
  ]);
  await owner.query(
    `insert into agreement_versions (id, program_id, agreement_id, partner_id, version, terms_hash, envelope_id, in_force, created_at)
     values ($1, $1, $1, $1, 1, $1, $1, tstzrange($2, null, '[)'), $2)`,
    [id, now],
  );
}
