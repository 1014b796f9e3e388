import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { sha256 } from '../kernel/sha256.js';
import { inTurn } from './drawing-turn.js';
import { DocumentStorage } from './storage/document-storage.js';

export type DocumentKind =
  | 'contract'
  | 'contract_sealed'
  | 'evidence_certificate'
  | 'remittance_advice'
  | 'self_billing_paper'
  | 'redline'
  | 'attachment'
  | 'dossier';

export interface StoredDocument {
  kind: DocumentKind;
  mediaType: string;
  bytes: Uint8Array;
}

/** A document whose bytes are kept and whose row may now be written. */
export interface KeptDocument {
  hash: string;
  kind: DocumentKind;
  mediaType: string;
  sizeBytes: number;
  /** When the bytes were last known to be there. */
  keptAt: Date;
}

/** Clocks of two processes may differ by this much, in milliseconds. */
const clockToleranceMs = 60_000;

/** Documents of one set that are drawn and kept at a time. */
const keptAbreast = 8;

/** How many erased documents are removed in one go. */
const removalsAtOnce = 200;

/**
 * Documents by the SHA-256 of their bytes: what a hash names never changes, and the same bytes are kept once. Bytes lie
 * in the document storage, and are kept before the row that names them is written: a row never names what is not there.
 */
