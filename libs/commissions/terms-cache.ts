import { Injectable } from '@nestjs/common';
import { timeZoneOf, type Terms } from '../agreements/domain/index.js';
import { rowsOf, type Transaction } from '../database/index.js';
import { keepNewest } from '../kernel/keep-newest.js';
import { compileTerms, type CompiledTerms } from './domain/index.js';
import { durationAdder } from './domain/months.js';

/** Terms ready for pricing, and when what they earn may vest. */
export interface PayableTerms {
  readonly compiled: CompiledTerms;
  /** `occurredAt` plus the holding period, on the calendar of the terms' zone. */
  vestAt(occurredAt: Date): Date;
}

const maxEntries = 1_000;

/** Compiled terms by their hash, the most recently used ones kept. A hash never means another text, so none goes stale. */
@Injectable()
export class TermsCache {
  private readonly entries = new Map<string, PayableTerms>();

  /** The terms with these hashes; reads those that it doesn't have in one statement. */
  async get(tx: Transaction, programId: string, hashes: Iterable<string>): Promise<Map<string, PayableTerms>> {
    const found = new Map<string, PayableTerms>();
    const missing: string[] = [];
    for (const hash of new Set(hashes)) {
      const entry = this.entries.get(hash);
      if (entry) found.set(hash, entry);
      else missing.push(hash);
    }
    if (missing.length > 0) {
      const rows = await rowsOf<{ hash: string; canonical: string }>(
        tx,
        `select hash, canonical from terms_documents where program_id = $1 and hash = any($2)`,
        [programId, missing],
      );
      for (const { hash, canonical } of rows) found.set(hash, payableTerms(JSON.parse(canonical) as Terms, hash));
    }
    for (const [hash, entry] of found) keepNewest(this.entries, hash, entry, maxEntries);
    return found;
  }
}

/** Terms ready for pricing. */
export function payableTerms(terms: Terms, hash: string): PayableTerms {
  const held = durationAdder(terms.payment.holding, timeZoneOf(terms));
  return {
    compiled: compileTerms(terms, hash),
    vestAt: (occurredAt) => new Date(held(occurredAt.getTime())),
  };
}
