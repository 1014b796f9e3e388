import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { TestProduct } from './product.js';

/** An envelope whose row a test holds: whoever takes its next step comes as far as the row, and waits there. */
export class HeldEnvelope {
  private constructor(
    private readonly client: pg.Client,
    private readonly product: TestProduct,
    private readonly backend: number,
  ) {}

  /** Takes hold as soon as the envelope of a negotiation is as the condition says; throws where it never is. */
  static async at(product: TestProduct, negotiationId: string, condition: string): Promise<HeldEnvelope> {
    const client = new pg.Client({ connectionString: product.env.DATABASE_URL });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(`select pg_backend_pid() as pid`);
    for (const end = Date.now() + 60_000; Date.now() < end; await pause(1)) {
      await client.query('begin');
      const sql = `select 1 from envelopes where negotiation_id = $1 and ${condition} for update`;
      if ((await client.query(sql, [negotiationId])).rowCount === 1) {
        return new HeldEnvelope(client, product, rows[0]!.pid);
      }
      await client.query('rollback');
    }
    await client.end();
    throw new Error(`no envelope was seen where ${condition}`);
  }

  /** Whether someone waits for the row. */
  async isWaitedFor(): Promise<boolean> {
    const sql = `select 1 from pg_stat_activity where $1 = any (pg_blocking_pids(pid))`;
    return (await this.product.rows(sql, this.backend)).length > 0;
  }

  async release(): Promise<void> {
    await this.client.query('rollback');
    await this.client.end();
  }
}
