import { partnerOnboarding } from '../../libs/orchestration/index.js';
import { historiesOfRuns } from '../../tools/histories/runs-of.js';
import { ContractingWalk, type Applicant } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const rounds = 200;
const most = 4_096;

describe('a review without end', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close(), 120_000);

  /** How long the history of each run of an application's workflow is, the newest last. */
  async function histories({ applicationId }: Applicant): Promise<number[]> {
    const runs = await historiesOfRuns(product.temporal, partnerOnboarding.workflowId(applicationId));
    return runs.map(({ events }) => events?.length ?? 0);
  }

  it('with 200 questions or 200 reminders keeps its history short, and can be decided on after all', async () => {
    const informationRequests = { answerWithin: 'P1D', maxRounds: rounds, whenUnanswered: 'return' };
    const asking = await ContractingWalk.open(product, { review: { informationRequests } });
    const reminding = await ContractingWalk.open(product, { review: { remindEvery: 'PT0.05S', maxReminders: rounds } });
    const [asked, reminded] = [await asking.apply(), await reminding.apply()];
    const base = `/v1/applications/${asked.applicationId}/information-requests`;
    for (let round = 1; round <= rounds; round += 1) {
      await product.ok('POST', base, { token: asking.tokens.manager, body: { question: `Question ${round}` } });
      const [open] = await product.rows<{ id: string }>(
        `select id from information_requests where application_id = $1 and state = 'open'`,
        asked.applicationId,
      );
      await product.ok('POST', `${base}/${open!.id}/answer`, { token: asked.token, body: { answer: 'Yes' } });
    }
    await waitForReminders(reminded);
    for (const applicant of [asked, reminded]) {
      const lengths = await histories(applicant);
      expect(lengths.length).toBeGreaterThan(1);
      expect(Math.max(...lengths)).toBeLessThan(most);
      expect((await asking.decide(applicant.applicationId, { action: 'approve' })).body).toMatchObject({
        stage: 'approved',
      });
    }
  }, 600_000);

  async function waitForReminders({ applicationId }: Applicant): Promise<void> {
    const sql = `select reminders_sent as sent from applications where id = $1`;
    for (let sent = 0; sent < rounds;) {
      // Each reminder that comes shows that it goes on; `until` gives up only where none comes any more.
      const before = sent;
      sent = await product.until(`reminder ${before + 1}`, async () => {
        const [row] = await product.rows<{ sent: number }>(sql, applicationId);
        return row!.sent > before ? row!.sent : undefined;
      });
    }
  }
});
