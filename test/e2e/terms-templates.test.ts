import type { Terms } from '../../libs/agreements/domain/index.js';
import { termsHash } from '../../libs/agreements/domain/index.js';
import type { ApiAnswer } from '../support/api.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Template {
  id: string;
  version: number;
  name: string;
  termsHash: string;
  retiredAt: string | null;
  code?: string;
  errors?: { pointer: string }[];
  terms: Terms;
}

describe('templates of terms', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let standard: Terms;
  beforeAll(async () => {
    product = await TestProduct.start();
  });
  beforeEach(async () => {
    walk = await ContractingWalk.open(product);
    standard = walk.document.terms;
  });
  afterAll(() => product.close());

  const withRate = (rate: string): Terms => ({
    ...standard,
    commissions: [standard.commissions[0]!, { ...standard.commissions[1]!, reward: { kind: 'percent', rate } }],
  });
  const at = (path = ''): string => `/v1/programs/${walk.programId}/templates${path}`;
  const make = (body: Record<string, unknown>, token = walk.tokens.legal): Promise<ApiAnswer<Template>> =>
    product.call('POST', at(), { token, body: { name: 'Standard', ...body } });
  const made = async (body: Record<string, unknown>): Promise<Template> => {
    const answer = await make(body);
    expect([answer.status, answer.body.code]).toEqual([201, undefined]);
    return answer.body;
  };
  const revise = (
    id: string,
    ifMatch: string | undefined,
    body: Record<string, unknown>,
  ): Promise<ApiAnswer<Template>> =>
    product.call('POST', at(`/${id}/versions`), {
      ...{ token: walk.tokens.legal, body: { name: 'Standard', ...body } },
      ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    });
  /** The rate that an approved applicant of this type is offered for every order, and from which template. */
  async function offered(
    partnerType?: string,
    templateId?: string,
  ): Promise<{ rate: unknown; template: unknown; id: string }> {
    const { applicationId } = await walk.apply(partnerType === undefined ? {} : { partnerType });
    const decision = { action: 'approve', ...(templateId !== undefined && { templateId }) };
    const { body, status } = await walk.decide(applicationId, decision);
    expect([status, body.code]).toEqual([200, undefined]);
    const id = body['negotiationId'] as string;
    const view = await walk.negotiation(id);
    const { reward } = view.versions[0]!.terms.commissions[1]!;
    return {
      rate: (reward as { rate: string }).rate,
      template: (view as unknown as { template: unknown }).template,
      id,
    };
  }

  it('are offered by partner type and tier, the most specific first, else the program’s own terms', async () => {
    expect(await offered('influencer')).toMatchObject({ rate: '8', template: null });
    const anybody = await made({ terms: withRate('5') });
    const influencers = await made({ terms: withRate('6'), partnerType: 'influencer' });
    const beginners = await made({ terms: withRate('7'), partnerType: 'influencer', tier: 'bronze' });
    await made({ terms: withRate('9'), partnerType: 'influencer', tier: 'gold' });
    const bronze = await made({ terms: withRate('4'), tier: 'bronze' });
    expect(await offered('influencer')).toMatchObject({ rate: '7', template: { id: beginners.id, version: 1 } });
    expect(await offered('agency')).toMatchObject({ rate: '4', template: { id: bronze.id } });
    await product.ok('POST', at(`/${beginners.id}/retirement`), { token: walk.tokens.legal, body: {} });
    expect(await offered('influencer')).toMatchObject({ rate: '6', template: { id: influencers.id } });
    await product.ok('POST', at(`/${bronze.id}/retirement`), { token: walk.tokens.legal, body: {} });
    expect(await offered()).toMatchObject({ rate: '5', template: { id: anybody.id } });
  });

  it('are chosen by the reviewer where it says so', async () => {
    await made({ terms: withRate('5') });
    const special = await made({ terms: withRate('14'), automatic: false });
    expect(await offered('influencer')).toMatchObject({ rate: '5' });
    expect(await offered('influencer', special.id)).toMatchObject({
      rate: '14',
      template: { id: special.id, version: 1 },
    });
    const elsewhere = await ContractingWalk.open(product);
    const { applicationId } = await elsewhere.apply();
    const foreign = await elsewhere.decide(applicationId, { action: 'approve', templateId: special.id });
    expect([foreign.status, foreign.body['errors']]).toMatchObject([422, [{ pointer: '/templateId' }]]);
    expect((await elsewhere.application(applicationId)).stage).toBe('in_review');
    const rejection = { action: 'reject', reason: 'No', templateId: special.id };
    expect((await elsewhere.decide(applicationId, rejection)).status).toBe(422);
    expect((await elsewhere.decide(applicationId, { action: 'approve', templateId: 'x' })).status).toBe(400);
    await product.ok('POST', at(`/${special.id}/retirement`), {
      token: walk.tokens.legal,
      body: { reason: 'Spring is over' },
    });
    const late = await walk.decide((await walk.apply()).applicationId, { action: 'approve', templateId: special.id });
    expect([late.status, late.body['errors']]).toEqual([422, [{ pointer: '/templateId', message: 'is retired' }]]);
  });

  it('never change what was offered or agreed before by a new version or their end', async () => {
    const template = await made({ terms: withRate('6') });
    const open = await offered();
    const active = await walk.activePartner();
    const [inForce] = await product.rows(`select * from agreement_versions where partner_id = $1`, active.partnerId);
    const before = await walk.negotiation(open.id);
    const second = await revise(template.id, '"1"', { terms: withRate('3') });
    expect([second.status, second.body.version, second.headers.get('etag')]).toEqual([201, 2, '"2"']);
    await product.ok('POST', at(`/${template.id}/retirement`), { token: walk.tokens.legal, body: {} });
    expect(await walk.negotiation(open.id)).toEqual(before);
    expect(await product.rows(`select * from agreement_versions where partner_id = $1`, active.partnerId)).toEqual([
      inForce,
    ]);
    const first = await product.ok<Template>('GET', at(`/${template.id}?version=1`), { token: walk.tokens.manager });
    expect([first.terms, first.termsHash]).toEqual([withRate('6'), termsHash(withRate('6'))]);
    const sale = { type: 'sale', partner: active.partnerId, amountMinor: 10_000, currency: 'USD', customer: 'c' };
    const events = [
      { ...sale, id: `${active.partnerId}-1`, occurredAt: new Date().toISOString() },
      { ...sale, id: `${active.partnerId}-2`, occurredAt: new Date().toISOString() },
    ];
    const reported = await product.ok<{ results: { amount: { amountMinor: number } }[] }>(
      ...([
        'POST',
        `/v1/events?programId=${walk.programId}`,
        { token: walk.tokens.service, body: { events } },
      ] as const),
    );
    expect(reported.results.map(({ amount }) => amount.amountMinor)).toEqual([1250, 600]);
  });

  it('are edited together: who missed a version is told so', async () => {
    const { id } = await made({ terms: withRate('6') });
    const read = await product.call('GET', at(`/${id}`), { token: walk.tokens.manager });
    expect(read.headers.get('etag')).toBe('"1"');
    const answers = await Promise.all(['7', '8', '9'].map((rate) => revise(id, '"1"', { terms: withRate(rate) })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 412, 412]);
    expect(answers.find(({ status }) => status === 412)?.body.code).toBe('hash-mismatch');
    expect((await revise(id, undefined, { terms: withRate('7') })).status).toBe(400);
    expect((await revise(id, '2', { terms: withRate('7') })).status).toBe(400);
    const same = await product.ok<Template>('GET', at(`/${id}`), { token: walk.tokens.manager });
    const unchanged = await revise(id, '"2"', { terms: same.terms });
    expect([unchanged.status, unchanged.body.version]).toEqual([201, 2]);
    const renamed = await revise(id, '"2"', { terms: same.terms, name: 'Summer' });
    expect([renamed.body.version, renamed.body.name]).toEqual([3, 'Summer']);
    const versions = await product.ok<{ items: Template[] }>('GET', at(`/${id}/versions`), {
      token: walk.tokens.auditor,
    });
    expect(versions.items.map(({ version, name }) => [version, name])).toEqual([
      [1, 'Standard'],
      [2, 'Standard'],
      [3, 'Summer'],
    ]);
    await expect(product.rows(`update terms_template_versions set name = 'x'`)).rejects.toThrow(/append-only/);
  });

  it('are refused with pointers', async () => {
    const pointers = async (body: Record<string, unknown>): Promise<unknown> => {
      const { status, body: problem } = await make(body);
      return [status, problem.code, (problem.errors ?? []).map(({ pointer }) => pointer)];
    };
    expect(await pointers({ terms: { ...standard, currency: 'EUR' } })).toEqual([
      422,
      'invalid-document',
      ['/terms/currency'],
    ]);
    expect(await pointers({ terms: standard, tier: 'diamond' })).toEqual([422, 'invalid-document', ['/tier']]);
    expect(await pointers({ terms: standard, partnerType: 'Two Words' })).toEqual([
      400,
      'malformed-request',
      ['/partnerType'],
    ]);
    expect(await pointers({ terms: standard, name: '' })).toEqual([400, 'malformed-request', ['/name']]);
    await made({ terms: standard, partnerType: 'agency' });
    expect(await pointers({ terms: standard, partnerType: 'agency' })).toEqual([409, 'already-exists', []]);
    expect((await make({ terms: standard, partnerType: 'agency', automatic: false })).status).toBe(201);
    const retired = await made({ terms: standard, partnerType: 'media' });
    const end = () => product.call('POST', at(`/${retired.id}/retirement`), { token: walk.tokens.legal, body: {} });
    expect([(await end()).status, (await end()).status]).toEqual([200, 409]);
    expect((await revise(retired.id, '"1"', { terms: withRate('2') })).status).toBe(409);
    expect((await make({ terms: standard, partnerType: 'media' })).status).toBe(201);
  });

  it('belong to their program and its people', async () => {
    const { id } = await made({ terms: standard });
    expect((await make({ terms: standard }, walk.tokens.manager)).status).toBe(403);
    const elsewhere = await ContractingWalk.open(product);
    const foreign = await product.token('legal', { programId: elsewhere.programId });
    expect((await product.call('GET', at(`/${id}`), { token: foreign })).status).toBe(404);
    expect(
      (await product.call('GET', `/v1/programs/${elsewhere.programId}/templates/${id}`, { token: foreign })).status,
    ).toBe(404);
    const partner = await walk.approved();
    expect((await product.call('GET', at(), { token: partner.token })).status).toBe(403);
    const page = await product.ok<{ items: Template[] }>('GET', at('?retired=false'), { token: walk.tokens.manager });
    expect(page.items.map((item) => item.id)).toEqual([id]);
    const seen = await product.ok('GET', `/v1/negotiations/${partner.negotiationId}`, { token: partner.token });
    expect(seen['template']).toBeUndefined();
  });
});
