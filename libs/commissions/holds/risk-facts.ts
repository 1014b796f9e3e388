import { couponTouchId } from '../../attribution/index.js';
import { rowsOf, type Transaction } from '../../database/index.js';
import { elapsedMs } from '../../kernel/elapsed.js';
import { sha256 } from '../../kernel/sha256.js';
import { emailKey } from '../../partners/domain/index.js';
import type { HoldRules } from '../../programs/domain/index.js';
import { ownTraits, type PartnerIdentity, type RiskFacts } from '../domain/fraud-rules.js';
import { rejectionPrefix } from './hold-rows.js';

/** The events that rules look at, and the instant up to which they count. */
export interface RiskRequest {
  programId: string;
  eventIds: readonly string[];
  rules: HoldRules;
  at: Date;
}

interface Candidate {
  id: string;
  partner_id: string;
  customer: string | null;
  email_hash: string | null;
  address_hash: string | null;
  card_fingerprint: string | null;
}

/** Tells the parts of an event that several partners share apart. */
function partKey(eventId: string, partnerId: string): string {
  return `${partnerId} ${eventId}`;
}

/**
 * What the rules that are on ask about these events, for each partner that has a part of one: one statement or two for each
 * rule, however many events there are. What was attributed to a partner counts for it as what names it.
 */
export async function readRiskFacts(tx: Transaction, request: RiskRequest): Promise<RiskFacts[]> {
  const { programId, eventIds, rules } = request;
  if (eventIds.length === 0) return [];
  const candidates = await rowsOf<Candidate>(
    tx,
    `select e.id, e.partner_id, e.customer, r.email_hash, r.address_hash, r.card_fingerprint
     from partner_events e left join event_risk_facts r on r.program_id = e.program_id and r.event_id = e.id
     where e.program_id = $1 and e.id = any($2) order by e.id, e.partner_id`,
    [programId, eventIds],
  );
  const partnerIds = [...new Set(candidates.map(({ partner_id }) => partner_id))];
  const customerSales = await customerSalesOf(tx, request);
  const identities = rules.selfPurchase ? await identitiesOf(tx, partnerIds) : undefined;
  const refunds = await refundsOf(tx, request, partnerIds);
  const stretches = await stretchesOf(tx, request);
  const leaked = await leakedOf(tx, request);
  return candidates.map((candidate) => {
    const { id, partner_id } = candidate;
    const key = partKey(id, partner_id);
    const identity = identities?.get(partner_id);
    return {
      eventId: id,
      partnerId: partner_id,
      customerSales: customerSales.get(key),
      isPartnersOwn: identity && ownTraits(customerOf(candidate), identity),
      sales: refunds.get(partner_id),
      stretch: stretches.get(key),
      hasLeakedCoupon: leaked.has(key),
    };
  });
}

function customerOf({ customer, email_hash, address_hash, card_fingerprint }: Candidate) {
  return {
    customer: customer ?? undefined,
    emailKey: customer?.includes('@') ? emailKey(customer) : undefined,
    emailHash: email_hash ?? undefined,
    addressHash: address_hash ?? undefined,
    cardFingerprint: card_fingerprint ?? undefined,
  };
}

/** Counting stops one above the limit: how far beyond it a customer is makes no difference. */
async function customerSalesOf(
  tx: Transaction,
  { programId, eventIds, rules: { customerSales } }: RiskRequest,
): Promise<Map<string, number>> {
  if (!customerSales) return new Map();
  const rows = await rowsOf<{ id: string; partner_id: string; sales: number }>(
    tx,
    `select e.id, e.partner_id, (select count(*)::int from (
         select from partner_events o where o.partner_id = e.partner_id and o.customer = e.customer and o.type = 'sale'
           and o.occurred_at > e.occurred_at - $3 * interval '1 millisecond'
           and (o.occurred_at, o.id) <= (e.occurred_at, e.id) limit $4) counted) as sales
     from partner_events e
     where e.program_id = $1 and e.id = any($2) and e.type = 'sale' and e.customer is not null`,
    [programId, eventIds, elapsedMs(customerSales.within), customerSales.max + 1],
  );
  return new Map(rows.map(({ id, partner_id, sales }) => [partKey(id, partner_id), sales]));
}

