import type { Terms } from '../../libs/agreements/domain/index.js';
import type { ApiAnswer } from '../support/api.js';
import { ContractingWalk, type Approved } from '../support/contracting.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';

interface Diff {
  from: { termsHash: string };
  to: { termsHash: string };
  language: string;
  changes: { kind: string; pointer: string; words: string }[];
  code?: string;
}

describe('the difference between two versions', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let partner: Approved;
  let hashes: string[];
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    partner = await walk.approved();
    const offer = walk.document.terms;
    const [first, second] = offer.commissions;
    const better: Terms = { ...offer, commissions: [{ ...first!, reward: { kind: 'percent', rate: '15' } }, second!] };
    const { negotiationId: id, termsHash, token } = partner;
    const asked = await walk.propose(id, { terms: better, answersHash: termsHash }, token);
    const longer: Terms = { ...better, term: { ...offer.term, notice: 'P60D' } };
    const countered = await walk.propose(id, { terms: longer, answersHash: asked.body['termsHash'] as string });
    hashes = [termsHash, asked.body['termsHash'] as string, countered.body['termsHash'] as string];
  });
  afterAll(() => product.close());

  const diff = (query: string, token = partner.token): Promise<ApiAnswer<Diff>> =>
    product.call('GET', `/v1/negotiations/${partner.negotiationId}/diff?${query}`, { token });
  const wordsOf = ({ body }: ApiAnswer<Diff>): string[] => body.changes.map(({ words }) => words);

  it('is told in words, between any two, to both sides', async () => {
    for (const token of [partner.token, walk.tokens.manager, walk.tokens.auditor]) {
      const answer = await diff('from=1&to=3', token);
      expect(wordsOf(answer)).toEqual(['commission on new customers: 12.5 % → 15 %', 'notice: 30 days → 60 days']);
      expect([answer.body.from.termsHash, answer.body.to.termsHash]).toEqual([hashes[0], hashes[2]]);
      expect(answer.body.changes.map(({ pointer }) => pointer)).toEqual(['/commissions/0/reward/rate', '/term/notice']);
    }
    expect(wordsOf(await diff('from=3&to=2'))).toEqual(['notice: 60 days → 30 days']);
    expect(wordsOf(await diff('from=2&to=2'))).toEqual([]);
  });

  it('has words in each language', async () => {
    const [indonesian, arabic] = [await diff('from=1&to=2&language=id'), await diff('from=1&to=2&language=ar')];
    expect(wordsOf(indonesian)[0]).toContain('komisi atas pelanggan baru');
    expect(wordsOf(arabic)[0]).toContain('العمولة على العملاء الجدد');
    expect([indonesian.body.language, arabic.body.language, (await diff('from=1&to=2')).body.language]).toEqual([
      'id',
      'ar',
      'en',
    ]);
  });

  it('is a redline as well', async () => {
    const address = `/v1/negotiations/${partner.negotiationId}/redline?from=1&to=3`;
    const bytes = await product.bytes(address, partner.token);
    const { text, tagged } = await readPdf(bytes);
    expect(tagged).toBe(true);
    expect(text).toContain('commission on new customers: 12.5 % → 15 %');
    expect(text).toMatch(/The commission is 12\.5 15 % of/);
    expect(Buffer.from(await product.bytes(address, walk.tokens.legal)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('refuses what is not there and what is not the caller’s', async () => {
    const outcome = async (query: string, token?: string): Promise<unknown> => {
      const { status, body } = await diff(query, token);
      return [status, body.code];
    };
    expect(await outcome('from=1&to=9')).toEqual([404, 'not-found']);
    for (const query of ['from=1', 'from=0&to=1', 'from=a&to=1', 'from=1&to=2&language=fr', 'from=1&to=2&x=1']) {
      expect(await outcome(query)).toEqual([400, 'malformed-request']);
    }
    const other = await walk.approved();
    expect(await outcome('from=1&to=2', other.token)).toEqual([404, 'not-found']);
  });

  it('is there for versions of templates and for any two hashes of the program', async () => {
    const { legal, manager } = walk.tokens;
    const templates = `/v1/programs/${walk.programId}/templates`;
    const terms = walk.document.terms;
    const { id } = await product.ok<{ id: string }>('POST', templates, { token: legal, body: { name: 'A', terms } });
    const next = { ...terms, payment: { ...terms.payment, frequency: 'weekly' } };
    const call = { token: legal, body: { name: 'A', terms: next }, headers: { 'if-match': '"1"' } };
    await product.ok('POST', `${templates}/${id}/versions`, call);
    const found = await product.call<Diff>('GET', `${templates}/${id}/diff?from=1&to=2`, { token: manager });
    expect(wordsOf(found)).toEqual(['payment: monthly → weekly']);
    const between = `from=${hashes[0]}&to=${hashes[2]}`;
    const program = `/v1/programs/${walk.programId}/terms`;
    expect(wordsOf(await product.call<Diff>('GET', `${program}/diff?${between}`, { token: legal }))).toHaveLength(2);
    for (const address of [`${templates}/${id}/redline?from=1&to=2`, `${program}/redline?${between}`]) {
      expect((await readPdf(await product.bytes(address, legal))).text).toContain('What changes');
    }
    expect((await product.call('GET', `${program}/diff?${between}`, { token: partner.token })).status).toBe(403);
    const nothing = await product.call('GET', `${program}/diff?from=${'0'.repeat(64)}&to=${hashes[0]}`, {
      token: legal,
    });
    expect(nothing.status).toBe(404);
  });
});
