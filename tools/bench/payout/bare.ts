import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent } from 'node:http';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Database } from '../../../libs/database/index.js';
import { newId } from '../../../libs/kernel/ids.js';
import { forEachLimited, waitFor } from '../../client/index.js';
import { freePorts } from '../../embedded/ports.mjs';
import { machinePart } from '../../embedded/product-environment.js';
import { projectRoot } from '../../embedded/project.mjs';
import type { BenchProduct } from '../bench-product.js';
import { postPlainly } from './plain-post.js';
import { setFaults } from './rail-faults.js';

export interface BareRun {
  count: number;
  /** Calls at a time: as many as the product makes. */
  inFlight: number;
  timeoutMs: number;
}

/**
 * What somebody would write who needs no keys, no ledger and no second look: for each payout one HTTP call to a sandbox
 * rail with the same latency and faults, and one update of its row. A call that fails is not made again. Seconds.
 */
export async function payBare({ product }: BenchProduct, owner: Database, run: BareRun): Promise<number> {
  const rail = await BareRail.start(product.env);
  const database = await Database.connect(product.env['DATABASE_URL'] ?? '', 20);
  try {
    const destination = await rail.openAccount();
    const ids = Array.from({ length: run.count }, () => newId('itm'));
    await owner.query(`drop table if exists bare_payouts`);
    await owner.query(
      `create table bare_payouts as select id, 'reserved'::text as state, null::text as rail_reference, null::timestamptz as state_since
       from unnest($1::text[]) as id`,
      [ids],
    );
    await owner.query(`alter table bare_payouts add primary key (id)`);
    await owner.query(`grant select, update on bare_payouts to public`);
    await setFaults(rail.url);
    const start = performance.now();
    await forEachLimited(ids, run.inFlight, async (id) => {
      const reference = await rail.pay(destination, id, run.timeoutMs);
      await database.query(
        `update bare_payouts set state = $2, rail_reference = $3, state_since = clock_timestamp() where id = $1`,
        [id, reference === undefined ? 'unknown' : 'settled', reference ?? null],
      );
    });
    return (performance.now() - start) / 1_000;
  } finally {
    await database.close();
    await rail.stop();
  }
}

/** A sandbox rail of its own, which tells nobody of what it does: what it is asked burdens the product with nothing. */
class BareRail {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  private constructor(
    readonly url: string,
    private readonly apiKey: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(env: BenchProduct['product']['env']): Promise<BareRail> {
    const [port = 0] = await freePorts(1);
    const folder = path.join(env['PACTLINE_HOME'] ?? '', 'bare-rail');
    mkdirSync(folder, { recursive: true });
    const apiKey = env['STRIPE_API_KEY'] ?? '';
    const child = spawn(process.execPath, [path.join(projectRoot, 'dist', 'processes', 'sandbox.js')], {
      stdio: 'ignore',
      env: {
        ...machinePart(process.env),
        SANDBOX_PORT: String(port),
        SANDBOX_STATE_FILE: path.join(folder, `${Date.now()}.json`),
        SANDBOX_API_KEY: apiKey,
        SANDBOX_WEBHOOK_SECRET: env['STRIPE_WEBHOOK_SECRET'],
      },
    });
    const url = `http://127.0.0.1:${port}`;
    const isUp = () =>
      fetch(`${url}/health`).then(
        () => true as const,
        () => undefined,
      );
    await waitFor(isUp, { what: 'the bare rail', patienceMs: 30_000 });
    return new BareRail(url, apiKey, async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    });
  }

  async openAccount(): Promise<string> {
    const { id = '' } = await this.post('/v1/accounts', { type: 'express' }, 10_000);
    if (id === '') throw new Error('The bare rail opened no account.');
    return id;
  }

  /** The rail's reference; undefined where it gave none. */
  async pay(destination: string, itemId: string, timeoutMs: number): Promise<string | undefined> {
    const form = { amount: '1000', currency: 'usd', destination, transfer_group: `${itemId}/1` };
    return (await this.post('/v1/transfers', form, timeoutMs).catch(() => ({ id: undefined }))).id;
  }

  private async post(
    where: string,
    form: Record<string, string>,
    timeoutMs: number,
  ): Promise<{ id?: string | undefined }> {
    const body = new URLSearchParams(form).toString();
    const headers = {
      authorization: `Bearer ${this.apiKey}`,
      ...{ 'content-type': 'application/x-www-form-urlencoded', 'idempotency-key': `bare/${where}/${body}` },
    };
    const { status, answer } = await postPlainly(`${this.url}${where}`, {
      agent: this.agent,
      headers,
      body,
      timeoutMs,
    });
    return status === 200 ? (JSON.parse(answer) as { id: string }) : {};
  }
}
