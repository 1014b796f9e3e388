import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { randomText } from '../kernel/random-text.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { couponKey } from './domain/index.js';

/** A code whose use is a touch of its partner. */
export interface CouponCode {
  id: string;
  programId: string;
  partnerId: string;
  code: string;
  createdBy: string;
  createdAt: Date;
  endedAt: Date | null;
}

/** Codes that were looked up: whose each was at an instant. */
export interface FoundCodes {
  at(coupon: string, instant: Date): string | undefined;
}

const columns = `id, program_id as "programId", partner_id as "partnerId", code, created_by as "createdBy",
  created_at as "createdAt", ended_at as "endedAt"`;

/** Letters and digits that are not taken for one another when they are read aloud or typed. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const codeLength = 10;

/** The coupon codes of partners. A code belongs to one partner for ever, so that what it led to stays true. */
@Injectable()
export class CouponCodes {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** Makes a code in the caller's transaction: the given one, or one that nobody guesses. @throws DomainError `already-exists` */
  async make(
    tx: Transaction,
    partner: { id: string; programId: string },
    code: string | undefined,
    actor: Actor,
  ): Promise<CouponCode> {
    const made = await rowOf<CouponCode>(
      tx,
      `insert into coupon_codes (id, program_id, partner_id, code, created_by, created_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (program_id, code) do nothing returning ${columns}`,
      [
        ...[newId('cpn'), partner.programId, partner.id, couponKey(code ?? randomText(alphabet, codeLength))],
        ...[actor.actorId, this.clock.now()],
      ],
    );
    if (!made) {
      if (code === undefined) return this.make(tx, partner, undefined, actor);
      throw new DomainError('already-exists', 'the program has a coupon with this code');
    }
    const fact = { ...actor, programId: partner.programId, action: 'coupon_code.create', subjectId: made.id };
    await this.audit.record(tx, { ...fact, details: { partnerId: partner.id } });
    await this.announce(tx, 'partner.coupon_code_created', made);
    return made;
  }

  /** Makes a code by itself. @throws DomainError `already-exists` */
  create(partner: { id: string; programId: string }, code: string | undefined, actor: Actor): Promise<CouponCode> {
    return this.database.inTransaction((tx) => this.make(tx, partner, code, actor));
  }

  /** Ends a code: what uses it from now on is no touch of its partner. Repeating it changes nothing. @throws DomainError `not-found` */
  async end(partnerId: string, id: string, actor: Actor): Promise<CouponCode> {
    return this.database.inTransaction(async (tx) => {
      const ended = await rowOf<CouponCode>(
        tx,
        `update coupon_codes set ended_at = $3 where id = $1 and partner_id = $2 and ended_at is null returning ${columns}`,
        [id, partnerId, this.clock.now()],
      );
      if (ended) {
        const { programId } = ended;
        await this.audit.record(tx, { ...actor, programId, action: 'coupon_code.end', subjectId: id });
        await this.announce(tx, 'partner.coupon_code_ended', ended);
        return ended;
      }
      const known = await rowOf<CouponCode>(
        tx,
        `select ${columns} from coupon_codes where id = $1 and partner_id = $2`,
        [id, partnerId],
      );
      if (!known) throw new DomainError('not-found', 'the partner has no such coupon code');
      return known;
    });
  }

  /** The codes of a partner, newest first. @throws DomainError `malformed-request` for a wrong page */
  async of(partnerId: string, page: PageRequest): Promise<Page<CouponCode>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, '-id', ['text']);
    const rows = await this.database.query<CouponCode>(
      `select ${columns} from coupon_codes where partner_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
      [partnerId, after, limit + 1],
    );
    return pageFrom(rows, limit, '-id', ({ id }) => [id]);
  }

  private announce(
    tx: Transaction,
    type: 'partner.coupon_code_created' | 'partner.coupon_code_ended',
    { id, programId, partnerId, code }: CouponCode,
  ): Promise<void> {
    return this.outbox.announce(tx, programId, { type, subjectId: partnerId, data: { couponCodeId: id, code } });
  }

  /** Looks codes up, however they are written. */
  async find(tx: Transaction, programId: string, coupons: readonly string[]): Promise<FoundCodes> {
    const keys = [...new Set(coupons.map(couponKey))];
    const rows =
      keys.length === 0
        ? []
        : await rowsOf<{ code: string; partner_id: string; ended_at: Date | null }>(
            tx,
            `select code, partner_id, ended_at from coupon_codes where program_id = $1 and code = any($2 collate "C")`,
            [programId, keys],
          );
    const byCode = new Map(rows.map((row) => [row.code, row]));
    return {
      at: (coupon, instant) => {
        const found = byCode.get(couponKey(coupon));
        return found && (found.ended_at === null || instant < found.ended_at) ? found.partner_id : undefined;
      },
    };
  }
}
