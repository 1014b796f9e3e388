import { DataSource } from 'typeorm';
import { Database } from '../../libs/database/index.js';
import { migrations } from '../../libs/database/migrations/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { termsHash } from '../../libs/agreements/domain/index.js';
import { demoProgram } from '../support/demo-program.js';
import { seedAgreement, seedPartner, seedProgram } from '../support/seed-rows.js';
import { createEmptyDatabase, type TestDatabase } from '../support/servers.js';

const states = ['sent', 'viewed', 'awaiting_countersign', 'executed', 'voided'] as const;

describe('the migration to recipients', () => {
  let testDatabase: TestDatabase;
  let owner: DataSource;
  beforeAll(async () => {
    testDatabase = await createEmptyDatabase();
    owner = await new DataSource({ type: 'postgres', url: testDatabase.migrationUrl, synchronize: false }).initialize();
  });
  afterAll(async () => {
    await owner.destroy();
    await testDatabase.drop();
  });

  /** An envelope as the release before left it. */
  async function envelope(programId: string, state: (typeof states)[number]): Promise<string> {
    const database = new Database(owner);
    const { terms } = demoProgram();
    const partnerId = await seedPartner(database, { programId, reference: newId('prt') });
    const [partner] = await database.query<{ application_id: string }>(
      `select application_id from partners where id = $1`,
      [partnerId],
    );
    await seedAgreement(database, { programId, partnerId, applicationId: partner!.application_id }, terms, {
      from: new Date('2020-01-01T00:00:00Z'),
    });
    const awaiting = { sent: 'partner', viewed: 'partner', awaiting_countersign: 'company' }[state as string] ?? null;
    const sql = `update envelopes set state = $2, awaiting = $3, reminders_sent = 2 where partner_id = $1 returning id`;
    const [rows] = await owner.query<[{ id: string }[]]>(sql, [partnerId, state, awaiting]);
    return rows[0]!.id;
  }

  it('gives open envelopes the recipients that they always had, with the links that are in the mails', async () => {
    const runner = owner.createQueryRunner();
    const at = migrations.findIndex((Migration) => new Migration().name.startsWith('Signing'));
    for (const Migration of migrations.slice(0, at)) await new Migration().up(runner);
    const programId = await seedProgram(new Database(owner));
    const ids = new Map<string, string>();
    for (const state of states) ids.set(state, await envelope(programId, state));
    await new migrations[at]!().up(runner);
    await runner.release();

    const recipients = async (state: string) =>
      owner.query<object[]>(
        `select r.party, r.place, r.state, r.role, r.reminders_sent, r.link_hash = e.link_hash as linked, r.person_id = p.person_id as own
         from envelope_recipients r join envelopes e on e.id = r.envelope_id join partners p on p.id = e.partner_id
         where e.id = $1 order by r.party desc`,
        [ids.get(state)],
      );
    const partner = { party: 'partner', place: 1, role: null, linked: true, own: true };
    const company = { party: 'company', place: 1, role: 'legal', linked: null, own: null };
    expect(await recipients('sent')).toEqual([
      { ...partner, state: 'asked', reminders_sent: 2 },
      { ...company, state: 'waiting', reminders_sent: 0 },
    ]);
    expect(await recipients('viewed')).toMatchObject([{ state: 'viewed' }, { state: 'waiting' }]);
    expect(await recipients('awaiting_countersign')).toEqual([
      { ...partner, state: 'signed', reminders_sent: 0 },
      { ...company, state: 'asked', reminders_sent: 2 },
    ]);
    for (const state of ['executed', 'voided']) expect(await recipients(state)).toEqual([]);
    const rows = await owner.query<{ state: string; verified: boolean; is_sealable: boolean; terms_hash: string }[]>(
      `select state, verified_at is not null as verified, is_sealable, terms_hash from envelopes order by state`,
    );
    expect(rows.map(({ state, verified }) => `${state} ${verified}`)).toEqual(
      [...states].sort().map((state) => `${state} ${state === 'executed'}`),
    );
    expect(rows.every(({ is_sealable: isSealable }) => !isSealable)).toBe(true);
    expect(rows[0]?.terms_hash).toBe(termsHash(demoProgram().terms));
  });
});
