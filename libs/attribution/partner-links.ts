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
import { clickAddress, passedParameters, touchContentHash, type LinkTarget } from './domain/index.js';
import { insertTouches } from './touch-rows.js';

/** A link of a partner: a click on it is a touch. */
export interface PartnerLink extends LinkTarget {
  id: string;
  programId: string;
  partnerId: string;
  /** What stands in its public address. */
  slug: string;
  name: string;
  createdBy: string;
  createdAt: Date;
  endedAt: Date | null;
}

/** What a new link is made of; the slug is ours to choose where it is absent. */
export type NewLink = LinkTarget & { readonly name: string; readonly slug?: string | undefined };

/** Links that were looked up: which each was at an instant. */
export interface FoundLinks {
  at(link: string, instant: Date): { id: string; partnerId: string } | undefined;
}

const columns = `id, program_id as "programId", partner_id as "partnerId", slug, destination, parameters,
  click_parameter as "clickParameter", name, created_by as "createdBy", created_at as "createdAt", ended_at as "endedAt"`;

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
const slugLength = 9;

/** The links of partners, and the clicks on them. Of a visitor nothing is kept but what the link passes on. */
@Injectable()
export class PartnerLinks {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** Makes a link in the caller's transaction. @throws DomainError `already-exists` (the slug is taken) */
  async make(
    tx: Transaction,
    partner: { id: string; programId: string },
    link: NewLink,
    actor: Actor,
  ): Promise<PartnerLink> {
    const { destination, parameters, clickParameter, name, slug = randomText(alphabet, slugLength) } = link;
    const made = await rowOf<PartnerLink>(
      tx,
      `insert into partner_links (id, program_id, partner_id, slug, destination, parameters, click_parameter, name, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (slug) do nothing returning ${columns}`,
      [
        ...[newId('lnk'), partner.programId, partner.id, slug, destination, JSON.stringify(parameters)],
        ...[clickParameter, name, actor.actorId, this.clock.now()],
      ],
    );
    if (!made) {
      if (link.slug === undefined) return this.make(tx, partner, link, actor);
      throw new DomainError('already-exists', 'there is a link with this slug');
    }
    const fact = { ...actor, programId: partner.programId, action: 'partner_link.create', subjectId: made.id };
    await this.audit.record(tx, { ...fact, details: { partnerId: partner.id } });
    await this.announce(tx, 'partner.link_created', made);
    return made;
  }

  /** Makes a link by itself. @throws DomainError `already-exists` */
  create(partner: { id: string; programId: string }, link: NewLink, actor: Actor): Promise<PartnerLink> {
    return this.database.inTransaction((tx) => this.make(tx, partner, link, actor));
  }

  /** Ends a link: it leads on as before, and counts no clicks. Repeating it changes nothing. @throws DomainError `not-found` */
  async end(partnerId: string, id: string, actor: Actor): Promise<PartnerLink> {
    return this.database.inTransaction(async (tx) => {
      const ended = await rowOf<PartnerLink>(
        tx,
        `update partner_links set ended_at = $3 where id = $1 and partner_id = $2 and ended_at is null returning ${columns}`,
        [id, partnerId, this.clock.now()],
      );
      if (ended) {
        await this.audit.record(tx, {
          ...actor,
          programId: ended.programId,
          action: 'partner_link.end',
          subjectId: id,
        });
        await this.announce(tx, 'partner.link_ended', ended);
        return ended;
      }
      const sql = `select ${columns} from partner_links where id = $1 and partner_id = $2`;
      const known = await rowOf<PartnerLink>(tx, sql, [id, partnerId]);
      if (!known) throw new DomainError('not-found', 'the partner has no such link');
      return known;
    });
  }

  /** The links of a partner, newest first. @throws DomainError `malformed-request` for a wrong page */
  async of(partnerId: string, page: PageRequest): Promise<Page<PartnerLink>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, '-id', ['text']);
    const rows = await this.database.query<PartnerLink>(
      `select ${columns} from partner_links where partner_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
      [partnerId, after, limit + 1],
    );
    return pageFrom(rows, limit, '-id', ({ id }) => [id]);
  }

  /**
   * Where a visitor of a link goes. A click is kept as a touch that no customer is known of yet, with what the visitor brought in
   * the query; an event names it by the id that the destination is given.
   * @throws DomainError `not-found`
   */
  async follow(slug: string, visit: { query: Readonly<Record<string, unknown>>; isClick: boolean }): Promise<string> {
    const [link] = await this.database.query<PartnerLink>(`select ${columns} from partner_links where slug = $1`, [
      slug,
    ]);
    if (!link) throw new DomainError('not-found', 'there is no such link');
    const parameters = passedParameters(visit.query);
    if (!visit.isClick || link.endedAt !== null) return clickAddress(link, parameters, undefined);
    const id = newId('clk');
    const touch = { id, kind: 'click', occurredAt: this.clock.now(), parameters } as const;
    const contentHash = touchContentHash({ ...touch, partner: link.partnerId });
    const kept = { ...touch, partnerId: link.partnerId, linkId: link.id, contentHash };
    await insertTouches(this.database.dataSource.manager, link.programId, [kept], touch.occurredAt);
    return clickAddress(link, parameters, id);
  }

  /** Looks links up, by their ids or slugs. */
  async find(tx: Transaction, programId: string, links: readonly string[]): Promise<FoundLinks> {
    const names = [...new Set(links)];
    const rows =
      names.length === 0
        ? []
        : await rowsOf<{ id: string; slug: string; partner_id: string; ended_at: Date | null }>(
            tx,
            `select id, slug, partner_id, ended_at from partner_links where program_id = $1 and (id = any($2) or slug = any($2 collate "C"))`,
            [programId, names],
          );
    const byName = new Map([
      ...rows.map((row) => [row.slug, row] as const),
      ...rows.map((row) => [row.id, row] as const),
    ]);
    return {
      at: (link, instant) => {
        const found = byName.get(link);
        const isOpen = found && (found.ended_at === null || instant < found.ended_at);
        return isOpen ? { id: found.id, partnerId: found.partner_id } : undefined;
      },
    };
  }

  private announce(
    tx: Transaction,
    type: 'partner.link_created' | 'partner.link_ended',
    { id, programId, partnerId }: PartnerLink,
  ): Promise<void> {
    return this.outbox.announce(tx, programId, { type, subjectId: partnerId, data: { linkId: id } });
  }
}
