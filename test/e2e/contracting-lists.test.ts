import { parse } from 'csv-parse/sync';
import { ContractingWalk, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Listed {
  items: { id: string; stage?: string; state?: string; stageSince?: string; total?: { amountMinor: number } }[];
  next?: string | null;
}

describe('the daily lists', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  const ids = ({ items }: Listed): string[] => items.map(({ id }) => id);
  const list = (address: string, token = walk.tokens.admin): Promise<Listed> =>
    product.ok<Listed>('GET', `${address}${address.includes('?') ? '&' : '?'}programId=${walk.programId}`, { token });

  /** Every page of a list, one after the other. */
  async function allPages(address: string, limit: number): Promise<string[][]> {
    const pages: string[][] = [];
    for (let cursor = ''; ;) {
      const page = await list(`${address}&limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      pages.push(ids(page));
      if (!page.next) return pages;
      cursor = page.next;
    }
  }

  async function csv(address: string): Promise<{ rows: Record<string, string>[]; next: string | null }> {
    const { text, headers } = await product.call('GET', address, {
      token: walk.tokens.admin,
      headers: { accept: 'text/csv' },
    });
    expect(headers.get('content-type')).toContain('text/csv');
    return { rows: parse(text, { columns: true }), next: headers.get('x-next-cursor') };
  }

  describe('applications', () => {
    const waiting: string[] = [];
    beforeAll(async () => {
      for (let day = 1; day <= 5; day++) {
        const { applicationId } = await walk.apply({ company: day === 2 ? '=cmd|1' : `Company ${day}` });
        // The first two have waited equally long: their ids decide.
        const since = `2026-01-0${Math.max(2, day)}T00:00:00Z`;
        await product.rows(`update applications set stage_since = $2 where id = $1`, applicationId, since);
        waiting.push(applicationId);
      }
      const { applicationId } = await walk.apply();
      await walk.decide(applicationId, { action: 'reject', reason: 'No' });
    });

    it('come by stage, the longest waiting first', async () => {
      expect(ids(await list('/v1/applications?stage=in_review'))).toEqual(waiting);
      const all = await list('/v1/applications?limit=200');
      expect(all.items).toHaveLength(6);
      expect((await list('/v1/applications?stage=rejected')).items).toHaveLength(1);
      expect(all.next).toBeNull();
    });

    it('come by age', async () => {
      const old = await list('/v1/applications?stage=in_review&stageBefore=2026-01-04T00:00:00Z');
      expect(ids(old)).toEqual(waiting.slice(0, 3));
    });

    it('come in pages without a gap or a repeat', async () => {
      expect(await allPages('/v1/applications?stage=in_review', 2)).toEqual([
        waiting.slice(0, 2),
        waiting.slice(2, 4),
        waiting.slice(4),
      ]);
      const token = walk.tokens.admin;
      for (const query of ['limit=0', 'limit=201', 'cursor=nonsense', 'stage=asleep', 'unknown=1']) {
        expect((await product.call('GET', `/v1/applications?${query}`, { token })).status).toBe(400);
      }
    });

    it('come as CSV that no spreadsheet runs', async () => {
      const { rows, next } = await csv(`/v1/applications?programId=${walk.programId}&stage=in_review&limit=3`);
      expect(rows.map(({ id }) => id)).toEqual(waiting.slice(0, 3));
      expect(rows[1]?.['company']).toBe("'=cmd|1");
      expect(next).toEqual((await list('/v1/applications?stage=in_review&limit=3')).next);
    });
  });

  describe('envelopes', () => {
    let envelopes: Sent[];
    beforeAll(async () => {
      envelopes = [await walk.sent(), await walk.sent(), await walk.sent()];
      await walk.sign(envelopes[1]!);
      await walk.voidEnvelope(envelopes[2]!);
      await product.rows(`update envelopes set state_since = '2026-01-01' where id = $1`, envelopes[1]!.envelopeId);
    });
    const envelopeId = (index: number): string => envelopes[index]!.envelopeId;

    it('come by state, whose turn it is and age', async () => {
      expect(ids(await list('/v1/envelopes?awaiting=partner'))).toEqual([envelopeId(0)]);
      expect(ids(await list('/v1/envelopes?awaiting=company'))).toEqual([envelopeId(1)]);
      expect(ids(await list('/v1/envelopes?state=voided'))).toEqual([envelopeId(2)]);
      expect(ids(await list('/v1/envelopes?stateBefore=2026-02-01T00:00:00Z'))).toEqual([envelopeId(1)]);
      expect(ids(await list('/v1/envelopes?limit=200'))).toEqual([1, 0, 2].map(envelopeId));
    });

    it('come in pages and as CSV', async () => {
      expect(await allPages('/v1/envelopes?', 1)).toEqual([1, 0, 2].map((index) => [envelopeId(index)]));
      const { rows } = await csv(`/v1/envelopes?programId=${walk.programId}`);
      expect(rows.map(({ id, state, awaiting }) => [id, state, awaiting])).toEqual([
        [envelopeId(1), 'awaiting_countersign', 'company'],
        [envelopeId(0), 'viewed', 'partner'],
        [envelopeId(2), 'voided', ''],
      ]);
    });
  });

  describe('batches', () => {
    const batches: string[] = [];
    beforeAll(async () => {
      await walk.activePartner({ reference: 'earner' });
      const token = await product.token('finance');
      for (const [index, amountMinor] of [10_000, 50_000].entries()) {
        const event = { id: `order-${index}`, type: 'sale', partner: 'earner', customer: `c${index}`, currency: 'USD' };
        const occurredAt = new Date().toISOString();
        const body = { ...event, occurredAt, amountMinor };
        const sold = await product.ok('POST', `/v1/events?programId=${walk.programId}`, {
          token: walk.tokens.service,
          body,
        });
        expect(sold['status']).toBe('priced');
        const cutOff = new Date().toISOString();
        const run = { token, body: { programId: walk.programId, cutOff } };
        const { batchId } = await product.ok<{ batchId: string }>('POST', '/v1/payout-collections', run);
        batches.push(batchId);
      }
      await product.until('the first batch to be submitted', async () => {
        return (
          (await product.call('POST', `/v1/payout-batches/${batches[0]}/submission`, { token, body: {} })).status ===
          200
        );
      });
    });

    it('come by state and amount', async () => {
      expect(ids(await list('/v1/payout-batches?state=frozen'))).toEqual([batches[0]]);
      expect(ids(await list('/v1/payout-batches?state=draft'))).toEqual([batches[1]]);
      const large = await list('/v1/payout-batches?minTotalMinor=1251');
      expect(large.items.map(({ total }) => total?.amountMinor)).toEqual([6_250]);
      expect(ids(await list('/v1/payout-batches?maxTotalMinor=1250'))).toEqual([batches[0]]);
      expect(ids(await list('/v1/payout-batches?sort=largest'))).toEqual([batches[1], batches[0]]);
      expect(await allPages('/v1/payout-batches?sort=largest', 1)).toEqual([[batches[1]], [batches[0]]]);
      const { rows } = await csv(`/v1/payout-batches?programId=${walk.programId}&sort=largest`);
      expect(rows.map(({ id, ...row }) => [id, row['total.amountMinor']])).toEqual([
        [batches[1], '6250'],
        [batches[0], '1250'],
      ]);
    });
  });

  describe('the record of what happened', () => {
    it('has an actor for each change and the request of each that a person asked for', async () => {
      const facts = await product.rows<{ actor_id: string; request_id: string | null; action: string }>(
        `select actor_id, request_id, action from audit_facts
         where action ~ '^(program|application|partner|negotiation|envelope|agreement)[.]'`,
      );
      expect(facts.length).toBeGreaterThan(10);
      const byPeople = facts.filter(({ actor_id }) => actor_id !== 'system');
      expect(byPeople.filter(({ request_id }) => request_id === null)).toEqual([]);
      expect(new Set(facts.filter(({ actor_id }) => actor_id === 'system').map(({ action }) => action))).toContain(
        'envelope.send',
      );
    });

    it('is read in pages, about one thing or all, by those who may', async () => {
      const subject = `/v1/audit?subject=${walk.programId}`;
      const about = await product.ok<{ items: { action: string }[] }>('GET', subject, { token: walk.tokens.auditor });
      expect(about.items.map(({ action }) => action)).toContain('program.version');
      expect((await product.call('GET', subject, { token: walk.tokens.manager })).status).toBe(403);
    });

    it('is fed to machines in order, each event once, however the feed is cut', async () => {
      const { service } = walk.tokens;
      const read = (after: string | null, limit: number) =>
        product.ok<{ items: { id: string }[]; next: string | null }>(
          'GET',
          `/v1/domain-events?limit=${limit}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`,
          { token: service },
        );
      const whole = await read(null, 200);
      const parts: string[] = [];
      for (let after: string | null = null; ;) {
        const { items, next } = await read(after, 7);
        if (items.length === 0) break;
        parts.push(...items.map(({ id }) => id));
        after = next;
      }
      expect(parts.slice(0, whole.items.length)).toEqual(whole.items.map(({ id }) => id));
      expect(new Set(parts).size).toBe(parts.length);
    });
  });
});
