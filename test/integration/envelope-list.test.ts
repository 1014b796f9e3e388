import { vi } from 'vitest';
import { progressAt, stallCauses, stallsOf, type TrackedRecipient } from '../../libs/signatures/domain/index.js';
import type { EnvelopeFilter, ListedEnvelope } from '../../libs/signatures/index.js';
import { TrackingHouse } from '../support/tracking-house.js';

const now = '2026-06-01T12:00:00.000Z';
const total = 50_000;
/** Of a page of fifty: what indexes give, what is looked up for each row, and what filters throw away. */
const mostRowsRead = 2_000;

let house: TrackingHouse;
const programs: string[] = [];

/**
 * Fifty thousand envelopes of five programs: nine of ten have ended within two years, the others wait for somebody since
 * up to sixty days. Everything follows from the number of the row, so that each run sees the same.
 */
beforeAll(async () => {
  house = await TrackingHouse.open();
  house.clock.set(now);
  const hashes: string[] = [];
  for (const stalledAfter of ['P7D', 'P14D', 'P30D', 'P7D', 'P21D']) {
    const { programId, termsHash } = await house.program(stalledAfter);
    programs.push(programId);
    hashes.push(termsHash);
  }
  const each = `select g, ($1::text[])[1 + g / 50 % 5] as program, ($2::text[])[1 + g / 50 % 5] as terms, md5('e' || g) as id,
      '${now}'::timestamptz as now from generate_series(1, ${total}) g`;
  const statements = [
    `insert into persons (id, program_id, name, email) select 'per_' || id, program, 'Person ' || g, g || '@partner.example' from each`,
    `insert into applications (id, program_id, program_version, person_id, stage, created_at, stage_since)
     select 'app_' || id, program, 1, 'per_' || id, 'approved', now, now from each`,
    `insert into partners (id, program_id, application_id, person_id, reference, stage, created_at)
     select 'prt_' || id, program, 'app_' || id, 'per_' || id, 'partner-' || g, 'contracting', now from each`,
    `insert into negotiations (id, program_id, application_id, partner_id, state, current_number, last_number, agreed_hash, created_at, state_since)
     select 'neg_' || id, program, 'app_' || id, 'prt_' || id, 'agreed', 1, 1, terms, now, now from each`,
    // Every tenth is open, in turn in five states; times have milliseconds, as the product writes them.
    `insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, program_version, state, awaiting, terms_hash,
       document_sha256, consent_version, sent_at, expires_at, seal_blocked, seal_blocked_at, timestamp_pending, is_sealable, created_at, state_since)
     select 'env_' || id, program, 'app_' || id, 'neg_' || id, 'prt_' || id, 1, state,
       case when state in ('sent', 'viewed') then 'partner' when state = 'awaiting_countersign' then 'company' end, terms, id || id, 'v1',
       since - interval '1 day', since + interval '30 days',
       case when state in ('partner_signed', 'sealing') and g % 20 = 0 then 'key_unavailable' end,
       case when state in ('partner_signed', 'sealing') and g % 20 = 0 then since end, g % 500 = 1, false, since - interval '2 days', since
     from (select *, case when g % 10 > 0 then (array['executed', 'executed', 'executed', 'declined', 'expired', 'voided'])[1 + g % 6]
         else (array['sent', 'viewed', 'awaiting_countersign', 'partner_signed', 'sealing'])[1 + g / 10 % 5] end as state,
       now - case when g % 10 > 0 then (g * 7919 % 63072000) else (g * 7919 % 5184000) end * interval '1 second' - g % 1000 * interval '1 millisecond' as since
       from each) e`,
    `insert into envelope_recipients (id, program_id, envelope_id, party, place, person_id, role, authentication, state, delivery, asked_at,
       viewed_at, acted_at, authenticated_at, locked_at, created_at)
     select 'rcp_' || md5(party || g), program, 'env_' || id, party, 1, case party when 'partner' then 'per_' || id end,
       case party when 'company' then 'legal' end, 'link',
       case when party = 'partner' then (array['asked', 'viewed', 'signed', 'signed', 'signed'])[1 + g / 10 % 5]
         else case when g / 10 % 5 = 2 then 'asked' else 'waiting' end end,
       case when g % 70 = 0 then 'failed' else 'sent' end, now - (g * 131 % 50) * interval '1 day',
       case when g % 30 = 0 then now - (g * 17 % 20) * interval '1 day' end, null,
       case when g % 110 = 0 then now - interval '3 days' end, case when g % 90 = 0 then now - interval '2 days' end, now
     from each, unnest(array['partner', 'company']) party where g % 10 = 0`,
  ];
  for (const statement of statements)
    await house.owner.query(`with each as (${each}) ${statement}`, [programs, hashes]);
  await house.owner.query(`vacuum (analyze) envelopes, envelope_recipients, negotiations, partners, persons`);
}, 300_000);
afterAll(() => house.close());

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** The statements that a page takes, with how each was carried out. */
async function plansOf(filter: Omit<EnvelopeFilter, 'limit'>): Promise<PlanNode[][]> {
  const sent = vi.spyOn(house.database.dataSource.logger, 'logQuery');
  await house.list.page({ ...filter, limit: 50 });
  const statements = sent.mock.calls.map(([sql, parameters]) => ({ sql, parameters: (parameters ?? []) as unknown[] }));
  sent.mockRestore();
  const own = statements.filter(({ sql }) => /envelopes e|envelope_recipients r/.test(sql));
  expect(own.length).toBe(2);
  const plans: PlanNode[][] = [];
  for (const { sql, parameters } of own) {
    const [row] = await house.database.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, format json) ${sql}`,
      parameters,
    );
    plans.push(nodesOf(row!['QUERY PLAN'][0].Plan));
  }
  return plans;
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

const readsOf = (nodes: readonly PlanNode[]): number =>
  nodes
    .filter((node) => node['Relation Name'] !== undefined)
    .reduce(
      (sum, node) =>
        sum + ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1),
      0,
    );

async function all(filter: Omit<EnvelopeFilter, 'limit'>, limit = 200): Promise<ListedEnvelope[]> {
  const found: ListedEnvelope[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await house.list.page({ ...filter, limit, cursor });
    found.push(...page.items);
    if (page.next === null) return found;
    cursor = page.next;
  }
}

const everybody = { programs: '*' } as const;

describe('the list of fifty thousand envelopes', () => {
  const views: [string, Omit<EnvelopeFilter, 'limit'>][] = [
    ['all of them', everybody],
    ['the front page', { ...everybody, isOpen: true }],
    ['what waits for the partner', { ...everybody, awaiting: 'partner' }],
    ['what waits for the company', { ...everybody, awaiting: 'company' }],
    ['what waits for legal', { ...everybody, waitingFor: 'legal' }],
    ['one state', { ...everybody, state: 'viewed' }],
    ['what expires first', { ...everybody, sort: 'expiry' }],
    ['what expires soon', { ...everybody, sort: 'expiry', expiresBefore: new Date('2026-06-03T00:00:00Z') }],
    ['what was sent last', { ...everybody, sort: '-sent' }],
    ['blocked seals', { ...everybody, overlay: 'seal_blocked' }],
    ['missing time-stamps', { ...everybody, overlay: 'timestamp_pending' }],
    ['what is stalled', { ...everybody, stalled: 'any' }],
    ['who got no mail', { ...everybody, stalled: 'delivery_failed' }],
    ['who is locked out', { ...everybody, stalled: 'signer_locked' }],
  ];

  test.each(views)('%s: reads what it shows, by indexes', async (_, filter) => {
    for (const nodes of await plansOf(filter)) {
      expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'programs')).toEqual(
        [],
      );
      expect(readsOf(nodes)).toBeLessThan(mostRowsRead);
    }
  });

  test('the front page of one program, of two, and of one partner, too', async () => {
    const partnerId = (await house.list.page({ ...everybody, limit: 1 })).items[0]!.partnerId;
    for (const filter of [
      { programs: [programs[0]!], isOpen: true },
      { programs: programs.slice(0, 2), isOpen: true },
      { ...everybody, partnerId },
    ]) {
      for (const nodes of await plansOf(filter)) {
        expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
        expect(readsOf(nodes)).toBeLessThan(mostRowsRead);
      }
    }
  });

  test('each filter shows those of all that are as it says, and no others', async () => {
    const listed = await all({ programs: [programs[0]!] });
    const expiry = new Date('2026-06-10T00:00:00Z');
    const before = new Date('2026-05-01T00:00:00Z');
    const filters: [Omit<EnvelopeFilter, 'limit' | 'programs'>, (envelope: ListedEnvelope) => boolean][] = [
      [{ awaiting: 'partner' }, ({ awaiting }) => awaiting === 'partner'],
      [{ awaiting: 'company' }, ({ awaiting }) => awaiting === 'company'],
      [{ state: 'declined' }, ({ state }) => state === 'declined'],
      // What nobody has to sign any more does not expire.
      [{ expiresBefore: expiry }, ({ awaiting, expiresAt }) => awaiting !== null && new Date(expiresAt!) < expiry],
      [{ sentBefore: before }, ({ sentAt }) => sentAt !== null && new Date(sentAt) < before],
      [{ overlay: 'seal_blocked' }, ({ overlays }) => overlays.sealBlocked !== null],
      [{ overlay: 'timestamp_pending' }, ({ overlays }) => overlays.timestampPending],
    ];
    const ids = (envelopes: readonly ListedEnvelope[]): string[] => envelopes.map(({ id }) => id).sort();
    for (const [filter, holds] of filters) {
      const expected = ids(listed.filter(holds));
      expect([filter, expected.length > 0, expected.length < listed.length]).toEqual([filter, true, true]);
      expect([filter, ids(await all({ programs: [programs[0]!], ...filter }))]).toEqual([filter, expected]);
    }
  });

  test('the last page costs what the first does', async () => {
    const middle = await house.list.page({ ...everybody, isOpen: true, limit: 50, sort: '-age' });
    const cursor = middle.next!;
    for (const nodes of await plansOf({ ...everybody, isOpen: true, sort: '-age', cursor })) {
      expect(readsOf(nodes)).toBeLessThan(mostRowsRead);
    }
  });
});

describe('what is stalled', () => {
  let open: ListedEnvelope[];
  beforeAll(async () => void (open = await all({ ...everybody, isOpen: true })));

  test('is decided by one rule, for every row', async () => {
    const patience = new Map([7, 14, 30, 7, 21].map((days, index) => [programs[index]!, days * 86_400_000]));
    const rows = await house.owner.query<TrackedRecipient & { envelopeId: string }>(
      `select id, envelope_id as "envelopeId", state, delivery, asked_at as "askedAt", viewed_at as "viewedAt", acted_at as "actedAt",
         authenticated_at as "authenticatedAt", locked_at as "lockedAt" from envelope_recipients order by party desc, place, id`,
    );
    const byEnvelope = new Map<string, TrackedRecipient[]>();
    for (const { envelopeId, ...row } of rows) byEnvelope.set(envelopeId, [...(byEnvelope.get(envelopeId) ?? []), row]);
    expect(open).toHaveLength(total / 10);
    for (const { id, programId, state, stateSince, overlays, progressAt: at, stalled } of open) {
      const { sealBlocked } = overlays;
      const recipients = byEnvelope.get(id) ?? [];
      const facts = { state, stateSince, sealBlocked, sealBlockedAt: sealBlocked && stateSince, recipients };
      expect(stalled).toEqual(stallsOf(facts, patience.get(programId)!, new Date(now)));
      expect(at).toEqual(progressAt(facts));
    }
  });

  test.each([...stallCauses, 'any', 'none'] as const)(
    '%s: the filter finds exactly those that say so',
    async (stalled) => {
      const found = (await all({ ...everybody, stalled })).map(({ id }) => id);
      const wanted = open.filter((envelope) => {
        if (stalled === 'any') return envelope.stalled.length > 0;
        if (stalled === 'none') return envelope.stalled.length === 0;
        return envelope.stalled.some(({ cause }) => cause === stalled);
      });
      expect(wanted.length).toBeGreaterThan(10);
      expect(found).toEqual(wanted.map(({ id }) => id));
    },
  );

  test('follows the program’s setting at once', () => {
    const patient = open.filter(({ programId }) => programId === programs[2]);
    expect(
      patient.filter(({ stalled }) => stalled.some(({ cause }) => cause === 'no_progress')).length,
    ).toBeGreaterThan(0);
    const { ageMs, progressAt: at } = patient.find(({ stalled }) =>
      stalled.some(({ cause }) => cause === 'no_progress'),
    )!;
    expect(Date.parse(now) - at.getTime()).toBeGreaterThan(30 * 86_400_000);
    expect(ageMs).toBeGreaterThan(30 * 86_400_000);
  });
});

describe('pages', () => {
  test.each(['age', '-age', 'expiry', '-expiry', 'sent', '-sent'] as const)(
    'by %s have every row once',
    async (sort) => {
      const filter = { programs: [programs[1]!], isOpen: true, sort };
      const pages = await all(filter, 97);
      const column = { age: 'stateSince', expiry: 'expiresAt', sent: 'sentAt' } as const;
      const by = column[sort.replace('-', '') as keyof typeof column];
      const times = pages.map((envelope) => envelope[by]!.getTime());
      expect(new Set(pages.map(({ id }) => id)).size).toBe(total / 50);
      expect(times).toEqual([...times].sort((a, b) => (sort.startsWith('-') ? b - a : a - b)));
    },
  );

  test('refuse the cursor of another order', async () => {
    const { next } = await house.list.page({ ...everybody, limit: 1 });
    const other = house.list.page({ ...everybody, limit: 1, sort: '-age', cursor: next! });
    await expect(other).rejects.toMatchObject({ code: 'malformed-request' });
  });

  test('tell whose turn it is, and find it by recipient, person and role', async () => {
    const [mine] = await all({ ...everybody, state: 'viewed', sort: 'sent' });
    const partner = mine!.recipients.find(({ party }) => party === 'partner')!;
    expect(mine!.turn).toEqual([partner.id]);
    const found = await all({ ...everybody, waitingFor: partner.id });
    expect(found.map(({ id }) => id)).toEqual([mine!.id]);
    const [{ personId } = { personId: '' }] = await house.owner.query<{ personId: string }>(
      `select person_id as "personId" from envelope_recipients where id = $1`,
      [partner.id],
    );
    expect((await all({ ...everybody, waitingFor: personId })).map(({ id }) => id)).toEqual([mine!.id]);
    const legal = await all({ ...everybody, waitingFor: 'legal' });
    expect(legal.length).toBe(total / 50);
    expect(legal.every(({ awaiting }) => awaiting === 'company')).toBe(true);
    expect(await all({ ...everybody, waitingFor: 'usr_nobody' })).toEqual([]);
  });
});
