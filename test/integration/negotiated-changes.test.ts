import {
  AgreementsService,
  NegotiationsService,
  TermsDocuments,
  type NegotiationRow,
} from '../../libs/agreements/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { ActivityWorker } from '../support/activity-worker.js';
import { demoProgram } from '../support/demo-program.js';
import { seedPartner } from '../support/seed-rows.js';

const actor = { actorId: 'usr_test' };
const changed = { ...demoProgram().terms, obligations: [] };

describe('a change of an agreement in force that is negotiated', () => {
  let worker: ActivityWorker<unknown>;
  let context: ActivityWorker<unknown>['context'];
  let negotiations: NegotiationsService;
  let first: NegotiationRow;
  let version: { id: string; agreement_id: string; terms_hash: string };
  beforeAll(async () => {
    worker = await ActivityWorker.open();
    ({ context } = worker);
    negotiations = context.get(NegotiationsService);
    ({ first, version } = await inForce());
  });
  afterAll(() => worker.close());

  const now = () => worker.database.query(`select * from agreement_versions order by id`);

  /** A partner whose first contract is executed and in force. */
  async function inForce() {
    const { id: programId } = await context.get(ProgramsService).create(demoProgram(), actor);
    const partner = { programId, reference: 'ada', terms: demoProgram().terms };
    const partnerId = await seedPartner(worker.database, partner);
    const [agreed] = await context.get(AgreementsService).versionsOf(partnerId);
    const [row] = await worker.database.query<{ id: string }>(`select id from negotiations where partner_id = $1`, [
      partnerId,
    ]);
    return { first: await negotiations.get(row!.id), version: agreed! };
  }

  function open(): Promise<NegotiationRow> {
    const { program_id: programId, application_id: applicationId, partner_id: partnerId } = first;
    const { agreement_id: agreementId, id: baseVersionId } = version;
    return worker.database.inTransaction((tx) =>
      negotiations.open(
        tx,
        { programId, applicationId, partnerId, offer: changed, kind: 'amendment', agreementId, baseVersionId },
        actor,
      ),
    );
  }

  it('leaves what is in force as it is, whether it is refused, runs out of time or is still open', async () => {
    const before = await now();
    const refused = await open();
    expect([refused.kind, refused.agreement_id, refused.base_version_id]).toEqual([
      'amendment',
      version.agreement_id,
      version.id,
    ]);
    await expect(open()).rejects.toMatchObject({ code: '23505' });
    await negotiations.withdraw({ ...actor, negotiationId: refused.id, side: 'partner', reason: 'No' });
    const late = await open();
    const { dueAtMs = 0 } = await negotiations.status(late.id);
    expect((await negotiations.keepDeadline(late.id, dueAtMs)).state).toBe('lapsed');
    const { id } = await open();
    expect(await now()).toEqual(before);
    expect(await negotiations.ofApplication(first.application_id)).toMatchObject({ id: first.id, state: 'agreed' });
    // A simulation compares with what is in force, not with the opening offer.
    expect(await negotiations.baselineHash(await negotiations.get(id))).toBe(version.terms_hash);
    expect(await context.get(TermsDocuments).get(first.program_id, version.terms_hash)).toEqual(demoProgram().terms);
  });
});
