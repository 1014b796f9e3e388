import {
  agreementAmendment,
  negotiation,
  partnerOnboarding,
  signature,
  taskQueues,
} from '../../libs/orchestration/index.js';
import { main } from '../../tools/check-workflows/main.js';
import { AmendmentWalk } from '../support/amendments.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const patience = 180_000;

interface Found {
  kind: string;
  workflowId: string;
  rowId: string;
  detail: string;
  repair: string;
}

describe('the check of workflows', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  }, patience);
  afterAll(() => product.close());

  /** Runs the command; its exit code, what it found and what it printed. */
  async function check(...args: string[]): Promise<{ code: number; found: Found[]; text: string }> {
    let [text, errors] = ['', ''];
    const streams = {
      stdout: { write: (part: string) => (text += part) },
      stderr: { write: (part: string) => (errors += part) },
    };
    const code = await main([...args, '--json'], streams, () => product.env);
    expect(errors).toBe('');
    return { code, found: (JSON.parse(text) as { differences: Found[] }).differences, text };
  }

  /** The kinds of what was found about a row's workflow. */
  const about = (found: readonly Found[], workflowId: string): string[] =>
    found.filter((difference) => difference.workflowId === workflowId).map(({ kind }) => kind);

  /** Waits until nothing is on its way to a workflow: a mail that was delivered makes it read its row once more. */
  function idle(workflowId: string): Promise<unknown> {
    return product.until(`rest in ${workflowId}`, async () => {
      const raw = (await product.description(workflowId))?.raw;
      return raw !== undefined && !raw.pendingWorkflowTask && !raw.pendingActivities?.length;
    });
  }

  async function expectRepaired(): Promise<void> {
    const { code, found } = await check('--repair');
    expect([code, found]).toEqual([0, []]);
    expect(await check()).toMatchObject({ code: 0, found: [] });
  }

  it(
    'agrees with what people do, at every step of contracting',
    async () => {
      await walk.applyUnverified();
      await walk.apply();
      const rejected = await walk.apply();
      await walk.decide(rejected.applicationId, { action: 'reject', reason: 'No' });
      await walk.approved();
      await walk.sent();
      const viewed = await walk.sent();
      const half = await walk.sent();
      await walk.sign(half);
      await walk.activePartner();
      const declined = await walk.sent();
      await walk.decline(declined);
      await walk.stage(declined.applicationId, 'lapsed');
      // A longer expiry is another date in the attributes.
      const expiresAt = new Date(Date.now() + 40 * 86_400_000).toISOString();
      const body = { expiresAt, reason: 'They are on holiday' };
      await product.ok('POST', `/v1/envelopes/${viewed.envelopeId}/extension`, { token: walk.tokens.legal, body });
      await product.outboxEmpty();
      await product.ended(partnerOnboarding.workflowId(declined.applicationId));
      const { code, found, text } = await check();
      expect(found).toEqual([]);
      expect(code).toBe(0);
      expect((JSON.parse(text) as { rows: number }).rows).toBeGreaterThan(15);
    },
    patience,
  );

  it(
    'names a row that was changed under its workflow, and has the workflow follow it',
    async () => {
      const { applicationId } = await walk.apply();
      const partner = await walk.approved();
      const signing = await walk.sent();
      await product.outboxEmpty();
      const own = [negotiation.workflowId(partner.negotiationId), signature.workflowId(signing.negotiationId)];
      for (const workflowId of own) await idle(workflowId);
      await product.rows(
        `update applications set stage = 'rejected', stage_since = now(), revision = revision + 1 where id = $1`,
        applicationId,
      );
      await product.rows(
        `update negotiations set due_at = due_at + interval '3 days', revision = revision + 1 where id = $1`,
        partner.negotiationId,
      );
      await product.rows(
        `update envelopes set expires_at = expires_at + interval '1 day' where id = $1`,
        signing.envelopeId,
      );
      const [onboarding, talks, contract] = [
        partnerOnboarding.workflowId(applicationId),
        negotiation.workflowId(partner.negotiationId),
        signature.workflowId(signing.negotiationId),
      ];
      const { code, found } = await check();
      expect(code).toBe(1);
      expect(about(found, onboarding)).toEqual(expect.arrayContaining(['state_differs', 'attribute_stale']));
      expect(about(found, talks)).toEqual(['attribute_stale']);
      expect(about(found, contract)).toEqual(['attribute_stale']);
      expect(found).toHaveLength(about(found, onboarding).length + 2);
      expect(found.find(({ workflowId }) => workflowId === talks)?.detail).toMatch(/^DueAt is 20.*, the row says 20/);
      await expectRepaired();
      expect(await product.ended(onboarding)).toBe('COMPLETED');
      const [fact] = await product.rows(
        `select actor_id, details from audit_facts where action = 'workflow.refresh' and subject_id = $1`,
        applicationId,
      );
      expect(fact).toEqual({ actor_id: 'system', details: { workflowId: onboarding } });
    },
    patience,
  );

  it(
    'names workflows that were ended under their rows, begins them anew, and contracting goes on',
    async () => {
      const waiting = await walk.apply();
      const talking = await walk.approved();
      const signing = await walk.sent();
      await product.outboxEmpty();
      const parent = (applicationId: string): string => partnerOnboarding.workflowId(applicationId);
      // The parent of one, and a child of each of the others, whose parents fail with them.
      await product.temporal.workflow.getHandle(parent(waiting.applicationId)).terminate('test');
      await product.temporal.workflow.getHandle(negotiation.workflowId(talking.negotiationId)).terminate('test');
      await product.temporal.workflow.getHandle(signature.workflowId(signing.negotiationId)).terminate('test');
      expect(await product.ended(parent(talking.applicationId))).toBe('FAILED');
      expect(await product.ended(parent(signing.applicationId))).toBe('FAILED');
      const { code, found } = await check();
      expect(code).toBe(1);
      expect(found.map(({ kind, rowId }) => `${kind} ${rowId}`).sort()).toEqual(
        [
          ...[waiting.applicationId, talking.applicationId, talking.negotiationId],
          ...[signing.applicationId, signing.envelopeId],
        ]
          .map((rowId) => `workflow_ended ${rowId}`)
          .sort(),
      );
      await expectRepaired();
      // Each goes on where its row is: to a decision, through a round, to an executed contract.
      expect((await walk.decide(waiting.applicationId, { action: 'approve' })).status).toBe(200);
      expect((await walk.accept(talking.negotiationId, talking.termsHash, talking.token)).status).toBe(200);
      expect((await walk.sign(signing)).status).toBe(200);
      expect((await walk.countersign(signing)).status).toBe(200);
      await walk.stage(signing.applicationId, 'active');
      const facts = await walk.audit(signing.applicationId);
      expect(facts.filter((fact) => fact.startsWith('application.approve'))).toHaveLength(1);
      const envelopes = await product.rows(`select id from envelopes where negotiation_id = $1`, signing.negotiationId);
      expect(envelopes).toHaveLength(1);
    },
    patience,
  );

  it(
    'names a row whose workflow was never started, and starts it',
    async () => {
      // What the workflows of the tests before have to do is done first.
      await product.outboxEmpty();
      await product.until('agreement', async () => (await check()).code === 0);
      await product.stopWorker();
      const unverified = await walk.applyUnverified();
      const workflowId = partnerOnboarding.workflowId(unverified.applicationId);
      const lost = `update outbox_messages set delivered_at = now() where kind = 'workflow_start' and subject_id = $1`;
      await product.rows(lost, workflowId);
      // Without a worker nobody answers: that is said of each workflow, and no repair mends it.
      const silent = await check();
      expect(about(silent.found, workflowId)).toEqual(['workflow_missing']);
      expect(new Set(silent.found.map(({ kind }) => kind))).toEqual(new Set(['workflow_missing', 'no_answer']));
      await product.startWorker();
      const { code, found } = await check();
      expect([code, found.map(({ kind }) => kind)]).toEqual([1, ['workflow_missing']]);
      await expectRepaired();
      expect((await walk.verify(await walk.verificationLink(unverified))).status).toBe(200);
      await walk.stage(unverified.applicationId, 'in_review');
    },
    patience,
  );

  it(
    'finishes an activation whose workflow broke off before the account was opened',
    async () => {
      const partner = await walk.sent();
      await walk.sign(partner);
      // The account cannot be opened, so the workflow waits there when it is ended.
      await product.rail.strike({ kind: 'error_500_before', times: 10_000, match: { path: 'accounts' } });
      await walk.countersign(partner);
      await walk.stage(partner.applicationId, 'active');
      const workflowId = partnerOnboarding.workflowId(partner.applicationId);
      // What lists show follows the activation, not the account.
      expect((await check()).found).toEqual([]);
      // No attempt may be under way when the faults end: it would open the account for a workflow that is no more.
      await product.stopWorker();
      await product.temporal.workflow.getHandle(workflowId).terminate('test');
      await product.rail.clearFaults();
      await product.startWorker();
      const { found } = await check();
      expect(found).toMatchObject([{ kind: 'workflow_broken_off', workflowId, repair: 'resume' }]);
      const accounts = () => product.rows(`select 1 from payout_accounts where partner_id = $1`, partner.partnerId);
      expect(await accounts()).toHaveLength(0);
      await expectRepaired();
      expect(await accounts()).toHaveLength(1);
    },
    patience,
  );

  it(
    'follows changes of agreements: names what differs, and begins anew what broke off, with the negotiation below it',
    async () => {
      const amendments = new AmendmentWalk(walk);
      const partner = await amendments.partner();
      const { id } = await amendments.proposed(partner, amendments.rate('15'), {});
      const own = agreementAmendment.workflowId(id);
      await product.outboxEmpty();
      expect((await check()).found).toEqual([]);
      await idle(own);
      const state = (value: string) =>
        product.rows(`update agreement_amendments set state = $2 where id = $1`, id, value);
      await state('announcing');
      const { found: stale } = await check();
      expect(stale).toMatchObject([
        { kind: 'attribute_stale', workflowId: own, rowId: id, repair: 'refresh' },
        { kind: 'state_differs', workflowId: own, rowId: id, repair: 'refresh' },
      ]);
      expect(stale.map(({ detail }) => detail)).toEqual([
        'Stage is negotiating, the row says announcing',
        'the row is announcing, the workflow negotiating',
      ]);
      await state('negotiating');
      expect((await check()).found).toEqual([]);
      const [{ negotiation_id: negotiationId } = { negotiation_id: '' }] = await product.rows<{
        negotiation_id: string;
      }>(`select negotiation_id from agreement_amendments where id = $1`, id);
      const rounds = negotiation.workflowId(negotiationId);
      await product.temporal.workflow.getHandle(rounds).terminate('test');
      expect(await product.ended(own)).toBe('FAILED');
      const { found } = await check();
      expect(found.map(({ kind, workflowId, repair }) => `${kind} ${workflowId} ${repair}`).sort()).toEqual([
        `workflow_ended ${own} resume`,
        `workflow_ended ${rounds} resume`,
      ]);
      await expectRepaired();
      await amendments.sign(await amendments.toSign(partner, await amendments.reaches(id, 'negotiating')));
      await amendments.reaches(id, 'adopted');
      expect(await product.ended(own)).toBe('COMPLETED');
    },
    patience,
  );

  it(
    'names workflows without a row, and code that fails',
    async () => {
      const taskQueue = `${product.env.TASK_QUEUE_PREFIX}${taskQueues.contracting}`;
      const applicationId = `app_${'a'.repeat(32)}`;
      const orphan = partnerOnboarding.workflowId(applicationId);
      await product.temporal.workflow.start(partnerOnboarding.type, {
        workflowId: orphan,
        taskQueue,
        args: [{ programId: walk.programId, applicationId, decisionDueAtMs: Date.now() + 86_400_000 }],
      });
      // Without its input a workflow throws what no retry mends: the server tries its task again and again.
      const failing = negotiation.workflowId(`neg_${'b'.repeat(32)}`);
      await product.temporal.workflow.start(negotiation.type, { workflowId: failing, taskQueue, args: [] });
      const seen = await product.until('three attempts', async () => {
        const { found } = await check();
        return about(found, failing).includes('task_failing') && found;
      });
      expect(about(seen, failing).sort()).toEqual(['row_missing', 'task_failing']);
      expect(about(seen, orphan)).toEqual(['row_missing']);
      const { code, found: afterwards } = await check('--repair', '--wait', '5');
      // The signal brings a new task, whose attempts are counted from the first one on.
      const found = await product.until('its further attempts', async () => {
        const { found: later } = await check();
        return about(later, failing).includes('task_failing') && later;
      });
      // The one looked for its row and ended; the other needs another release, or a person who ends it.
      expect(await product.ended(orphan)).toBe('FAILED');
      expect(code).toBe(1);
      expect(about(afterwards, orphan)).toEqual([]);
      expect(about(found, failing).sort()).toEqual(['row_missing', 'task_failing']);
      await product.temporal.workflow.getHandle(failing).terminate('test');
      expect(await check()).toMatchObject({ code: 0, found: [] });
    },
    patience,
  );

  it('prints for people what it found, and how to use it', async () => {
    let [text, errors] = ['', ''];
    const streams = {
      stdout: { write: (part: string) => (text += part) },
      stderr: { write: (part: string) => (errors += part) },
    };
    expect(await main([], streams, () => product.env)).toBe(0);
    expect(text).toMatch(/^\d+ rows and \d+ running workflows compared\. All agree\.\n$/);
    expect(await main(['--help'], streams, () => product.env)).toBe(0);
    expect(text).toContain('--repair');
    for (const wrong of [['--days', '1000'], ['--wait', 'long'], ['--everything'], ['surplus']]) {
      expect(await main(wrong, streams, () => product.env)).toBe(2);
    }
    expect(errors).toContain('--days must be a whole number from 0 to 90');
  });
});