async function identitiesOf(tx: Transaction, partnerIds: readonly string[]): Promise<Map<string, PartnerIdentity>> {
  const rows = await rowsOf<{
    id: string;
    reference: string;
    email: string | null;
    phone: string | null;
    keys: string[];
    facts: { kind: 'email' | 'address' | 'card'; value: string }[];
  }>(
    tx,
    `select p.id, p.reference, person.email, person.phone,
       array(select k.key from application_keys k where k.application_id = p.application_id and k.kind = 'email') as keys,
       (select coalesce(json_agg(json_build_object('kind', f.kind, 'value', f.value)), '[]')
        from partner_risk_facts f where f.partner_id = p.id) as facts
     from partners p join persons person on person.id = p.person_id where p.id = any($1)`,
    [partnerIds],
  );
  return new Map(
    rows.map(({ id, reference, email, phone, keys, facts }) => {
      const emailKeys = [...new Set([...keys, ...(email === null ? [] : [emailKey(email)])])];
      const values = (kind: string): string[] => facts.filter((fact) => fact.kind === kind).map(({ value }) => value);
      const identity = {
        ...{ partnerId: id, reference, emailKeys, phones: phone === null ? [] : [phone] },
        emailHashes: new Set([...emailKeys.map((key) => sha256(key)), ...values('email')]),
        addressHashes: new Set(values('address')),
        cardFingerprints: new Set(values('card')),
      };
      return [id, identity] as const;
    }),
  );
}

/** By partner. Dated from the refunds that are known by now, whenever those happened. */
async function refundsOf(
  tx: Transaction,
  { at, rules: { refundRate } }: RiskRequest,
  partnerIds: readonly string[],
): Promise<Map<string, { total: number; refunded: number }>> {
  if (!refundRate) return new Map();
  const rows = await rowsOf<{ partner_id: string; total: number; refunded: number }>(
    tx,
    `select e.partner_id, count(*)::int as total,
       (count(*) filter (where exists (
          select from events r where r.program_id = e.program_id and coalesce(r.refund_of, r.void_of) = e.id
            and r.type in ('refund', 'void') and not starts_with(r.id, $4))))::int as refunded
     from partner_events e
     where e.partner_id = any($1) and e.type = 'sale'
       and e.occurred_at > $2::timestamptz - $3 * interval '1 millisecond' and e.occurred_at <= $2::timestamptz
     group by e.partner_id`,
    [partnerIds, at, elapsedMs(refundRate.within), rejectionPrefix],
  );
  return new Map(rows.map(({ partner_id, total, refunded }) => [partner_id, { total, refunded }]));
}

/** The stretches that the events lie in, each counted once, and the time before them. */
async function stretchesOf(
  tx: Transaction,
  { programId, eventIds, rules: { burst } }: RiskRequest,
): Promise<Map<string, { sales: number; salesBefore: number }>> {
  if (!burst) return new Map();
  const rows = await rowsOf<{ partner_id: string; ids: string[]; sales: number; before: number }>(
    tx,
    `with stretch as (
       select e.partner_id, date_bin($3 * interval '1 millisecond', e.occurred_at, 'epoch'::timestamptz) as start, array_agg(e.id) as ids
       from partner_events e where e.program_id = $1 and e.id = any($2) and e.type = 'sale' group by 1, 2)
     select s.partner_id, s.ids,
       (select count(*)::int from partner_events o where o.partner_id = s.partner_id and o.type = 'sale'
          and o.occurred_at >= s.start and o.occurred_at < s.start + $3 * interval '1 millisecond') as sales,
       (select count(*)::int from partner_events o where o.partner_id = s.partner_id and o.type = 'sale'
          and o.occurred_at >= s.start - $4 * interval '1 millisecond' and o.occurred_at < s.start) as before
     from stretch s`,
    [programId, eventIds, elapsedMs(burst.within), elapsedMs(burst.usualOver)],
  );
  return new Map(
    rows.flatMap(({ partner_id, ids, sales, before }) =>
      ids.map((id) => [partKey(id, partner_id), { sales, salesBefore: before }] as const),
    ),
  );
}

/**
 * Whom a leaked coupon brought the sale: of one that was attributed, the partner whose code it is, as the touch of the coupon
 * says; all who share it where it is nobody's.
 */
async function leakedOf(
  tx: Transaction,
  { programId, eventIds, rules: { leakedCoupons } }: RiskRequest,
): Promise<Set<string>> {
  if (!leakedCoupons) return new Set();
  const rows = await rowsOf<{ id: string; partner_id: string }>(
    tx,
    `select e.id, e.partner_id from partner_events e
     join leaked_coupons c on c.program_id = e.program_id and c.coupon = e.coupon
     left join touches own on own.program_id = e.program_id and own.id = $3 || e.id and e.weights is not null
     where e.program_id = $1 and e.id = any($2) and (c.since is null or e.occurred_at >= c.since)
       and (own.partner_id is null or own.partner_id = e.partner_id)`,
    [programId, eventIds, couponTouchId('')],
  );
  return new Set(rows.map(({ id, partner_id }) => partKey(id, partner_id)));
}
