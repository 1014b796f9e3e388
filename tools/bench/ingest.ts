import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Client } from 'pg';
import { forEachLimited } from '../client/index.js';
import { databaseOf } from '../embedded/databases.js';
import { postgresUrl } from '../embedded/postgres.js';
import { loadSecrets } from '../embedded/secrets.js';
import { onBenchProduct, type BenchProduct } from './bench-product.js';
import { readCounts } from './counts.js';
import { LeanClient } from './lean-client.js';
import { median } from './median.js';
import { postEvents } from './post-events.js';
import { steadyLoad } from './steady-load.js';

const partnerCount = 8;
const customersPerPartner = 5_000;
/** The rate of single reports, and for how long. */
const singlesPerSecond = 300;
const singleSeconds = 10;
/** Before they are measured: connections are made and code is compiled, as in any API that has run for a while. */
const warmUpSeconds = 15;
/** COPY takes a few seconds and a machine's speed comes and goes: it is done so often. */
const copyRounds = 3;

/**
 * `bench -- ingest`: single reports at a fixed rate, and how long they take; beside them the same rows at the same rate by
 * bare SQL. Then events a second over HTTP in batches, each stored, priced and booked before its answer; beside them the same
 * rows by COPY. Both yardsticks are tables with the same columns, indexes and checks. Every event must be priced. The single
 * ones come first: what the bulk leaves for the disk to write is not theirs.
 */
export async function benchIngest(argv: readonly string[]): Promise<void> {
  const { events, batch, abreast } = readCounts(argv, { events: 100_000, batch: 1_000, abreast: 4 });
  await onBenchProduct(async (bench) => {
    const reporter = await Reporter.open(bench);
    await reporter.batches(10_000, batch, abreast);
    await recycleLog(bench);
    const took = await reporter.singles();
    process.stdout.write(`${took.length} single events, ${singlesPerSecond} a second\n${spread(took)}\n`);
    await recycleLog(bench);
    process.stdout.write(
      `the same rows by bare SQL, at the same rate\n${spread(await insertAgain(bench, took.length))}\n`,
    );
    const seconds = await reporter.batches(events, batch, abreast);
    line(`events in batches of ${batch}, ${abreast} at a time`, events, seconds);
    const { reported } = reporter;
    reporter.close();
    const copySeconds = await copyAgain(bench, 'events', reported);
    line(`the same table by COPY`, reported, copySeconds);
    const ratio = events / seconds / (reported / copySeconds);
    process.stdout.write(`the API takes in ${ratio.toFixed(2)} of what COPY does\n`);
    // What the API leaves beside the events, for scale: their prices.
    const linesSeconds = await copyAgain(bench, 'commission_lines', reported);
    line(`with the commission lines by COPY`, reported, copySeconds + linesSeconds);
  });
}

/** Reports sales of several partners, each with an id of its own. */
class Reporter {
  reported = 0;
  private readonly client: LeanClient;

  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly sinceMs: number,
    private readonly partnerIds: readonly string[],
  ) {
    this.client = new LeanClient(url, { authorization: `Bearer ${token}` });
  }

  static async open({ api, walk, programId, token, product }: BenchProduct): Promise<Reporter> {
    for (let index = 0; index < partnerCount; index += 1) {
      const ref = `seller-${index}`;
      await walk.activate({ ref, name: `Ada ${ref}`, email: `${ref}@partners.example` });
    }
    const url = `${product.urls.api}/v1/events?programId=${programId}`;
    const partnerIds: string[] = [];
    for await (const { id } of api.partners(programId)) partnerIds.push(id);
    return new Reporter(url, token, Date.now(), partnerIds);
  }

  close(): void {
    this.client.close();
  }

  /** Seconds for so many events. */
  async batches(events: number, batch: number, abreast: number): Promise<number> {
    const bodies = Array.from({ length: Math.ceil(events / batch) }, (_, index) =>
      JSON.stringify({ events: this.next(Math.min(batch, events - index * batch)) }),
    );
    const start = performance.now();
    await forEachLimited(bodies, abreast, (body) => postEvents(this.client, body));
    return (performance.now() - start) / 1000;
  }

  /** How many milliseconds single reports took, the shortest first. */
  singles(): Promise<number[]> {
    const warmUp = singlesPerSecond * warmUpSeconds;
    const items = this.next(warmUp + singlesPerSecond * singleSeconds).map((event) => JSON.stringify(event));
    const { url, token } = this;
    return steadyLoad({ kind: 'reports', perSecond: singlesPerSecond, warmUp, url, token, items });
  }

  private next(count: number): Record<string, unknown>[] {
    return Array.from({ length: count }, () => {
      const number = (this.reported += 1);
      return {
        ...{ id: `event-${number}`, type: 'sale', occurredAt: new Date(this.sinceMs + number).toISOString() },
        ...{ partner: this.partnerIds[number % this.partnerIds.length], amountMinor: 1_000 + (number % 9_000) },
        ...{ currency: 'USD', customer: `customer-${number % customersPerPartner}`, country: 'US' },
      };
    });
  }
}

