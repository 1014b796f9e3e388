import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { sha256 } from '../kernel/sha256.js';

export type DocumentKind =
  'contract' | 'contract_sealed' | 'evidence_certificate' | 'remittance_advice' | 'redline' | 'attachment' | 'dossier';

export interface StoredDocument {
  kind: DocumentKind;
  mediaType: string;
  bytes: Uint8Array;
}

/** Documents by the SHA-256 of their bytes: what a hash names never changes, and the same bytes are kept once. */
@Injectable()
export class DocumentStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Stores the bytes, in `tx` where given; their hash in lower-case hexadecimal. */
  async put(
    programId: string,
    document: StoredDocument,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<string> {
    const hash = sha256(document.bytes);
    await tx.query(
      `insert into documents (program_id, sha256, kind, media_type, bytes, created_at) values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing`,
      [programId, hash, document.kind, document.mediaType, Buffer.from(document.bytes), this.clock.now()],
    );
    return hash;
  }

  /** @throws DomainError `not-found`; a plain error where the bytes no longer match their hash. */
  async get(programId: string, hash: string): Promise<StoredDocument> {
    const row = await rowOf<{ kind: DocumentKind; media_type: string; bytes: Buffer }>(
      this.database.dataSource.manager,
      `select kind, media_type, bytes from documents where program_id = $1 and sha256 = $2`,
      [programId, hash],
    );
    if (!row) throw new DomainError('not-found', `no document with the hash ${hash}`);
    if (sha256(row.bytes) !== hash) throw new Error(`the stored bytes of document ${hash} do not match their hash`);
    return { kind: row.kind, mediaType: row.media_type, bytes: row.bytes };
  }

  /**
   * Erases attachments, and contracts that never came about; whatever else is named stays. The database itself sees to
   * it: the running role may delete no document but by its function.
   */
  async erase(programId: string, hashes: readonly string[], tx: Transaction): Promise<void> {
    if (hashes.length > 0) await tx.query(`select erase_documents($1, $2)`, [programId, [...hashes]]);
  }
}
