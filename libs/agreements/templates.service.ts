import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, isTaken, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import type { Terms } from './domain/index.js';
import { TermsDocuments } from './terms-documents.js';

/** A template in one of its versions. */
export interface TemplateRow {
  id: string;
  program_id: string;
  /** The partner type that it is for; null for any. */
  partner_type: string | null;
  /** The tier that it is for; null for any. */
  tier: string | null;
  /** Whether an approved application may get it without a reviewer's choice. */
  is_automatic: boolean;
  current_version: number;
  created_at: Date;
  retired_at: Date | null;
  version: number;
  name: string;
  terms_hash: string;
  version_created_at: Date;
  version_created_by: string;
}

export interface NewTemplate extends Actor {
  name: string;
  partnerType: string | null;
  tier: string | null;
  isAutomatic: boolean;
  terms: unknown;
  requestKey?: string | undefined;
}

const columns = `t.id, t.program_id, t.partner_type, t.tier, t.is_automatic, t.current_version, t.created_at, t.retired_at,
  v.version, v.name, v.terms_hash, v.created_at as version_created_at, v.created_by as version_created_by`;
const select = `select ${columns} from terms_templates t join terms_template_versions v on v.template_id = t.id`;
const sort = 'id';

/**
 * Standard terms by partner type and tier, in immutable versions. A negotiation that was opened from a version keeps
 * that document: a new version, or the template's retirement, touches nothing that was offered or agreed before.
 */
