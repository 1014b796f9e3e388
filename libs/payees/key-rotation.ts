import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { detailsContext } from './details-rows.js';
import { PayeeKeys } from './payee-keys.js';
import { paperContext } from './self-billing.js';
import { profileContext } from './tax-profiles.js';

const atOnce = 500;

interface SealedRow {
  id: string;
  program_id: string;
  partner_id: string;
  sealed: Buffer;
  key_id: string;
}

/** The tables that hold sealed rows, and what each row's secret is bound to. */
const tables = {
  payout_details: detailsContext,
  tax_profiles: profileContext,
  self_billing_papers: paperContext,
} as const satisfies Record<string, (row: SealedRow) => string>;

/** Encrypts anew, with the newest key, what older keys encrypted. */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly database: Database,
    private readonly keys: PayeeKeys,
  ) {}

  /**
   * How many rows were encrypted anew; harmless to repeat and to cut short, and two runs at once share the work. Once it
   * answers 0, the older keys may go.
   */
  async rotate(): Promise<number> {
    let rotated = 0;
    for (const table of Object.keys(tables) as (keyof typeof tables)[]) {
      for (;;) {
        const done = await this.database.inTransaction((tx) => this.rotateSome(tx, table));
        rotated += done;
        if (done < atOnce) break;
      }
    }
    return rotated;
  }

  private async rotateSome(tx: Transaction, table: keyof typeof tables): Promise<number> {
    const rows = await rowsOf<SealedRow>(
      tx,
      `select id, program_id, partner_id, sealed, key_id from ${table} where key_id <> $1 order by id limit $2
       for update skip locked`,
      [this.keys.activeKeyId, atOnce],
    );
    for (const row of rows) {
      const context = tables[table](row);
      const next = this.keys.seal(context, this.keys.open(context, { sealed: row.sealed, keyId: row.key_id }));
      await tx.query(`update ${table} set sealed = $2, key_id = $3 where id = $1`, [row.id, next.sealed, next.keyId]);
    }
    return rows.length;
  }
}
