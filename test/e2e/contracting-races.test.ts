import { setTimeout as pause } from 'node:timers/promises';
import { ContractingWalk, type Answer, type Applicant, type Approved, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const rounds = 12;
/** Rounds side by side: more would slow each other down beyond the deadlines that they race against. */
const abreast = 6;

describe('of two acts at once', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  /** Plays a race many times; `gapMs` says by how much the second act comes after (or before) the first. */
  async function race(play: (gapMs: number) => Promise<string>): Promise<string[]> {
    const outcomes: string[] = [];
    for (let round = 0; round < rounds; round += abreast) {
      const gaps = Array.from({ length: abreast }, (_, index) => (round + index - rounds / 2) * 4);
      outcomes.push(...(await Promise.all(gaps.map(play))));
    }
    return outcomes;
  }

  async function both(gapMs: number, first: () => Promise<Answer>, second: () => Promise<Answer>): Promise<Answer[]> {
    const after = async (ms: number, act: () => Promise<Answer>): Promise<Answer> => {
      if (ms > 0) await pause(ms);
      return act();
    };
    return Promise.all([after(-gapMs, first), after(gapMs, second)]);
  }

  /** Acts at an instant of the server's; both clocks are this machine's. */
  async function at(instant: string, gapMs: number, act: () => Promise<Answer>): Promise<Answer> {
    await pause(Math.max(0, new Date(instant).getTime() + gapMs - Date.now()));
    return act();
  }

  function expectLost(answer: Answer): void {
    expect([answer.status, answer.body.code]).toEqual([409, 'illegal-transition']);
  }

  /** Rows, audit, evidence, mails and workflows tell the same story, and nothing is left to be done. */
  async function expectAgreement(
    party: Applicant & Partial<Sent>,
    stage: string,
    envelopeState?: string,
  ): Promise<void> {
    const { applicationId, negotiationId, partnerId, email } = party;
    const { envelopeId } = await walk.application(applicationId);
    const facts = await walk.audit(applicationId);
    expect(facts.at(-1)).toMatch(new RegExp(`>${stage}$`));
    expect(new Set(facts).size).toBe(facts.length);
    const ended = [`partner-onboarding/${applicationId}`];
    if (negotiationId !== undefined) ended.push(`negotiation/${negotiationId}`);
    if (envelopeId !== null) ended.push(`signature/${negotiationId}`);
    for (const workflow of ended) expect([workflow, await product.ended(workflow)]).toEqual([workflow, 'COMPLETED']);
    expect((envelopeId === null ? undefined : await walk.envelope(envelopeId))?.state).toBe(envelopeState);
    if (envelopeId !== null) {
      const evidence = await walk.evidence(envelopeId);
      expect(evidence.brokenAt).toBeNull();
      expect(evidence.facts.filter(({ type }) => type === envelopeState)).toHaveLength(1);
      const moves = (await walk.audit(envelopeId)).filter((fact) => !fact.endsWith(' >'));
      expect(moves.at(-1)).toMatch(new RegExp(`>${envelopeState}$`));
    }
    const agreements = await product.rows(`select 1 from agreement_versions where partner_id = $1`, partnerId ?? '');
    expect(agreements).toHaveLength(stage === 'active' ? 1 : 0);
    await product.outboxEmpty();
    for (const subject of ['you are active', 'signed by both sides']) {
      expect(await product.mails(email, subject)).toHaveLength(stage === 'active' ? 1 : 0);
    }
  }

  it('one decision stands', async () => {
    const outcomes = await race(async (gapMs) => {
      const applicant = await walk.apply();
      const { applicationId } = applicant;
      const [approval, rejection] = await both(
        gapMs,
        () => walk.decide(applicationId, { action: 'approve' }),
        () => walk.decide(applicationId, { action: 'reject', reason: 'No' }),
      );
      expectLost(approval!.status === 200 ? rejection! : approval!);
      const { stage } = await walk.application(applicationId);
      expect(stage).toBe(approval!.status === 200 ? 'approved' : 'rejected');
      const partners = await product.rows(`select 1 from partners where application_id = $1`, applicationId);
      expect(partners).toHaveLength(stage === 'approved' ? 1 : 0);
      const decisions = (await walk.audit(applicationId)).filter((fact) => fact.includes('in_review>'));
      expect(decisions).toHaveLength(1);
      if (stage === 'approved') await walk.withdraw(applicant);
      await expectAgreement(applicant, stage === 'approved' ? 'withdrawn' : 'rejected');
      return stage;
    });
    expect(outcomes).toHaveLength(rounds);
  });

  it('a decision or the deadline stands', async () => {
    const hasty = await ContractingWalk.open(product, { decisionWithin: 'PT1.2S' });
    await race(async (gapMs) => {
      const applicant = await hasty.apply();
      const { applicationId } = applicant;
      const { decisionDueAt } = await product.ok<{ decisionDueAt: string }>(
        'GET',
        `/v1/applications/${applicationId}`,
        {
          token: applicant.token,
        },
      );
      const approval = await at(decisionDueAt, gapMs, () => hasty.decide(applicationId, { action: 'approve' }));
      if (approval.status === 200) await hasty.withdraw(applicant);
      else expectLost(approval);
      await expectAgreement(applicant, approval.status === 200 ? 'withdrawn' : 'expired');
      expect((await product.mails(applicant.email, 'expired')).length).toBe(approval.status === 200 ? 0 : 1);
      return approval.status === 200 ? 'decided' : 'expired';
    });
  });

  it('an acceptance is no way around a withdrawal', async () => {
    await race(async (gapMs) => {
      const partner: Approved = await walk.approved();
      const [acceptance, withdrawal] = await both(
        (gapMs + (rounds / 2) * 4) * 20,
        () => walk.accept(partner.negotiationId, partner.termsHash, partner.token),
        () => walk.withdraw(partner),
      );
      expect(withdrawal!.status).toBe(200);
      if (acceptance!.status !== 200) expectLost(acceptance!);
      const { envelopeId } = await walk.application(partner.applicationId);
      await expectAgreement(partner, 'withdrawn', envelopeId === null ? undefined : 'voided');
      return envelopeId === null ? 'not sent' : 'voided';
    });
  });

  it('a signature or a withdrawal stands', async () => {
    await race(async (gapMs) => {
      const partner = await walk.sent();
      const [signature, withdrawal] = await both(
        gapMs,
        () => walk.sign(partner),
        () => walk.withdraw(partner),
      );
      const isSigned = signature!.status === 200;
      expectLost(isSigned ? withdrawal! : signature!);
      expect((isSigned ? signature! : withdrawal!).status).toBe(200);
      if (isSigned) {
        expect((await walk.countersign(partner)).status).toBe(200);
        await walk.stage(partner.applicationId, 'active');
      }
      await expectAgreement(partner, isSigned ? 'active' : 'withdrawn', isSigned ? 'executed' : 'voided');
      return isSigned ? 'signed' : 'withdrawn';
    });
  });

  it('a countersignature or a void stands', async () => {
    await race(async (gapMs) => {
      const partner = await walk.sent();
      await walk.sign(partner);
      const [countersignature, voided] = await both(
        gapMs,
        () => walk.countersign(partner),
        () => walk.voidEnvelope(partner),
      );
      const isExecuted = countersignature!.status === 200;
      expectLost(isExecuted ? voided! : countersignature!);
      await walk.stage(partner.applicationId, isExecuted ? 'active' : 'lapsed');
      await expectAgreement(partner, isExecuted ? 'active' : 'lapsed', isExecuted ? 'executed' : 'voided');
      return isExecuted ? 'executed' : 'voided';
    });
  });

  it('a signature counts only before the expiry', async () => {
    const hasty = await ContractingWalk.open(product, { signature: { expiresAfter: 'PT7S', maxReminders: 0 } });
    const legal = hasty.document.contacts.legal!;
    let companiesAsked = 0;
    await race(async (gapMs) => {
      const partner = await hasty.sent();
      const page = await product.ok<{ expiresAt: string }>('GET', `/v1/signing/${partner.link}`);
      const signature = await at(page.expiresAt, gapMs - 40, () => hasty.sign(partner));
      if (signature.status !== 200) expectLost(signature);
      await hasty.stage(partner.applicationId, 'lapsed');
      await expectAgreement(partner, 'lapsed', 'expired');
      const facts = await hasty.audit(partner.envelopeId);
      expect(facts.filter((fact) => fact.endsWith('>partner_signed'))).toHaveLength(signature.status === 200 ? 1 : 0);
      const { facts: evidence } = await hasty.evidence(partner.envelopeId);
      const asked = evidence.filter(({ type }) => type === 'asked').length;
      // The company's own time is as short: it may be over before anyone could be asked, and nobody is asked in vain.
      expect(asked).toBeGreaterThanOrEqual(1);
      expect(asked).toBeLessThanOrEqual(signature.status === 200 ? 2 : 1);
      companiesAsked += asked - 1;
      return 'expired';
    });
    expect(await product.mails(legal, 'countersign')).toHaveLength(companiesAsked);
  });

  it('a countersignature or the expiry stands', async () => {
    const hasty = await ContractingWalk.open(product, { signature: { expiresAfter: 'PT7S', maxReminders: 0 } });
    await race(async (gapMs) => {
      const partner = await hasty.sent();
      const page = await product.ok<{ expiresAt: string }>('GET', `/v1/signing/${partner.link}`);
      expect((await hasty.sign(partner)).status).toBe(200);
      const countersignature = await at(page.expiresAt, gapMs - 40, () => hasty.countersign(partner));
      const isExecuted = countersignature.status === 200;
      if (!isExecuted) expectLost(countersignature);
      await hasty.stage(partner.applicationId, isExecuted ? 'active' : 'lapsed');
      await expectAgreement(partner, isExecuted ? 'active' : 'lapsed', isExecuted ? 'executed' : 'expired');
      return isExecuted ? 'executed' : 'expired';
    });
  });
});
