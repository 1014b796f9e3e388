import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../kernel/canonical-json.js';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { keepNewest } from '../kernel/keep-newest.js';
import { newId } from '../kernel/ids.js';
import { sha256 } from '../kernel/sha256.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { parseProgram, readProgram, type ProgramDocument } from './domain/index.js';

export interface Program {
  id: string;
  version: number;
  documentHash: string;
  document: ProgramDocument;
}

interface ProgramRow {
  id: string;
  version: number;
  document_hash: string;
  document: unknown;
}

const selectProgram = `select p.id, v.version, v.document_hash, v.document
  from programs p join program_versions v on v.program_id = p.id`;

const maxKeptDocuments = 200;

/** The rails that a program may name, as the environment configures them. */
export abstract class ConfiguredRails {
  abstract readonly names: readonly string[];
}

/** Programs and their immutable versions: a change is a new version, which touches nothing that is in force. */
@Injectable()
export class ProgramsService {
  /** Documents by their hash, as read: a version never changes, and one is read with every application and mail. */
  private readonly documents = new Map<string, ProgramDocument>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly rails: ConfiguredRails,
  ) {}

  /** @throws DomainError `invalid-document`, `already-exists` (the slug is taken) */
  async create(input: unknown, actor: Actor): Promise<Program> {
    const document = this.parse(input);
    const id = newId('prg');
    return this.database.inTransaction(async (tx) => {
      const made = await rowOf<{ id: string }>(
        tx,
        `insert into programs (id, slug, current_version, created_at) values ($1, $2, 1, $3)
         on conflict (slug) do nothing returning id`,
        [id, document.slug, this.clock.now()],
      );
      if (!made) throw new DomainError('already-exists', `there is a program with the slug ${document.slug}`);
      return this.addVersion(tx, { id, version: 1, document }, actor);
    });
  }

  /** A new version, from now on; a version that says what the current one says is not made. */
  async revise(programId: string, input: unknown, actor: Actor): Promise<Program> {
    const document = this.parse(input);
    return this.database.inTransaction(async (tx) => {
      // By itself: whoever waits for the lock reads the version only then, and so the one that was made meanwhile.
      await tx.query(`select 1 from programs where id = $1 for update`, [programId]);
      const current = await rowOf<ProgramRow>(
        tx,
        `${selectProgram} where p.id = $1 and v.version = p.current_version`,
        [programId],
      );
      if (!current) throw new DomainError('not-found', `no program ${programId}`);
      refuseFixedChanges(this.toProgram(current).document, document);
      if (hashOf(document) === current.document_hash) return this.toProgram(current);
      const version = current.version + 1;
      await tx.query(`update programs set current_version = $2 where id = $1`, [programId, version]);
      return this.addVersion(tx, { id: programId, version, document }, actor);
    });
  }

  /** The current version, or the one asked for. Within a transaction `getIn` is for it. @throws DomainError `not-found` */
  get(programId: string, version?: number): Promise<Program> {
    return this.getIn(this.database.dataSource.manager, programId, version);
  }

  /** As `get`, on the connection of a transaction: who holds one must not wait for another. @throws DomainError `not-found` */
  async getIn(tx: Transaction, programId: string, version?: number): Promise<Program> {
    const row = await rowOf<ProgramRow>(
      tx,
      `${selectProgram} where p.id = $1 and v.version = coalesce($2, p.current_version)`,
      [programId, version ?? null],
    );
    if (!row)
      throw new DomainError(
        'not-found',
        `no program ${programId}${version === undefined ? '' : `, version ${version}`}`,
      );
    return this.toProgram(row);
  }

  /** All programs in their current version, oldest first. */
  async list(): Promise<Program[]> {
    const rows = await this.database.query<ProgramRow>(
      `${selectProgram} where v.version = p.current_version order by p.id`,
    );
    return rows.map((row) => this.toProgram(row));
  }

  /** A document whose partners can be paid here. @throws DomainError `invalid-document` */
  private parse(input: unknown): ProgramDocument {
    const document = parseProgram(input);
    const { rail } = document.payout;
    if (rail === undefined || this.rails.names.includes(rail)) return document;
    const message = `is not configured here; there are: ${this.rails.names.join(', ')}`;
    throw new DomainError('invalid-document', `payouts cannot go by the rail ${rail}`, [
      { pointer: '/payout/rail', message },
    ]);
  }

  private toProgram({ id, version, document_hash: documentHash, document: stored }: ProgramRow): Program {
    const document = this.documents.get(documentHash) ?? readProgram(stored);
    keepNewest(this.documents, documentHash, document, maxKeptDocuments);
    return { id, version, documentHash, document };
  }

  private async addVersion(
    tx: Transaction,
    { id, version, document }: { id: string; version: number; document: ProgramDocument },
    actor: Actor,
  ): Promise<Program> {
    const documentHash = hashOf(document);
    await tx.query(
      `insert into program_versions (program_id, version, document, document_hash, created_at, created_by)
       values ($1, $2, $3, $4, $5, $6)`,
      [id, version, JSON.stringify(document), documentHash, this.clock.now(), actor.actorId],
    );
    await this.audit.record(tx, {
      ...actor,
      programId: id,
      action: 'program.version',
      subjectId: id,
      details: { version, documentHash },
    });
    await this.outbox.followSchedules(tx, id);
    await this.outbox.announce(tx, id, { type: 'program.version_made', subjectId: id, data: { version } });
    return { id, version, documentHash, document };
  }
}

/** What money already posted depends on cannot change under it. */
function refuseFixedChanges(before: ProgramDocument, after: ProgramDocument): void {
  for (const field of ['slug', 'currency'] as const) {
    if (before[field] === after[field]) continue;
    const error = { pointer: `/${field}`, message: `stays ${before[field]} for the life of the program` };
    throw new DomainError('invalid-document', `a program's ${field} cannot change`, [error]);
  }
}

function hashOf(document: ProgramDocument): string {
  return sha256(canonicalJson(document));
}
