import type { Terms } from '../../libs/agreements/domain/index.js';
import { historiesOfRuns } from '../../tools/histories/runs-of.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

/** No history of a workflow may come to so many events: from there on the server suggests to begin anew. */
const mostEvents = 4_096;

describe('the history of a negotiation', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close());

  /** How many events each run of a workflow has, the first run first. */
  async function runs(workflowId: string): Promise<number[]> {
    const histories = await historiesOfRuns(product.temporal, workflowId);
    return histories.map(({ events }) => events?.length ?? 0);
  }

  const withRate = (terms: Terms, rate: number): Terms => ({
    ...terms,
    commissions: [terms.commissions[0]!, { ...terms.commissions[1]!, reward: { kind: 'percent', rate: `${rate}` } }],
  });

  it('stays short after 200 rounds, and nobody notices where it began anew', async () => {
    const walk = await ContractingWalk.open(product);
    const partner = await walk.approved();
    const { negotiationId: id, token } = partner;
    let { termsHash } = partner;
    for (let round = 2; round <= 201; round++) {
      const mover = round % 2 === 0 ? token : walk.tokens.manager;
      const terms = withRate(walk.document.terms, (round % 50) + 10);
      const answer = await walk.propose(id, { terms, answersHash: termsHash }, mover);
      expect([answer.status, answer.body['number']]).toEqual([200, round]);
      termsHash = answer.body['termsHash'] as string;
    }
    const counts = await runs(`negotiation/${id}`);
    process.stdout.write(`events of the runs of a negotiation with 200 rounds: ${counts.join(', ')}\n`);
    expect(Math.max(...counts)).toBeLessThan(mostEvents);
    expect(counts.length).toBeGreaterThan(1);
    const described = await product.temporal.workflow.getHandle(`negotiation/${id}`).describe();
    expect(described.status.name).toBe('RUNNING');
    const fields = described.raw.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {};
    const attribute = (name: string): unknown => JSON.parse(Buffer.from(fields[name]?.data ?? []).toString() || 'null');
    expect(attribute('AwaitingRole')).toEqual(['partner']);
    expect(attribute('PartnerId')).toBe(partner.partnerId);
    // The process that waits for the outcome gets it from whichever run comes to it.
    expect((await walk.accept(id, termsHash, token)).status).toBe(200);
    await walk.signingPage(partner);
    expect(await product.ended(`negotiation/${id}`)).toBe('COMPLETED');
  }, 600_000);

  it('stays short after 200 reminders', async () => {
    // Ten reminders within the first two seconds of each round; a busy worker makes one of several that are overdue.
    const remindBefore = Array.from({ length: 10 }, (_, index) => `PT${(29.8 - index / 5).toFixed(1)}S`);
    const walk = await ContractingWalk.open(product, {
      negotiation: { answerWithin: 'PT30S', remindBefore, guardrails: [] },
    });
    const { negotiationId: id, termsHash: offer, token, email } = await walk.approved();
    const reminders = async (of: 'partner' | 'company'): Promise<number> =>
      (
        await product.rows(
          `select 1 from audit_facts where subject_id = $1 and action = 'negotiation.remind' and details ->> 'awaiting' = $2`,
          ...[id, of],
        )
      ).length;
    let [termsHash, count] = [offer, 0];
    for (let round = 1; count < 200; round++) {
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      const mover = round % 2 === 1 ? token : walk.tokens.manager;
      const terms = withRate(walk.document.terms, (round % 50) + 10);
      const answer = await walk.propose(id, { terms, answersHash: termsHash }, mover);
      expect(answer.status).toBe(200);
      termsHash = answer.body['termsHash'] as string;
      count = (await reminders('partner')) + (await reminders('company'));
      // A round of a busy machine may be over before its first reminder; most are not.
      expect(count).toBeGreaterThan(round - 20);
    }
    const counts = await runs(`negotiation/${id}`);
    process.stdout.write(`events of the runs of a negotiation with ${count} reminders: ${counts.join(', ')}\n`);
    expect(Math.max(...counts)).toBeLessThan(mostEvents);
    await walk.accept(id, termsHash, token);
    await walk.accept(id, termsHash);
    await product.outboxEmpty();
    expect(await product.mails(email, 'still open')).toHaveLength(await reminders('partner'));
  }, 600_000);
});
