import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/index.js';
import { Database, rowOf, rowsOf } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/domain-error.js';
import type { Actor } from '../../orchestration/actor.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../../platform/index.js';

/** What a shop knows of the customer of an event beside the event itself: never priced, and in no payload. */
export interface EventRiskFact {
  eventId: string;
  /** SHA-256 of the mail address's key, in lower-case hexadecimal. */
  emailHash?: string | undefined;
  /** SHA-256 of the postal address, as the program normalises it. */
  addressHash?: string | undefined;
  /** The payment provider's own name for the card; the same card has the same. */
  cardFingerprint?: string | undefined;
}

/** First come, first kept, as for events. */
export interface EventRiskResult {
  eventId: string;
  status: 'recorded' | 'duplicate' | 'conflict';
}

/** By what a partner itself would be known as a customer, beside its contact. */
export interface PartnerRiskFact {
  kind: 'email' | 'address' | 'card';
  value: string;
}

export interface LeakedCoupon {
  coupon: string;
  /** Only events from this instant on are held; all where absent. */
  since?: Date | undefined;
  note?: string | undefined;
}

export interface LeakedCouponRow {
  coupon: string;
  since: Date | null;
  note: string | null;
  added_by: string;
  added_at: Date;
}

interface RiskRow {
  event_id: string;
  email_hash: string | null;
  address_hash: string | null;
  card_fingerprint: string | null;
}

/** Facts for the rules that hold: kept apart from the events, whose fields are what terms price. */
@Injectable()
export class RiskRecords {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /** Keeps facts about events, in two statements, whether or not the events are known yet; results in their order. */
  async recordEvents(programId: string, facts: readonly EventRiskFact[]): Promise<EventRiskResult[]> {
    const rows = new Map<string, RiskRow>();
    for (const fact of facts) if (!rows.has(fact.eventId)) rows.set(fact.eventId, riskRow(fact));
    return this.database.inTransaction(async (tx) => {
      const added = await rowsOf<{ event_id: string }>(
        tx,
        `insert into event_risk_facts (program_id, event_id, email_hash, address_hash, card_fingerprint, recorded_at)
         select $1, g.event_id, g.email_hash, g.address_hash, g.card_fingerprint, $2
         from jsonb_to_recordset($3) as g (event_id text, email_hash text, address_hash text, card_fingerprint text)
         order by g.event_id collate "C" on conflict (program_id, event_id) do nothing returning event_id`,
        [programId, this.clock.now(), JSON.stringify([...rows.values()])],
      );
      const kept = await rowsOf<RiskRow>(
        tx,
        `select event_id, email_hash, address_hash, card_fingerprint from event_risk_facts
         where program_id = $1 and event_id = any($2)`,
        [programId, [...rows.keys()]],
      );
      const isNew = new Set(added.map(({ event_id }) => event_id));
      const known = new Map(kept.map((row) => [row.event_id, row]));
      return facts.map((fact) => {
        const isSame = sameFacts(known.get(fact.eventId), riskRow(fact));
        // Of two in one list, the first is the new one.
        const status = !isSame ? 'conflict' : isNew.delete(fact.eventId) ? 'recorded' : 'duplicate';
        return { eventId: fact.eventId, status };
      });
    });
  }

  /** Adds to what a partner is known by. Adding again changes nothing. */
  async addPartnerFacts(
    programId: string,
    partnerId: string,
    facts: readonly PartnerRiskFact[],
    actor: Actor,
  ): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const added = await rowsOf<{ kind: string }>(
        tx,
        `insert into partner_risk_facts (program_id, partner_id, kind, value, recorded_by, recorded_at)
         select $1, $2, g.kind, g.value, $3, $4 from jsonb_to_recordset($5) as g (kind text, value text)
         on conflict (partner_id, kind, value) do nothing returning kind`,
        [programId, partnerId, actor.actorId, this.clock.now(), JSON.stringify(facts)],
      );
      if (added.length === 0) return;
      const details = { kinds: added.map(({ kind }) => kind) };
      await this.audit.record(tx, { ...actor, programId, action: 'partner.risk_facts', subjectId: partnerId, details });
    });
  }

  /** Adds coupons to the list of leaked ones, or says anew since when and why. */
  async addCoupons(programId: string, coupons: readonly LeakedCoupon[], actor: Actor): Promise<void> {
    const rows = new Map(coupons.map((each) => [each.coupon, each]));
    await this.database.inTransaction(async (tx) => {
      await tx.query(
        `insert into leaked_coupons (program_id, coupon, since, note, added_by, added_at)
         select $1, g.coupon, g.since, g.note, $2, $3 from jsonb_to_recordset($4) as g (coupon text, since timestamptz, note text)
         order by g.coupon collate "C"
         on conflict (program_id, coupon) do update set since = excluded.since, note = excluded.note,
           added_by = excluded.added_by, added_at = excluded.added_at`,
        [programId, actor.actorId, this.clock.now(), JSON.stringify([...rows.values()])],
      );
      const fact = { ...actor, programId, action: 'leaked_coupons.add', subjectId: programId };
      await this.audit.record(tx, { ...fact, details: { coupons: [...rows.keys()].slice(0, 100), count: rows.size } });
    });
  }

  /** Takes a coupon off the list; what it has held stays held. @throws DomainError `not-found` */
  async removeCoupon(programId: string, coupon: string, actor: Actor): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const removed = await rowOf(
        tx,
        `delete from leaked_coupons where program_id = $1 and coupon = $2 returning coupon`,
        [programId, coupon],
      );
      if (!removed) throw new DomainError('not-found', 'the coupon is not on the list');
      const fact = { ...actor, programId, action: 'leaked_coupons.remove', subjectId: programId };
      await this.audit.record(tx, { ...fact, details: { coupons: [coupon] } });
    });
  }

  /** By coupon. @throws DomainError `malformed-request` for a wrong page */
  async coupons(programId: string, page: PageRequest): Promise<Page<LeakedCouponRow>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, 'coupon', ['text']);
    const rows = await this.database.query<LeakedCouponRow>(
      `select coupon, since, note, added_by, added_at from leaked_coupons
       where program_id = $1 and ($2::text is null or coupon > $2) order by coupon limit $3`,
      [programId, after, limit + 1],
    );
    return pageFrom(rows, limit, 'coupon', ({ coupon }) => [coupon]);
  }
}

function riskRow({ eventId, emailHash, addressHash, cardFingerprint }: EventRiskFact): RiskRow {
  return {
    event_id: eventId,
    email_hash: emailHash ?? null,
    address_hash: addressHash ?? null,
    card_fingerprint: cardFingerprint ?? null,
  };
}

function sameFacts(kept: RiskRow | undefined, told: RiskRow): boolean {
  return (
    kept?.email_hash === told.email_hash &&
    kept.address_hash === told.address_hash &&
    kept.card_fingerprint === told.card_fingerprint
  );
}