@Injectable()
export class DocumentStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly storage: DocumentStorage,
  ) {}

  /**
   * Keeps the bytes and writes the row, in `tx` where given; their hash in lower-case hexadecimal. A transaction should
   * not wait for a storage: where a document's row must commit with others, `keep` it before, then `record` it.
   * @throws DomainError `unavailable` while the storage fails; the same call may be made again
   */
  async put(programId: string, document: StoredDocument, tx?: Transaction): Promise<string> {
    const kept = await this.keep(document);
    if (tx) return this.record(tx, programId, kept);
    return this.database.inTransaction((own) => this.record(own, programId, kept));
  }

  /**
   * Keeps the bytes durably, reads them back and compares them; a damaged copy from before is replaced.
   * @throws DomainError `unavailable` while the storage fails; a plain error where it gives back other bytes
   */
  async keep({ kind, mediaType, bytes }: StoredDocument): Promise<KeptDocument> {
    const hash = sha256(bytes);
    const keptAt = this.clock.now();
    await this.storage.put(hash, bytes);
    if (!(await this.isIntact(hash))) {
      await this.storage.put(hash, bytes, { replace: true });
      if (!(await this.isIntact(hash))) throw new Error(`the storage does not give back document ${hash} as it was`);
    }
    return { hash, kind, mediaType, sizeBytes: bytes.length, keptAt };
  }

  /**
   * Draws and keeps the documents of several items: while some are brought to the disk the next is drawn, in its turn.
   * After the first failure no more are begun; what was kept until then is given beside it, to be recorded first.
   */
  async keepEach<Item>(
    items: readonly Item[],
    draw: (item: Item) => Promise<StoredDocument>,
  ): Promise<{ kept: { item: Item; document: KeptDocument }[]; failure?: { error: unknown } }> {
    const kept: { item: Item; document: KeptDocument }[] = [];
    const failures: { error: unknown }[] = [];
    const waiting = [...items];
    const takeTurns = async () => {
      for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift()) {
        try {
          kept.push({ item, document: await this.keep(await inTurn(() => draw(item))) });
        } catch (error) {
          failures.push({ error });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(items.length, keptAbreast) }, takeTurns));
    return { kept, ...(failures[0] ? { failure: failures[0] } : {}) };
  }

  /**
   * Writes the row of a kept document in `tx`; its hash. Of the same bytes the first row stays.
   * @throws DomainError `unavailable` where the same bytes were erased since they were kept: keep them again
   */
  async record(tx: Transaction, programId: string, kept: KeptDocument): Promise<string> {
    await this.recordAll(tx, programId, [kept]);
    return kept.hash;
  }

  /** As `record`, for several documents in a few statements. @throws DomainError `unavailable`, as `record` */
  async recordAll(tx: Transaction, programId: string, documents: readonly KeptDocument[]): Promise<void> {
    if (documents.length === 0) return;
    const hashes = documents.map(({ hash }) => hash);
    await tx.query(
      `select pg_advisory_xact_lock_shared(hashtextextended(hash, 0)) from unnest($1::text[]) as kept (hash)`,
      [hashes],
    );
    const keptSince = documents.map(({ keptAt }) => new Date(keptAt.getTime() - clockToleranceMs));
    const erased = await rowOf<{ sha256: string }>(
      tx,
      `select removal.sha256 from unnest($1::text[], $2::timestamptz[]) as kept (hash, since)
       join document_removals removal on removal.sha256 = kept.hash and removal.erased_at > kept.since limit 1`,
      [hashes, keptSince],
    );
    if (erased)
      throw new DomainError('unavailable', `document ${erased.sha256} was erased a moment ago; keep it again`);
    await tx.query(
      `insert into documents (program_id, sha256, kind, media_type, size_bytes, created_at)
       select $1, hash, kind, media_type, size_bytes, $2
       from unnest($3::text[], $4::text[], $5::text[], $6::integer[]) as kept (hash, kind, media_type, size_bytes)
       on conflict do nothing`,
      [
        ...[programId, this.clock.now(), hashes, documents.map(({ kind }) => kind)],
        ...[documents.map(({ mediaType }) => mediaType), documents.map(({ sizeBytes }) => sizeBytes)],
      ],
    );
  }

  /**
   * The document, compared with its hash. Rows from before there was a storage hold their bytes themselves.
   * @throws DomainError `not-found`, `unavailable`; a plain error where the bytes are lost or damaged: they are never
   * handed out
   */
  async get(programId: string, hash: string): Promise<StoredDocument> {
    const row = await rowOf<{ kind: DocumentKind; media_type: string; bytes: Buffer | null }>(
      this.database.dataSource.manager,
      `select kind, media_type, bytes from documents where program_id = $1 and sha256 = $2`,
      [programId, hash],
    );
    if (!row) throw new DomainError('not-found', `no document with the hash ${hash}`);
    const bytes = row.bytes ?? (await this.storage.get(hash));
    if (!bytes) throw new Error(`the stored bytes of document ${hash} are lost`);
    if (sha256(bytes) !== hash) throw new Error(`the stored bytes of document ${hash} do not match their hash`);
    return { kind: row.kind, mediaType: row.media_type, bytes };
  }

  /**
   * Takes the bytes of erased rows from the storage, unless another row names them; the number of documents removed. To
   * be called after a transaction that erases rows, and again where that was cut short: what is left stays remembered.
   * @throws DomainError `unavailable` while the storage fails
   */
  async removeErased(): Promise<number> {
    const open = await this.database.query<{ sha256: string }>(
      `select distinct sha256 from document_removals where erased_at is null limit $1`,
      [removalsAtOnce],
    );
    for (const { sha256: hash } of open) await this.database.inTransaction((tx) => this.remove(tx, hash));
    return open.length;
  }

  /** The storage is called under the lock, the one exception to its rule: no row may come to name what goes just now. */
  private async remove(tx: Transaction, hash: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [hash]);
    const named = await rowOf(tx, `select 1 as one from documents where sha256 = $1 limit 1`, [hash]);
    if (named) {
      await tx.query(`delete from document_removals where sha256 = $1 and erased_at is null`, [hash]);
      return;
    }
    await this.storage.delete(hash);
    await tx.query(`update document_removals set erased_at = $2 where sha256 = $1`, [hash, this.clock.now()]);
  }

  private async isIntact(hash: string): Promise<boolean> {
    const bytes = await this.storage.get(hash);
    return bytes !== undefined && sha256(bytes) === hash;
  }

  /**
   * Erases attachments, and contracts that never came about; whatever else is named stays. The database itself sees to
   * it: the running role may delete no document but by its function.
   */
  async erase(programId: string, hashes: readonly string[], tx: Transaction): Promise<void> {
    if (hashes.length > 0) await tx.query(`select erase_documents($1, $2)`, [programId, [...hashes]]);
  }
}
