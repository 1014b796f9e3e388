import { createHmac } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import { detailsContext, type DetailsRow } from './details-rows.js';
import { normalWords, type PayoutDestination, type TaxSecrets } from './domain/index.js';
import { PayeeKeys } from './payee-keys.js';
import { ScreeningList, type ScreeningEntries } from './screening-list.js';
import { profileContext, type TaxProfileRow } from './tax-profiles.js';

export interface ScreeningHitView {
  id: string;
  programId: string;
  partnerId: string;
  /** The hash of the list that the hit was found in. */
  listVersion: string;
  /** The entry of the list. */
  entryId: string;
  /** Which of the partner's names it was. */
  subject: 'person' | 'company' | 'account_holder' | 'legal_name';
  score: number;
  state: 'open' | 'cleared' | 'confirmed';
  foundAt: Date;
  decidedBy: string | null;
  decidedAt: Date | null;
  reason: string | null;
}

/** A hit with what the list of now says of its entry; null where it says nothing (any more). */
export interface ListedHit extends ScreeningHitView {
  listed: { names: string[]; countries: string[] } | null;
}

/** What a look into the list of now came to. */
export interface ScreeningResult {
  /** Each hit that holds payments. */
  hits: { id: string; partnerId: string }[];
  /** False where a list is set up and cannot be read: nobody was looked up, so nobody may be paid. */
  isListReadable: boolean;
}

export interface ScreeningDecision extends Actor {
  hitId: string;
  decision: 'cleared' | 'confirmed';
  reason: string;
}

interface NameOf {
  partnerId: string;
  subject: ScreeningHitView['subject'];
  name: string;
}

const columns = `id, program_id as "programId", partner_id as "partnerId", list_version as "listVersion", entry_id as "entryId",
  subject, score::float8 as score, state, found_at as "foundAt", decided_by as "decidedBy", decided_at as "decidedAt", reason`;

/**
 * Screening of partners against a list of sanctions, under every name that we know of them: the person, the company, the
 * holder of the account that is in use or waits, the name for tax. A hit holds payments until a person clears it; a decision
 * holds for that name and that entry of that version of the list.
 */
