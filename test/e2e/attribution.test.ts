import { Database } from '../../libs/database/index.js';
import { ContractingWalk, type Sent } from '../support/contracting.js';
import { demoProgram } from '../support/demo-program.js';
import { TestProduct } from '../support/product.js';

interface Link {
  id: string;
  slug: string;
  address: string;
  endedAt: string | null;
}

interface Explanation {
  summary: string;
  partnerId?: string;
  event: Record<string, unknown>;
  attribution?: { touches: { partnerId: string; verdict: string }[]; shares: { partnerId: string; percent: string }[] };
  shares?: unknown[];
  lines: { partnerId: string; amount: { amountMinor: number } }[];
}

const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('attribution over HTTP', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let first: Sent;
  let second: Sent;
  let third: Sent;

  beforeAll(async () => {
    product = await TestProduct.start();
    const { terms } = demoProgram();
    walk = await ContractingWalk.open(product, {
      terms: { ...terms, attribution: { model: 'linear', window: 'P30D' } },
      attribution: {
        link: {
          destination: 'https://shop.example/start?lang=en',
          parameters: { via: '{partner}' },
          clickParameter: 'click',
        },
      },
    });
    first = await walk.activePartner();
    second = await walk.activePartner();
    third = await walk.activePartner();
  }, 120_000);
  afterAll(() => product.close(), 60_000);

  const linksOf = async (partnerId: string, token = walk.tokens.manager) => {
    return (await product.ok<{ items: Link[] }>('GET', `/v1/partners/${partnerId}/links`, { token })).items;
  };
  const codesOf = async (partnerId: string) => {
    const token = walk.tokens.manager;
    return (await product.ok<{ items: { code: string }[] }>('GET', `/v1/partners/${partnerId}/coupon-codes`, { token }))
      .items;
  };
  const follow = async (path: string, headers: Record<string, string> = { 'user-agent': browser }, method = 'GET') => {
    const response = await fetch(`${product.url}${path}`, { method, headers, redirect: 'manual' });
    return { status: response.status, address: new URL(response.headers.get('location')!), headers: response.headers };
  };
  const clicks = async () => {
    const rows = await product.api.get(Database).query(`select * from touches where program_id = $1`, [walk.programId]);
    return rows as { id: string; kind: string; parameters: unknown }[];
  };
  const explain = async (eventId: string, token: string) =>
    product.call<Explanation>('GET', `/v1/events/${eventId}/explanation?programId=${walk.programId}`, { token });

  it('gives a link with parameters and a coupon code at activation, once', async () => {
    const [link, ...more] = await linksOf(first.partnerId);
    expect(more).toEqual([]);
    expect(link).toMatchObject({ endedAt: null, address: expect.stringMatching(/\/go\/[a-z0-9]{9}$/) as string });
    expect((await codesOf(first.partnerId)).map(({ code }) => code)).toEqual([expect.stringMatching(/^[A-Z2-9]{10}$/)]);
    expect((await codesOf(second.partnerId))[0]!.code).not.toBe((await codesOf(first.partnerId))[0]!.code);
  });

  it('leads a visitor on, keeps the click and nothing of the visitor, and counts no robot', async () => {
    const [link] = await linksOf(first.partnerId);
    const visit = `/go/${link!.slug}?utm_source=mail&lang=xx&click=forged`;
    const { status, address, headers } = await follow(visit);
    expect([status, headers.get('cache-control')]).toEqual([302, 'no-store']);
    expect(address.origin + address.pathname).toBe('https://shop.example/start');
    const { click, ...rest } = Object.fromEntries(address.searchParams);
    expect(rest).toEqual({ lang: 'en', via: expect.stringMatching(/./) as string, utm_source: 'mail' });
    const [kept, ...more] = await clicks();
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ id: click, kind: 'click', customer: null, parameters: { utm_source: 'mail' } });
    expect(JSON.stringify(kept)).not.toMatch(/127\.0\.0\.1|::1|Firefox/);

    const ahead = [
      await follow(visit, { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' }),
      await follow(visit, { 'user-agent': browser, 'sec-purpose': 'prefetch' }),
      await follow(visit, { 'user-agent': browser }, 'HEAD'),
      await follow(visit, { 'user-agent': '' }),
    ];
    for (const each of ahead) {
      expect(each.status).toBe(302);
      expect(each.address.searchParams.has('click')).toBe(false);
    }
    expect(await clicks()).toHaveLength(1);
    expect((await fetch(`${product.url}/go/no-such-link`, { redirect: 'manual' })).status).toBe(404);
  });

  it('divides a sale by click and touch, and tells each partner its own part alone', async () => {
    const { programId, tokens } = walk;
    const [link] = await linksOf(first.partnerId);
    const click = (await follow(`/go/${link!.slug}`)).address.searchParams.get('click');
    const occurredAt = new Date().toISOString();
    const touch = { id: 'lead-1', kind: 'referral', occurredAt, partner: second.partnerId, customer: 'c-77' };
    const late = {
      ...touch,
      id: 'lead-2',
      partner: third.partnerId,
      occurredAt: new Date(Date.now() + 60_000).toISOString(),
    };
    const reported = await product.ok('POST', `/v1/touches?programId=${programId}`, {
      ...{ token: tokens.service, body: { touches: [touch, late, touch] } },
    });
    expect(reported).toMatchObject({
      results: [{ status: 'accepted', partnerId: second.partnerId }, { status: 'accepted' }, { status: 'duplicate' }],
    });
    const sale = {
      id: 'shared',
      type: 'sale',
      occurredAt,
      customer: 'c-77',
      click,
      amountMinor: 20_001,
      currency: 'USD',
    };
    const result = await product.ok<{
      status: string;
      shares: { partnerId: string; allocated: { amountMinor: number } }[];
    }>('POST', `/v1/events?programId=${programId}`, {
      token: tokens.service,
      body: { ...sale, occurredAt: new Date().toISOString() },
    });
    expect(result.status).toBe('attributed');
    const allocated = Object.fromEntries(result.shares.map((share) => [share.partnerId, share.allocated.amountMinor]));
    // Two partners, the odd unit to the smaller id: it was made first.
    expect(allocated).toEqual({ [first.partnerId]: 10_001, [second.partnerId]: 10_000 });

    const whole = (await explain('shared', tokens.manager)).body;
    expect(whole.attribution?.touches.map(({ verdict }) => verdict).sort()).toEqual([
      'after_event',
      'credited',
      'credited',
    ]);
    expect(whole.shares).toHaveLength(2);
    const own = (await explain('shared', await product.token({ partnerId: first.partnerId }))).body;
    expect(own).toMatchObject({ partnerId: first.partnerId, event: { amountMinor: 10_001 } });
    expect(own.attribution?.shares).toEqual([{ partnerId: first.partnerId, percent: '50' }]);
    for (const stranger of [second.partnerId, third.partnerId]) expect(JSON.stringify(own)).not.toContain(stranger);
    const without = (await explain('shared', await product.token({ partnerId: third.partnerId }))).body;
    expect(without.summary).toContain('it came after the event');
    expect(without).toMatchObject({ lines: [], attribution: { shares: [] } });
    expect(without.event).not.toHaveProperty('amountMinor');
    const coupon = (await codesOf(second.partnerId))[0]!.code.toLowerCase();
    const used = {
      ...sale,
      id: 'by-coupon',
      customer: 'c-88',
      click: null,
      coupon,
      occurredAt: new Date().toISOString(),
    };
    await product.ok('POST', `/v1/events?programId=${programId}`, { token: tokens.service, body: used });
    expect((await explain('by-coupon', await product.token({ partnerId: second.partnerId }))).body.lines).toHaveLength(
      1,
    );
    // Who never reached the customer doesn't learn that the event is there.
    expect((await explain('by-coupon', await product.token({ partnerId: first.partnerId }))).status).toBe(404);
  });

  it('lets managers make and end links and codes, and partners read their own', async () => {
    const { manager, service } = walk.tokens;
    const partner = await product.token({ partnerId: first.partnerId });
    const links = `/v1/partners/${first.partnerId}/links`;
    const body = { name: 'autumn', destination: 'https://shop.example/autumn', slug: 'autumn-2026' };
    const made = await product.call<Link>('POST', links, { token: manager, body });
    expect([made.status, made.body.address]).toEqual([201, expect.stringMatching(/\/go\/autumn-2026$/)]);
    const taken = await product.call('POST', links, { token: manager, body });
    expect([taken.status, taken.body['code']]).toEqual([409, 'already-exists']);
    const script = { ...body, slug: 'script', destination: 'javascript:alert(1)' };
    expect((await product.call('POST', links, { token: manager, body: script })).status).toBe(400);
    expect((await product.call('POST', links, { token: partner, body })).status).toBe(403);
    expect((await linksOf(first.partnerId, partner)).map(({ slug }) => slug)).toContain('autumn-2026');
    expect((await product.call('GET', `/v1/partners/${second.partnerId}/links`, { token: partner })).status).toBe(404);

    const ended = await product.ok<Link>('POST', `${links}/${made.body.id}/end`, { token: manager });
    expect(ended.endedAt).not.toBeNull();
    expect((await follow('/go/autumn-2026')).address.href).toBe('https://shop.example/autumn');
    const codes = `/v1/partners/${first.partnerId}/coupon-codes`;
    const code = await product.ok<{ id: string; code: string }>('POST', codes, {
      token: manager,
      body: { code: 'autumn' },
    });
    expect(code.code).toBe('AUTUMN');
    expect((await product.call('POST', codes, { token: service, body: {} })).status).toBe(403);
    expect((await product.call('POST', `${codes}/${code.id}/end`, { token: manager })).status).toBe(200);
  });
});
