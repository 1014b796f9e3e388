import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkBooks } from '../../libs/books/index.js';
import { Database } from '../../libs/database/index.js';
import { HttpClient, waitFor } from '../client/index.js';
import { removeHome } from '../embedded/postgres.js';
import { startProduct, type Product } from '../embedded/product.js';
import { Steps } from '../embedded/steps.mjs';
import { BankDetails } from './bank-details.js';
import { checkClients, type ClientsReport } from './clients-check.js';
import { Dice } from './dice.js';
import type { Difference } from './difference.js';
import { Finance } from './finance.js';
import { Mischief } from './mischief.js';
import { checkMoney, type MoneyReport } from './money-check.js';
import type { ChaosOptions } from './options.js';
import { RailClient } from './rail-client.js';
import { Requests } from './requests.js';
import { comeToRest } from './rest.js';
import { Seller } from './sellers.js';
import { Storm } from './storm.js';
import { Witness } from './witness.js';
import { checkWorkflows, type WorkflowsReport } from './workflows-check.js';
import { makeWorld, type World } from './world.js';

/** What was found at rest. */
export interface RestReport {
  differences: Difference[];
  money: MoneyReport;
  clients: ClientsReport;
  workflows: WorkflowsReport;
  /** Transactions and blocks of the journal that were verified. */
  books: { transactions: number; blocks: number };
}

/** A client gives up after this long without an answer; everything is back long before. */
const patienceMs = 900_000;
const sellersPerProgram = 2;
/** Teams of finance that know nothing of each other: what one does, another may do too. */
const financesPerProgram = 3;
/**
 * As a rehearsal, without limits per address. A rail that does not answer is soon given up, and so is a request whose
 * process died: otherwise clients would spend the run waiting.
 */
const given = {
  ...{ REHEARSAL: 'true', RAIL_TIMEOUT_MS: '1500', RAIL_CALLS_IN_FLIGHT: '4' },
  IDEMPOTENCY_LEASE_SECONDS: '6',
};
/**
 * Whatever a storm met: on the last pay day of each run the rail takes some payments and does not say so, and its webhooks
 * come late, so that the product has to ask.
 */
const silentPayments = [
  ...(['timeout_after', 'error_500_after', 'reset_after', 'reset_after'] as const).map((kind) => {
    return { kind, times: 1, delayMs: 2_500, match: { path: '/v1/transfers', method: 'POST' } };
  }),
  { kind: 'webhook_late', times: 6, delayMs: 7_000 },
];
/** Whatever ends is started again at once, however often: a run is about what happens meanwhile. */
const restarts = { restartsInARow: Infinity, firstPauseMs: 250, longestPauseMs: 2_000 };

/** One product of a run's own, what is done to it, and what is held against each other afterwards. */
export class ChaosRun {
  readonly witness = new Witness();
  readonly rail: RailClient;
  readonly storm: Storm;
  private readonly dice: Dice;
  private readonly finances: Finance[];

  private constructor(
    private readonly options: ChaosOptions,
    readonly home: string,
    readonly product: Product,
    readonly world: World,
    private readonly signal: AbortSignal,
  ) {
    this.dice = new Dice(options.seed, 'chaos');
    const { env, urls } = product;
    this.rail = new RailClient(urls.sandbox ?? '', env.STRIPE_API_KEY ?? '', signal);
    this.storm = new Storm(product, this.witness, this.dice.of('storm'));
    this.finances = world.programs.flatMap((program) =>
      Array.from({ length: financesPerProgram }, (_, index) => {
        const name = `finance/${program.currency}/${index + 1}`;
        return new Finance(program, world.tokens, this.requests(name), this.dice.of(name));
      }),
    );
  }

  /** Starts a product in a folder of its own, with programs and partners. Nothing of the environment reaches it. */
  static async open(options: ChaosOptions, stop: AbortController): Promise<ChaosRun> {
    const home = mkdtempSync(path.join(tmpdir(), 'pactline-chaos-'));
    const product = await startProduct({
      home,
      port: 0,
      given,
      steps: new Steps({ quiet: true }),
      signal: stop.signal,
      restarts,
      onGiveUp: (name) => stop.abort(new Error(`${name} could not be kept running.`)),
    });
    try {
      const world = await makeWorld(product, options.partners, stop.signal);
      return new ChaosRun(options, home, product, world, stop.signal);
    } catch (error) {
      await product.stop();
      throw error;
    }
  }

  /** Stops the product, and removes its folder unless it is to be looked at. */
  async close(isKept: boolean): Promise<void> {
    await this.product.stop();
    if (!isKept) removeHome(this.home);
  }

  /** Breaks things for as long as the options say, while clients go on; all of them are answered when this is over. */
  async rage(): Promise<void> {
    const end = Date.now() + this.options.stormMs;
    let failure: unknown;
    const isOver = (): boolean =>
      failure !== undefined ||
      this.signal.aborted ||
      (Date.now() >= end && this.storm.kills >= (this.options.kills ?? 0));
    const busy = new Set<string>();
    const work = Object.entries(this.parts()).map(async ([name, part]) => {
      busy.add(name);
      // The first failure ends all, but only once all have ended: nothing may go on when this is over.
      await part(isOver).catch((error: unknown) => void (failure ??= error));
      busy.delete(name);
    });
    const overdue = this.overdue(isOver, busy);
    await Promise.race([Promise.all(work), overdue.promise]).finally(overdue.cancel);
    this.signal.throwIfAborted();
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error('a part of the run failed');
  }

