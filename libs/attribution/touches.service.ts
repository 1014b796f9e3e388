import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { partnersByName, type Problem, type Reached, type UnnamedConversion } from '../tracking/index.js';
import { CouponCodes } from './coupon-codes.js';
import {
  couponKey,
  couponTouchId,
  parseTouch,
  touchContentHash,
  touchIdPattern,
  type TouchReport,
} from './domain/index.js';
import { PartnerLinks } from './partner-links.js';
import {
  customersOfClicks,
  insertCustomerClicks,
  insertTouches,
  lockAttribution,
  lockClicks,
  lockCustomers,
  touchesById,
  touchHashes,
  type NewTouch,
} from './touch-rows.js';

/** What became of one reported touch. It is plain JSON; `id` is absent where the report has no readable id. */
export type TouchResult = { id?: string } & (
  { status: 'accepted'; partnerId: string } | { status: 'duplicate' } | { status: 'refused'; problem: Problem }
);

interface Candidate {
  readonly index: number;
  readonly touch: NewTouch;
}

/** Takes touches in, once each, and says which conversions they may reach. */
@Injectable()
export class TouchesService {
  constructor(
    private readonly clock: Clock,
    private readonly links: PartnerLinks,
    private readonly coupons: CouponCodes,
  ) {}

  /**
   * Keeps the touches that are new and says of each report what became of it, in their order; one bad report never hides the
   * others. First come, first kept. The clicks and customers stay locked until the transaction ends.
   */
  async accept(
    tx: Transaction,
    programId: string,
    reports: readonly unknown[],
  ): Promise<{ results: TouchResult[]; reached: Reached }> {
    const results = new Map<number, TouchResult>();
    const parsed = parseReports(reports, results);
    const ids = parsed.map(({ touch }) => touch.id);
    await lockAttribution(tx, programId, 'shared');
    await lockClicks(tx, programId, ids);
    const made = await customersOfClicks(tx, programId, ids);
    const named = parsed.flatMap(({ touch }) => touch.customer ?? []);
    await lockCustomers(tx, programId, [...named, ...[...made.values()].flat()]);
    const candidates = await this.withPartners(tx, programId, parsed, results);
    const firstOfId = new Map<string, Candidate>();
    for (const each of candidates) if (!firstOfId.has(each.touch.id)) firstOfId.set(each.touch.id, each);
    const touches = [...firstOfId.values()].map(({ touch }) => touch);
    const added = await insertTouches(tx, programId, touches, this.clock.now());
    const hashes = new Map(touches.map(({ id, contentHash }) => [id, contentHash]));
    const taken = [...hashes.keys()].filter((id) => !added.has(id));
    for (const [id, hash] of await touchHashes(tx, programId, taken)) hashes.set(id, hash);
    for (const each of candidates) {
      const { id, partnerId } = each.touch;
      const isNew = added.has(id) && firstOfId.get(id) === each;
      results.set(each.index, isNew ? { id, status: 'accepted', partnerId } : repeated(each.touch, hashes.get(id)));
    }
    const fresh = touches.filter(({ id }) => added.has(id));
    return { results: reports.map((_, index) => results.get(index)!), reached: reachedBy(fresh, made) };
  }

  /**
   * Keeps what conversions that name no partner say of touches: the coupons that they used and the clicks that led to them. Answers
   * with what else that may reach. Their clicks and customers must be locked.
   */
  async ofConversions(tx: Transaction, programId: string, conversions: readonly UnnamedConversion[]): Promise<Reached> {
    const events = conversions.map(({ event }) => event);
    const now = this.clock.now();
    const codes = await this.coupons.find(
      tx,
      programId,
      events.flatMap(({ coupon }) => coupon ?? []),
    );
    const used = events.flatMap(({ id, coupon, customer, occurredAt }): NewTouch[] => {
      const partnerId = coupon === undefined ? undefined : codes.at(coupon, occurredAt);
      if (coupon === undefined || partnerId === undefined) return [];
      const touch = { id: couponTouchId(id), kind: 'coupon', occurredAt, customer, coupon: couponKey(coupon) } as const;
      return [{ ...touch, partnerId, contentHash: touchContentHash({ ...touch, partner: partnerId }) }];
    });
    await insertTouches(tx, programId, used, now);
    const made = events.flatMap(({ click, customer }) => {
      return click === undefined || customer === undefined ? [] : [{ click, customer }];
    });
    const learned = await insertCustomerClicks(tx, programId, made, now);
    const clicks = await touchesById(
      tx,
      programId,
      learned.map(({ click }) => click),
    );
    const fromClicks = learned.flatMap(({ click, customer }) => {
      const touch = clicks.get(click);
      return touch ? [{ customer, from: new Date(touch.occurredAtMs) }] : [];
    });
    return { ...reachedBy(used, new Map()), customers: [...reachedBy(used, new Map()).customers, ...fromClicks] };
  }

