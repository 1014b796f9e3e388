import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { assertSameCurrency, ProgramsService } from '../programs/index.js';
import { canonicalTermsText, parseTerms, termsHash, type Terms } from './domain/index.js';

/** Frozen terms documents by their hash: once stored, one never changes. */
@Injectable()
export class TermsDocuments {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
  ) {}

  /**
   * Checks a document that somebody proposes and stores it; its terms hash.
   * @throws DomainError `invalid-document` with pointers into the document
   */
  async propose(programId: string, input: unknown): Promise<string> {
    const { document } = await this.programs.get(programId);
    const terms = parseTerms(input);
    assertSameCurrency(terms, document.currency);
    return this.store(this.database.dataSource.manager, programId, terms);
  }

  /** Stores a document that was checked before; its terms hash. */
  async store(tx: Transaction, programId: string, terms: Terms): Promise<string> {
    const hash = termsHash(terms);
    await tx.query(
      `insert into terms_documents (program_id, hash, canonical, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
      [programId, hash, canonicalTermsText(terms), this.clock.now()],
    );
    return hash;
  }

  /** The documents with these hashes that there are, by hash. */
  async getAll(programId: string, hashes: readonly string[]): Promise<Map<string, Terms>> {
    const rows = await this.database.query<{ hash: string; canonical: string }>(
      `select hash, canonical from terms_documents where program_id = $1 and hash = any($2)`,
      [programId, [...new Set(hashes)]],
    );
    return new Map(rows.map(({ hash, canonical }) => [hash, JSON.parse(canonical) as Terms]));
  }

  /** When a document was first stored. @throws DomainError `not-found` */
  async storedAt(programId: string, hash: string): Promise<Date> {
    const [row] = await this.database.query<{ created_at: Date }>(
      `select created_at from terms_documents where program_id = $1 and hash = $2`,
      [programId, hash],
    );
    if (!row) throw new DomainError('not-found', `no terms with the hash ${hash}`);
    return row.created_at;
  }

  /** @throws DomainError `not-found` */
  async get(programId: string, hash: string, tx: Transaction = this.database.dataSource.manager): Promise<Terms> {
    const row = await rowOf<{ canonical: string }>(
      tx,
      `select canonical from terms_documents where program_id = $1 and hash = $2`,
      [programId, hash],
    );
    if (!row) throw new DomainError('not-found', `no terms with the hash ${hash}`);
    return JSON.parse(row.canonical) as Terms;
  }
}