@Injectable()
export class Screening {
  private readonly logger = new Logger(Screening.name);

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly settings: Settings,
    private readonly list: ScreeningList,
    private readonly keys: PayeeKeys,
  ) {}

  /**
   * Looks partners up in the list of now, writes down what is new, and gives each hit that holds payments: those that are
   * open or confirmed. A confirmed hit holds under every later list, until it is found there again and cleared.
   */
  async screen(tx: Transaction, programId: string, partnerIds: readonly string[]): Promise<ScreeningResult> {
    const list = await this.listOfNow();
    if (list !== undefined && list !== 'unreadable') {
      for (const name of await this.namesOf(tx, programId, partnerIds)) await this.lookUp(tx, programId, list, name);
    }
    const hits = await rowsOf<{ id: string; partnerId: string }>(
      tx,
      `select hit.id, hit.partner_id as "partnerId" from screening_hits hit
       where hit.program_id = $1 and hit.partner_id = any($2)
         and ((hit.state = 'open' and hit.list_version = $3)
           or (hit.state = 'confirmed' and not exists (
             select 1 from screening_hits later where later.partner_id = hit.partner_id and later.entry_id = hit.entry_id
               and later.name_hash = hit.name_hash and later.state = 'cleared' and later.decided_at > hit.decided_at)))
       order by hit.id`,
      [programId, [...partnerIds], typeof list === 'object' ? list.version : ''],
    );
    return { hits, isListReadable: list !== 'unreadable' };
  }

  /**
   * Decides on a hit, once.
   * @throws DomainError `not-found`, `illegal-transition` (it is decided)
   */
  decide({ hitId, decision, reason, actorId, requestId }: ScreeningDecision): Promise<ScreeningHitView> {
    return this.database.inTransaction(async (tx) => {
      const row = await rowOf<ScreeningHitView>(tx, `select ${columns} from screening_hits where id = $1 for update`, [
        hitId,
      ]);
      if (!row) throw new DomainError('not-found', `no screening hit ${hitId}`);
      const about = { actorId, requestId, subjectId: row.partnerId };
      if (await this.audit.wasRequested(tx, about)) return row;
      if (row.state !== 'open') throw new DomainError('illegal-transition', `screening hit: it is ${row.state}`);
      const decidedAt = this.clock.now();
      await tx.query(
        `update screening_hits set state = $2, decided_by = $3, decided_at = $4, reason = $5 where id = $1`,
        [...[hitId, decision, actorId, decidedAt, reason]],
      );
      const details = { hitId, entryId: row.entryId, listVersion: row.listVersion };
      await this.audit.record(tx, {
        ...{ programId: row.programId, ...about, action: 'partner.screening_decided' },
        ...{ fromState: 'open', toState: decision, reason, details },
      });
      const event = { type: 'partner.screening_decided' as const, subjectId: row.partnerId, data: { hitId, decision } };
      await this.outbox.announce(tx, row.programId, event);
      return { ...row, state: decision, decidedBy: actorId, decidedAt, reason };
    });
  }

  /** The hits of a partner, newest first, each with what the list of now says of its entry. */
  async ofPartner(partnerId: string): Promise<ListedHit[]> {
    const sql = `select ${columns} from screening_hits where partner_id = $1 order by id desc`;
    const hits = await this.database.query<ScreeningHitView>(sql, [partnerId]);
    const list = hits.length === 0 ? undefined : await this.listOfNow();
    return hits.map((hit) => {
      const entry = typeof list === 'object' ? list.index.entry(hit.entryId) : undefined;
      return { ...hit, listed: entry ? { names: [...entry.names], countries: [...entry.countries] } : null };
    });
  }

  /** The program that a hit belongs to. @throws DomainError `not-found` */
  async programOf(hitId: string): Promise<string> {
    const sql = `select program_id from screening_hits where id = $1`;
    const [row] = await this.database.query<{ program_id: string }>(sql, [hitId]);
    if (!row) throw new DomainError('not-found', `no screening hit ${hitId}`);
    return row.program_id;
  }

  /** The list of now; one that is set up and cannot be read is an operator's matter, told in the log of errors. */
  private async listOfNow(): Promise<ScreeningEntries | 'unreadable' | undefined> {
    try {
      return await this.list.current();
    } catch (error) {
      // The text of an error may repeat what the file holds; its code does not.
      const code = codeOf(error) ?? 'its content is not valid';
      this.logger.error(`The list of sanctions cannot be read (${code}): payments are held until it can`);
      return 'unreadable';
    }
  }

  private async lookUp(
    tx: Transaction,
    programId: string,
    list: ScreeningEntries,
    { partnerId, subject, name }: NameOf,
  ): Promise<void> {
    for (const { entryId, score } of list.index.matches(name)) {
      const made = await rowOf<{ id: string }>(
        tx,
        `insert into screening_hits (id, program_id, partner_id, list_version, entry_id, name_hash, subject, score, state, found_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9)
         on conflict (partner_id, list_version, entry_id, name_hash) do nothing returning id`,
        [
          newId('hit'),
          programId,
          partnerId,
          list.version,
          entryId,
          this.hashOf(name),
          subject,
          score,
          this.clock.now(),
        ],
      );
      if (!made) continue;
      const event = { type: 'partner.screening_hit' as const, subjectId: partnerId, data: { hitId: made.id } };
      await this.outbox.announce(tx, programId, event);
    }
  }

  /** Equal for names that are compared alike, and nothing to whoever has not the installation's secret. */
  private hashOf(name: string): string {
    const key = Buffer.from(this.settings.env.LINK_SECRET, 'base64');
    return createHmac('sha256', key)
      .update(`screened-name\n${normalWords(name).join(' ')}`)
      .digest('hex');
  }

  private async namesOf(tx: Transaction, programId: string, partnerIds: readonly string[]): Promise<NameOf[]> {
    const ids = [...partnerIds];
    const people = await rowsOf<{ id: string; person: string | null; company: string | null }>(
      tx,
      `select p.id, per.name as person, a.company from partners p join persons per on per.id = p.person_id
         join applications a on a.id = p.application_id where p.program_id = $1 and p.id = any($2)`,
      [programId, ids],
    );
    const details = await rowsOf<DetailsRow>(
      tx,
      `select distinct on (partner_id) * from payout_details
       where partner_id = any($1) and state in ('awaiting_approval', 'approved') order by partner_id, version desc`,
      [ids],
    );
    const profiles = await rowsOf<TaxProfileRow>(
      tx,
      `select distinct on (partner_id) * from tax_profiles where partner_id = any($1) order by partner_id, version desc`,
      [ids],
    );
    return [
      ...people.flatMap(({ id, person, company }) =>
        [named(id, 'person', person), named(id, 'company', company)].flat(),
      ),
      ...details.flatMap((row) => named(row.partner_id, 'account_holder', this.holderOf(row))),
      ...profiles.flatMap((row) => {
        const sealed = { sealed: row.sealed, keyId: row.key_id };
        return named(row.partner_id, 'legal_name', this.keys.open<TaxSecrets>(profileContext(row), sealed).legalName);
      }),
    ];
  }

  private holderOf(row: DetailsRow): string | null {
    const sealed = { sealed: row.sealed, keyId: row.key_id };
    const destination = this.keys.open<PayoutDestination>(detailsContext(row), sealed);
    return 'holder' in destination ? destination.holder : null;
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function named(partnerId: string, subject: NameOf['subject'], name: string | null): NameOf[] {
  return name === null ? [] : [{ partnerId, subject, name }];
}
