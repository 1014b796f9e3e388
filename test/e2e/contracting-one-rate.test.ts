import type { Terms } from '../../libs/agreements/domain/index.js';
import { ContractingWalk } from '../support/contracting.js';
import { demoProgram } from '../support/demo-program.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';
import { runSimulation } from '../support/simulate.js';

/** What one partner's program makes of the same two sales, wherever one looks. */
interface Seen {
  contract: string;
  /** Of the second sale, in cents, as its rules and clauses pay it. */
  posted: { rule: string; clause: string; amountMinor: number }[];
  simulated: { rule: string; amountMinor: number }[];
}

/** The demo program's terms, but for the rate of every order. */
function termsWithRate(rate: string): Terms {
  const { terms } = demoProgram();
  const commissions = terms.commissions.map((rule) =>
    rule.id === 'every-order' ? { ...rule, reward: { kind: 'percent' as const, rate } } : rule,
  );
  return { ...terms, commissions };
}

describe('the contract is the code', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  afterAll(() => product.close());

  async function seenWith(rate: string): Promise<Seen> {
    const walk = await ContractingWalk.open(product, { terms: termsWithRate(rate) });
    const partner = await walk.activePartner({ reference: 'ada' });
    const pdf = await readPdf(await product.bytes(`/v1/signing/${partner.link}/document`));
    const sale = { type: 'sale', partner: 'ada', customer: 'c1', amountMinor: 12_345, currency: 'USD' };
    const begun = Date.now();
    const events = ['first', 'second'].map((id, index) => ({
      ...sale,
      id,
      occurredAt: new Date(begun + index).toISOString(),
    }));
    const report = { token: walk.tokens.service, body: { events } };
    await product.ok('POST', `/v1/events?programId=${walk.programId}`, report);
    const explained = await product.ok<{ lines: { rule: string; clause: string; amount: { amountMinor: number } }[] }>(
      'GET',
      `/v1/events/second/explanation?programId=${walk.programId}`,
      { token: walk.tokens.manager },
    );
    const { terms } = (await walk.negotiation(partner.negotiationId)).versions[0]!;
    const { lines = [] } = await runSimulation({ terms, events });
    return {
      contract: pdf.text,
      posted: explained.lines.map(({ rule, clause, amount }) => ({ rule, clause, amountMinor: amount.amountMinor })),
      simulated: lines
        .filter(({ event }) => event === 'second')
        .map(({ rule, amountMinor }) => ({ rule: String(rule), amountMinor: Number(amountMinor) })),
    };
  }

  it('changes the clause, the commission and the simulation with one rate', async () => {
    const eight = await seenWith('8');
    const nineAndAHalf = await seenWith('9.5');
    expect(eight.contract).toMatch(/\b8 ?%/);
    expect(eight.contract).not.toMatch(/9\.5 ?%/);
    expect(nineAndAHalf.contract).toMatch(/\b9\.5 ?%/);
    expect(nineAndAHalf.contract).not.toMatch(/\b8 ?%/);
    expect(eight.posted).toEqual([{ rule: 'every-order', clause: '2.2', amountMinor: 988 }]);
    expect(nineAndAHalf.posted).toEqual([{ rule: 'every-order', clause: '2.2', amountMinor: 1173 }]);
    for (const { contract, posted, simulated } of [eight, nineAndAHalf]) {
      expect(simulated).toEqual(posted.map(({ rule, amountMinor }) => ({ rule, amountMinor })));
      for (const { clause } of posted) expect(contract).toContain(`${clause} `);
    }
  });
});