  /** Keeps the touches of these conversions' customers as they are until the transaction ends. */
  async lock(tx: Transaction, programId: string, conversions: readonly UnnamedConversion[]): Promise<void> {
    await lockAttribution(tx, programId, 'shared');
    await lockClicks(
      tx,
      programId,
      conversions.flatMap(({ event }) => event.click ?? []),
    );
    await lockCustomers(
      tx,
      programId,
      conversions.flatMap(({ event }) => event.customer ?? []),
    );
  }

  /** Finds the partner of each touch; refuses those of unknown partners, links and codes. */
  private async withPartners(
    tx: Transaction,
    programId: string,
    parsed: readonly { index: number; touch: TouchReport }[],
    results: Map<number, TouchResult>,
  ): Promise<Candidate[]> {
    const touches = parsed.map(({ touch }) => touch);
    const names = touches.flatMap(({ partner }) => partner ?? []);
    const partners = await partnersByName(tx, programId, [...new Set(names)]);
    const links = await this.links.find(
      tx,
      programId,
      touches.flatMap(({ link }) => link ?? []),
    );
    const codes = await this.coupons.find(
      tx,
      programId,
      touches.flatMap(({ coupon }) => coupon ?? []),
    );
    return parsed.flatMap(({ index, touch }) => {
      const { partner, link, coupon, occurredAt, ...rest } = touch;
      const found = link === undefined ? undefined : links.at(link, occurredAt);
      const partnerId =
        found?.partnerId ?? (coupon === undefined ? partners.get(partner ?? '') : codes.at(coupon, occurredAt));
      if (partnerId === undefined) {
        results.set(index, unknown(touch));
        return [];
      }
      const kept = { ...rest, occurredAt, partnerId, linkId: found?.id, coupon: coupon && couponKey(coupon) };
      return [{ index, touch: { ...kept, contentHash: touchContentHash(touch) } }];
    });
  }
}

/** Of whom conversions may count these touches, and from when on. */
function reachedBy(touches: readonly NewTouch[], made: ReadonlyMap<string, readonly string[]>): Reached {
  const customers = touches.flatMap(({ id, customer, occurredAt }) =>
    [...(customer === undefined ? [] : [customer]), ...(made.get(id) ?? [])].map((each) => ({
      customer: each,
      from: occurredAt,
    })),
  );
  return { customers, clicks: touches.flatMap(({ id, kind }) => (kind === 'click' ? [id] : [])) };
}

function parseReports(
  reports: readonly unknown[],
  results: Map<number, TouchResult>,
): { index: number; touch: TouchReport }[] {
  return reports.flatMap((report, index) => {
    try {
      return [{ index, touch: parseTouch(report) }];
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { code, message, errors } = error;
      results.set(index, { ...readableId(report), status: 'refused', problem: { code, message, errors } });
      return [];
    }
  });
}

/** The id of a report that is wrong otherwise, for its answer; none where the id itself may be what is wrong. */
function readableId(report: unknown): { id?: string } {
  const id = report !== null && typeof report === 'object' ? (report as { id?: unknown }).id : undefined;
  return typeof id === 'string' && touchIdPattern.test(id) ? { id } : {};
}

function unknown({ id, partner, link }: TouchReport): TouchResult {
  const field = partner !== undefined ? 'partner' : link !== undefined ? 'link' : 'coupon';
  const errors = [{ pointer: `/${field}`, message: `names no ${field} that this program had at that time` }];
  return { id, status: 'refused', problem: { code: 'not-found', message: `the ${field} is unknown`, errors } };
}

/** A report of an id that is taken: harmless with the same content, refused with another. */
function repeated({ id, contentHash }: NewTouch, keptHash: string | undefined): TouchResult {
  if (contentHash === keptHash) return { id, status: 'duplicate' };
  const errors = [{ pointer: '/id', message: 'is the id of a touch with other content' }];
  const message = 'a touch with this id and other content was kept before';
  return { id, status: 'refused', problem: { code: 'event-conflict', message, errors } };
}