@Injectable()
export class TemplatesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly documents: TermsDocuments,
  ) {}

  /**
   * @throws DomainError `invalid-document` (pointers below `/terms`), `already-exists` (another
   * template is offered automatically for this type and tier), `not-found` (program)
   */
  async create(programId: string, template: NewTemplate): Promise<TemplateRow> {
    const termsHash = await this.checkedTerms(programId, template.terms, template.tier);
    return this.unlessTaken(() =>
      this.database.inTransaction(async (tx) => {
        const known = await this.byRequest(tx, template.requestKey);
        if (known) return known;
        const id = newId('tpl');
        await tx.query(
          `insert into terms_templates (id, program_id, partner_type, tier, is_automatic, current_version, request_key, created_at)
           values ($1, $2, $3, $4, $5, 1, $6, $7)`,
          [
            ...[id, programId, template.partnerType, template.tier, template.isAutomatic],
            ...[template.requestKey ?? null, this.clock.now()],
          ],
        );
        return this.addVersion(tx, { id, programId, version: 1, name: template.name, termsHash }, template);
      }),
    );
  }

  /**
   * A new version. `seenVersion` is the one that its writer had before it; the same content as the current version
   * makes none.
   * @throws DomainError as `create`; `hash-mismatch` (somebody made a version meanwhile), `illegal-transition` (retired)
   */
  async revise(
    programId: string,
    id: string,
    change: Actor & { name: string; terms: unknown; seenVersion: number },
  ): Promise<TemplateRow> {
    const { tier } = await this.get(programId, id);
    const termsHash = await this.checkedTerms(programId, change.terms, tier);
    return this.database.inTransaction(async (tx) => {
      const current = await this.lock(tx, programId, id);
      if (await this.audit.wasRequested(tx, { ...change, subjectId: id })) return current;
      if (current.version !== change.seenVersion) {
        throw new DomainError('hash-mismatch', `the template is at version ${current.version}: look at it first`);
      }
      if (current.retired_at !== null) throw new DomainError('illegal-transition', 'the template is retired');
      if (current.terms_hash === termsHash && current.name === change.name) return current;
      const version = current.version + 1;
      await tx.query(`update terms_templates set current_version = $2 where id = $1`, [id, version]);
      return this.addVersion(tx, { id, programId, version, name: change.name, termsHash }, change);
    });
  }

  /** Offered to nobody any more; what came from it stays. @throws DomainError `not-found`, `illegal-transition` */
  retire(
    programId: string,
    id: string,
    { actorId, requestId, reason }: Actor & { reason?: string | undefined },
  ): Promise<TemplateRow> {
    return this.database.inTransaction(async (tx) => {
      const current = await this.lock(tx, programId, id);
      if (await this.audit.wasRequested(tx, { subjectId: id, actorId, ...(requestId !== undefined && { requestId }) }))
        return current;
      if (current.retired_at !== null) throw new DomainError('illegal-transition', 'the template is retired already');
      await tx.query(`update terms_templates set retired_at = $2 where id = $1`, [id, this.clock.now()]);
      await this.audit.record(tx, {
        ...{ actorId, programId, subjectId: id, reason, action: 'template.retire' },
        ...{ requestId, fromState: 'offered', toState: 'retired' },
      });
      await this.outbox.announce(tx, programId, { type: 'template.retired', subjectId: id });
      return (await this.find(tx, programId, id))!;
    });
  }

  /** In its current version, or the one asked for. @throws DomainError `not-found` */
  async get(programId: string, id: string, version?: number): Promise<TemplateRow> {
    const row = await this.find(this.database.dataSource.manager, programId, id, version);
    if (!row) throw notFound(id, version);
    return row;
  }

  /** The templates of a program in their current version, oldest first. */
  async page(
    programId: string,
    { limit, cursor, retired }: { limit: number; cursor?: string | undefined; retired?: boolean | undefined },
  ): Promise<Page<TemplateRow>> {
    const [after] = decodeCursor(cursor, sort, ['text']);
    const rows = await this.database.query<TemplateRow>(
      `${select} where t.program_id = $1 and v.version = t.current_version and ($2::text is null or t.id > $2)
         and ($3::boolean is null or (t.retired_at is not null) = $3)
       order by t.id limit $4`,
      [programId, after, retired ?? null, limit + 1],
    );
    return pageFrom(rows, limit, sort, ({ id }) => [id]);
  }

  /** Every version, oldest first. @throws DomainError `not-found` */
  async versions(programId: string, id: string): Promise<TemplateRow[]> {
    await this.get(programId, id);
    const sql = `${select} where t.program_id = $1 and t.id = $2 order by v.version`;
    return rowsOf<TemplateRow>(this.database.dataSource.manager, sql, [programId, id]);
  }

  /**
   * The template that a partner of this type and tier is offered unless a reviewer chooses: the one for both, else the
   * one for its type, else for its tier, else for anybody; undefined where the program has none of these.
   */
  async choose(
    tx: Transaction,
    programId: string,
    { partnerType, tier }: { partnerType: string | undefined; tier: string | undefined },
  ): Promise<TemplateRow | undefined> {
    return rowOf<TemplateRow>(
      tx,
      `${select} where t.program_id = $1 and v.version = t.current_version and t.is_automatic and t.retired_at is null
         and (t.partner_type is null or t.partner_type = $2) and (t.tier is null or t.tier = $3)
       order by t.partner_type is null, t.tier is null limit 1`,
      [programId, partnerType ?? null, tier ?? null],
    );
  }

  /** A template that a reviewer chose. @throws DomainError `invalid-document` for one that is not offered any more or is none */
  async chosen(tx: Transaction, programId: string, id: string): Promise<TemplateRow> {
    const row = await this.find(tx, programId, id);
    if (row && row.retired_at === null) return row;
    const message = row ? 'is retired' : 'is no template of the program';
    throw new DomainError('invalid-document', 'the template cannot be offered', [{ pointer: '/templateId', message }]);
  }

  private async find(
    tx: Transaction,
    programId: string,
    id: string,
    version?: number,
  ): Promise<TemplateRow | undefined> {
    const sql = `${select} where t.program_id = $1 and t.id = $2 and v.version = coalesce($3, t.current_version)`;
    return rowOf<TemplateRow>(tx, sql, [programId, id, version ?? null]);
  }

  private async lock(tx: Transaction, programId: string, id: string): Promise<TemplateRow> {
    // By itself: whoever waits for the lock reads the version only then, and so the one that was made meanwhile.
    await tx.query(`select 1 from terms_templates where program_id = $1 and id = $2 for update`, [programId, id]);
    const row = await this.find(tx, programId, id);
    if (!row) throw notFound(id);
    return row;
  }

  private async byRequest(tx: Transaction, requestKey: string | undefined): Promise<TemplateRow | undefined> {
    if (requestKey === undefined) return undefined;
    return rowOf<TemplateRow>(tx, `${select} where t.request_key = $1 and v.version = t.current_version`, [requestKey]);
  }

  /** Checks and stores the document; its hash. */
  private async checkedTerms(programId: string, input: unknown, tier: string | null): Promise<string> {
    try {
      const hash = await this.documents.propose(programId, input);
      if (tier !== null) refuseUnknownTier(await this.documents.get(programId, hash), tier);
      return hash;
    } catch (error) {
      if (!(error instanceof DomainError) || error.errors.some(({ pointer }) => pointer === '/tier')) throw error;
      const errors = error.errors.map(({ pointer, message }) => ({ pointer: `/terms${pointer}`, message }));
      throw new DomainError(error.code, error.message, errors);
    }
  }

  private async addVersion(
    tx: Transaction,
    {
      id,
      programId,
      version,
      name,
      termsHash,
    }: { id: string; programId: string; version: number; name: string; termsHash: string },
    { actorId, requestId }: Actor,
  ): Promise<TemplateRow> {
    await tx.query(
      `insert into terms_template_versions (template_id, version, program_id, name, terms_hash, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, version, programId, name, termsHash, actorId, this.clock.now()],
    );
    const details = { version, termsHash };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId, subjectId: id, details },
      action: 'template.version',
    });
    await this.outbox.announce(tx, programId, { type: 'template.version_made', subjectId: id, data: details });
    return (await this.find(tx, programId, id))!;
  }

  /** The index says that one template alone is offered automatically for a type and tier. */
  private async unlessTaken<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isTaken(error, 'terms_templates_automatic')) throw error;
      throw new DomainError(
        'already-exists',
        'another template is offered automatically for this partner type and tier',
      );
    }
  }
}

/** A template for a tier that its own terms do not know would be offered to nobody. */
function refuseUnknownTier({ tiers }: Terms, tier: string): void {
  if (tiers?.list.some(({ name }) => name === tier)) return;
  throw new DomainError('invalid-document', 'the template is not valid', [
    { pointer: '/tier', message: 'is not a tier of the terms' },
  ]);
}

function notFound(id: string, version?: number): DomainError {
  return new DomainError('not-found', `no template ${id}${version === undefined ? '' : `, version ${version}`}`);
}