function spread(took: readonly number[]): string {
  const at = (part: number): string => took[Math.min(took.length - 1, Math.floor(took.length * part))]!.toFixed(1);
  return `    p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

/** Inserts so many of the events again, each in a transaction of its own; how many milliseconds they took, the shortest first. */
function insertAgain(bench: BenchProduct, count: number): Promise<number[]> {
  return asOwner(bench, async (owner, connectionString) => {
    await owner.query('create table bench_singles (like events including all)');
    const ids = 'select id from events order by id limit $1';
    const { rows } = await owner.query<{ id: string }>(ids, [count + singlesPerSecond]);
    const items = rows.map(({ id }) => [bench.programId, id]);
    const text = 'insert into bench_singles select * from events where program_id = $1 and id = $2';
    const perSecond = singlesPerSecond;
    const took = await steadyLoad({ kind: 'statements', perSecond, warmUp: perSecond, connectionString, text, items });
    await owner.query('drop table bench_singles');
    return took;
  });
}

/**
 * A young server makes each file of its write-ahead log anew, for which a commit waits 40 ms; one that has run for a while uses
 * again those that a checkpoint has let go of.
 */
async function recycleLog(bench: BenchProduct): Promise<void> {
  await asOwner(bench, (owner) => owner.query('checkpoint'));
}

/** Copies a table out of the server and into ones like it, one after the other; how many seconds the second half took, by the median. */
function copyAgain(bench: BenchProduct, table: 'events' | 'commission_lines', expected: number): Promise<number> {
  return asOwner(bench, async (owner) => {
    const file = path.posix.join(await dataFolder(owner), 'base', `bench-${table}.copy`);
    await owner.query(`copy ${table} to '${file}'`);
    const took: number[] = [];
    for (let round = 0; round < copyRounds; round += 1) {
      await owner.query(`create table bench_${table} (like ${table} including all)`);
      const start = performance.now();
      const { rowCount } = await owner.query(`copy bench_${table} from '${file}'`);
      took.push((performance.now() - start) / 1000);
      if (rowCount !== expected) throw new Error(`${rowCount} ${table} were kept where ${expected} were reported`);
      await owner.query(`drop table bench_${table}`);
    }
    return median(took);
  });
}

/** Works on the product's database as the superuser. */
async function asOwner<T>(
  { product }: BenchProduct,
  work: (owner: Client, connectionString: string) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: url, PACTLINE_HOME: home } = product.env;
  const { postgresPassword: password } = loadSecrets(home!);
  const port = Number(new URL(url!).port);
  const connectionString = postgresUrl({ user: 'postgres', password, port, database: databaseOf(url!) });
  const owner = new Client({ connectionString });
  await owner.connect();
  try {
    return await work(owner, connectionString);
  } finally {
    await owner.end();
  }
}

async function dataFolder(client: Client): Promise<string> {
  const { rows } = await client.query<{ data_directory: string }>('show data_directory');
  return rows[0]!.data_directory;
}

function line(name: string, count: number, seconds: number): void {
  process.stdout.write(
    `${name.padEnd(44)}${Math.round(count / seconds)
      .toString()
      .padStart(10)} a second\n`,
  );
}
