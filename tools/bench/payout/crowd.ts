import { newId, type IdPrefix } from '../../../libs/kernel/ids.js';
import type { Database } from '../../../libs/database/index.js';
import { forEachLimited } from '../../client/index.js';
import type { BenchProduct } from '../bench-product.js';

/** Partners whose rows are made by one statement, and events reported by one request. */
const chunkSize = 1_000;

/** Ids of the rows that a partner consists of; each table is copied from the first partner's row. */
const idsOf = {
  person: 'per',
  application: 'app',
  partner: 'prt',
  negotiation: 'neg',
  envelope: 'env',
  agreement: 'agr',
  version: 'agv',
} as const satisfies Record<string, IdPrefix>;

type CopiedIds = Record<keyof typeof idsOf, string>;

/** What of a copied row is the copy's own, as a JSON object over the ids of the copy (`c`). */
const copies: readonly { table: string; where: string; own: string }[] = [
  { table: 'persons', where: 'id = t.person', own: `'id', c.person, 'email', c.partner || '@partners.example'` },
  {
    table: 'applications',
    where: 'id = t.application',
    own: `'id', c.application, 'person_id', c.person, 'request_key', null`,
  },
  {
    table: 'partners',
    where: 'id = t.partner',
    own: `'id', c.partner, 'application_id', c.application, 'person_id', c.person, 'reference', c.partner`,
  },
  {
    table: 'negotiations',
    where: 'id = t.negotiation',
    own: `'id', c.negotiation, 'application_id', c.application, 'partner_id', c.partner`,
  },
  {
    table: 'envelopes',
    where: 'id = t.envelope',
    own: `'id', c.envelope, 'application_id', c.application, 'negotiation_id', c.negotiation, 'partner_id', c.partner,
          'agreement_id', case when row.agreement_id is not null then c.agreement end, 'link_hash', c.envelope`,
  },
  { table: 'agreements', where: 'id = t.agreement', own: `'id', c.agreement, 'partner_id', c.partner` },
  { table: 'agreement_term_periods', where: 'agreement_id = t.agreement', own: `'agreement_id', c.agreement` },
  {
    table: 'agreement_versions',
    where: 'id = t.version',
    own: `'id', c.version, 'agreement_id', c.agreement, 'partner_id', c.partner, 'envelope_id', c.envelope`,
  },
  { table: 'payout_accounts', where: 'partner_id = t.partner', own: `'partner_id', c.partner` },
];

/**
 * Partners like the first one of the program, so many that each has a row of its own in every table that payouts read;
 * contracting them one by one is measured elsewhere. Their ids.
 */
export async function copyPartners(owner: Database, partnerId: string, count: number): Promise<string[]> {
  const [template] = await owner.query<CopiedIds>(
    `select partner.id as partner, partner.person_id as person, partner.application_id as application,
       version.id as version, version.agreement_id as agreement, version.envelope_id as envelope,
       envelope.negotiation_id as negotiation
     from partners partner join agreement_versions version on version.partner_id = partner.id
     join envelopes envelope on envelope.id = version.envelope_id where partner.id = $1`,
    [partnerId],
  );
  if (!template) throw new Error('The first partner has no agreement.');
  const partnerIds: string[] = [];
  for (let start = 0; start < count; start += chunkSize) {
    const copied = Array.from({ length: Math.min(chunkSize, count - start) }, newIds);
    await copyRows(owner, template, copied);
    partnerIds.push(...copied.map(({ partner }) => partner));
  }
  for (const { table } of copies) await owner.query(`analyze ${table}`);
  return partnerIds;
}

function newIds(): CopiedIds {
  return Object.fromEntries(Object.entries(idsOf).map(([name, prefix]) => [name, newId(prefix)])) as CopiedIds;
}

async function copyRows(owner: Database, template: CopiedIds, copied: readonly CopiedIds[]): Promise<void> {
  const names = Object.keys(idsOf)
    .map((name) => `${name} text`)
    .join(', ');
  await owner.inTransaction(async (tx) => {
    for (const { table, where, own } of copies) {
      await tx.query(
        `insert into ${table}
         select (jsonb_populate_record(row, jsonb_build_object(${own}))).*
         from jsonb_to_record($1) as t (${names}) join ${table} row on row.${where}
         cross join jsonb_to_recordset($2) as c (${names})`,
        [JSON.stringify(template), JSON.stringify(copied)],
      );
    }
  });
}

/** One sale of each partner, reported and priced as any other; the sales are over by the returned instant. */
export async function reportSales({ api, programId }: BenchProduct, partnerIds: readonly string[]): Promise<Date> {
  const occurredAt = new Date().toISOString();
  const chunks = Array.from({ length: Math.ceil(partnerIds.length / chunkSize) }, (_, index) =>
    partnerIds.slice(index * chunkSize, (index + 1) * chunkSize),
  );
  await forEachLimited(chunks.entries(), 4, async ([number, ids]) => {
    const events = ids.map((partner, index) => ({
      ...{ id: `sale-${partner}`, type: 'sale', occurredAt, partner, country: 'US', currency: 'USD' },
      ...{ amountMinor: 10_000 + index, customer: `customer-${partner}` },
    }));
    const results = await api.report(programId, events, `bench/sales/${number}`);
    const unpriced = results.find(({ status }) => status !== 'priced');
    if (unpriced) throw new Error(`A sale was not priced: ${JSON.stringify(unpriced)}`);
  });
  return new Date();
}
