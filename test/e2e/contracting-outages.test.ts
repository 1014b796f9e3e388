import { payoutCollection } from '../../libs/orchestration/index.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const patience = 120_000;

describe('contracting while something is away', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  /** A program that proves no mail address: its applications come to their review while no worker runs. */
  let direct: ContractingWalk;
  const application = { verification: { required: false } };
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    direct = await ContractingWalk.open(product, { application });
  });
  afterAll(() => product.close());

  /** What an approval does, counted: each exactly once. */
  async function expectOneApproval(applicationId: string, email: string): Promise<void> {
    await walk.stage(applicationId, 'approved');
    const moves = (await walk.audit(applicationId)).filter((fact) => !fact.endsWith('>'));
    expect(moves.filter((fact) => fact.endsWith('>approved'))).toEqual(['application.approve in_review>approved']);
    expect(new Set(moves).size).toBe(moves.length);
    const sql = `select (select count(*)::int from partners where application_id = $1) as partners,
      (select count(*)::int from negotiations where application_id = $1) as negotiations`;
    expect(await product.rows(sql, applicationId)).toEqual([{ partners: 1, negotiations: 1 }]);
    await product.outboxEmpty();
    const subjects = (await product.mails(email)).map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(subjects.filter((subject) => !/confirm your mail address/.test(subject))).toHaveLength(3);
  }

  it(
    'answers a decision with 503 while no worker runs, and does it once when one is back',
    async () => {
      const waiting = await walk.apply();
      await product.outboxEmpty();
      await product.stopWorker();
      const unseen = await direct.apply();
      const headers = { 'idempotency-key': product.newKey() };
      const decide = (applicationId: string) => walk.decide(applicationId, { action: 'approve' }, { headers });
      const answers = await Promise.all([decide(waiting.applicationId), decide(unseen.applicationId)]);
      for (const answer of answers) {
        expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
        expect(answer.headers.get('retry-after')).toBe('2');
      }
      expect(await walk.application(unseen.applicationId)).toMatchObject({ stage: 'in_review' });
      await product.startWorker();
      for (const { applicationId, email } of [waiting, unseen]) {
        expect((await decide(applicationId)).status).toBe(200);
        await expectOneApproval(applicationId, email);
      }
    },
    patience,
  );

  it(
    'answers with 202 and where to look while an accepted decision is still at work',
    async () => {
      const { applicationId, email } = await walk.apply();
      await product.outboxEmpty();
      const headers = { 'idempotency-key': product.newKey() };
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const isLocked = new Promise<void>((resolve) => {
        void product.owner.inTransaction(async (tx) => {
          await tx.query(`select 1 from applications where id = $1 for update`, [applicationId]);
          resolve();
          await held;
        });
      });
      await isLocked;
      const first = await walk.decide(applicationId, { action: 'approve' }, { headers, isImpatient: true });
      expect([first.status, first.headers.get('location')]).toEqual([202, `/v1/applications/${applicationId}`]);
      release();
      const again = await walk.decide(applicationId, { action: 'approve' }, { headers });
      expect([again.status, again.body.stage]).toEqual([200, 'approved']);
      await expectOneApproval(applicationId, email);
    },
    patience,
  );

  it(
    'lets an application expire, and a contract be sent, that fell due while no worker ran',
    async () => {
      const hasty = await ContractingWalk.open(product, { decisionWithin: 'PT1S', application });
      const partner = await walk.approved();
      await product.stopWorker();
      const late = await hasty.apply();
      const headers = { 'idempotency-key': product.newKey() };
      const call = { token: partner.token, body: { termsHash: partner.termsHash }, headers };
      const accept = () => product.call('POST', `/v1/negotiations/${partner.negotiationId}/acceptance`, call);
      const acceptance = accept();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await product.startWorker();
      await hasty.stage(late.applicationId, 'expired');
      let { status } = await acceptance;
      // Nobody looked at it within the API's deadline: the same request, with its key, is to be sent again.
      if (status === 503) ({ status } = await accept());
      expect(status).toBe(200);
      const page = await walk.signingPage(partner);
      expect((await walk.sign({ ...partner, ...page })).status).toBe(200);
    },
    patience,
  );

  it('makes a program while no worker runs; its schedules follow once one is back, and then each new version', async () => {
    await product.stopWorker();
    const made = await ContractingWalk.open(product);
    await product.startWorker();
    const { payout } = made.document;
    const body = { ...made.document, payout: { ...payout, schedule: '0 5 2 1 *' } };
    const address = `/v1/programs/${made.programId}/versions`;
    expect(await product.ok('POST', address, { token: made.tokens.admin, body })).toMatchObject({ version: 2 });
    await product.outboxEmpty();
    const schedule = product.temporal.schedule.getHandle(payoutCollection.scheduleId(made.programId));
    const { spec } = await schedule.describe();
    expect(spec.calendars?.[0]).toMatchObject({ month: [{ start: 'JANUARY' }], dayOfMonth: [{ start: 2 }] });
  });

  it('bears every message of the outbox being delivered a second time', async () => {
    const partner = await walk.activePartner();
    await product.ended(`partner-onboarding/${partner.applicationId}`);
    await product.outboxEmpty();
    const workflows = [
      `partner-onboarding/${partner.applicationId}`,
      `negotiation/${partner.negotiationId}`,
      `signature/${partner.negotiationId}`,
    ];
    const runs = () =>
      Promise.all(workflows.map(async (id) => (await product.temporal.workflow.getHandle(id).describe()).runId));
    const facts = () => product.rows(`select count(*)::int as count from audit_facts`);
    const before = { runs: await runs(), facts: await facts(), mails: await product.mails(partner.email) };
    await product.rows(
      `update outbox_messages set delivered_at = null, attempts = 0, available_at = now()
       where kind <> 'domain_event' and available_at < now() + interval '1 hour'`,
    );
    await product.outboxEmpty();
    expect(await runs()).toEqual(before.runs);
    expect(await facts()).toEqual(before.facts);
    expect(await product.mails(partner.email)).toEqual(before.mails);
  });
});