  /** How far it is, in a few words. */
  soFar(): string {
    let acts = 0;
    for (const { times } of this.witness.acts) acts += times;
    return `${this.storm.kills} kills, ${this.witness.events.size} events and ${acts} acts of clients`;
  }

  /** Everything that goes on at the same time, by name. */
  private parts(): Record<string, (isOver: () => boolean) => Promise<void>> {
    const { programs, tokens } = this.world;
    const parts: Record<string, (isOver: () => boolean) => Promise<void>> = {
      storm: (isOver) => this.storm.run(isOver),
      rail: async (isOver) => {
        await new Mischief(this.rail, this.witness, this.dice.of('mischief')).run(isOver);
        await this.rail.clearFaults();
      },
    };
    this.finances.forEach((finance, index) => (parts[`finance ${index + 1}`] = (isOver) => finance.run(isOver)));
    for (const program of programs) {
      const currency = program.currency.toLowerCase();
      for (let index = 1; index <= sellersPerProgram; index += 1) {
        const name = `shop-${currency}-${index}`;
        const [requests, dice] = [this.requests(name), this.dice.of(name)];
        const seller = new Seller(name, program, requests, this.witness, dice, tokens.service);
        parts[name] = (isOver) => seller.run(isOver);
      }
      const name = `details-${currency}`;
      const details = new BankDetails(program, tokens, this.requests(name), this.dice.of(name));
      parts[name] = (isOver) => details.run(isOver);
    }
    return parts;
  }

  /** Fails, naming who is busy, where somebody is still not answered long after the storm. */
  private overdue(isOver: () => boolean, busy: ReadonlySet<string>): { promise: Promise<never>; cancel: () => void } {
    let timer: NodeJS.Timeout | undefined;
    let overSince: number | undefined;
    const promise = new Promise<never>((_resolve, reject) => {
      timer = setInterval(() => {
        if (isOver()) overSince ??= Date.now();
        if (overSince === undefined || Date.now() - overSince < this.options.restMs) return;
        reject(new Error(`Long after the storm these are not answered: ${[...busy].join(', ')}.`));
      }, 1_000);
    });
    return { promise, cancel: () => clearInterval(timer) };
  }

  /** Pays once more what is there, and waits until nothing moves any more; what did not come to rest in time is a difference. */
  async rest(): Promise<Difference[]> {
    const { product, rail, signal } = this;
    // Two teams that close the same batches would only be in each other's way.
    const finances = this.finances.filter((_, index) => index % financesPerProgram === 0);
    await waitFor(() => Promise.resolve([...product.processes.values()].every(({ isReady }) => isReady) || undefined), {
      what: 'all processes to be back',
      patienceMs: 120_000,
      signal,
    });
    await rail.clearFaults();
    await rail.strike(silentPayments);
    await Promise.all(finances.map((finance) => finance.payDay()));
    return this.withDatabase(async (database) => {
      const left = await comeToRest({ database, rail, finances }, { patienceMs: this.options.restMs, signal });
      // Where fewer were paid than were to be struck.
      await rail.clearFaults();
      return left.map((detail) => ({ code: 'not_at_rest', subject: 'product', detail }));
    });
  }

  /** Holds everything against everything. It changes nothing, and may be asked again. */
  async check(): Promise<RestReport> {
    const { product, witness, world } = this;
    return this.withDatabase(async (database) => {
      const money = await checkMoney(database, await this.rail.all());
      const clients = await checkClients(database, world.programs, witness);
      const workflows = await checkWorkflows(database, product.env);
      const books = await checkBooks(database);
      const violations = books.violations.map(({ invariant, code, subject, detail }) => {
        return { code: `books_${invariant}_${code}`, subject, detail };
      });
      const chains = await this.brokenEvidence();
      const parts = [money.differences, clients.differences, workflows.differences, violations, chains];
      return { differences: parts.flat(), money, clients, workflows, books };
    });
  }

  private async brokenEvidence(): Promise<Difference[]> {
    const requests = this.requests('evidence');
    const found: Difference[] = [];
    for (const { envelopeId } of this.world.programs.flatMap(({ partners }) => partners)) {
      const path = `/v1/envelopes/${envelopeId}/evidence`;
      const { brokenAt } = await requests.read<{ brokenAt: number | null }>(path, this.world.tokens.legal);
      if (brokenAt === null) continue;
      found.push({ code: 'evidence_broken', subject: envelopeId, detail: `its chain breaks at fact ${brokenAt}` });
    }
    return found;
  }

  private async withDatabase<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
    const database = await Database.connect(this.product.env.DATABASE_URL ?? '', 2);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  /** Each client has its own connections to the API, and dice for what it repeats. */
  private requests(name: string): Requests {
    const http = new HttpClient(this.product.urls.api, { patienceMs, attemptTimeoutMs: 30_000, signal: this.signal });
    return new Requests(http, this.witness, this.dice.of(`requests/${name}`), name);
  }
}
