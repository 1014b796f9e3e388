import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { demoProgram } from './demo-program.js';
import { termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { CommissionsModule, CommissionsService } from '../../libs/commissions/index.js';
import type { Environment } from '../../libs/config/index.js';
import { Database, type Transaction } from '../../libs/database/index.js';
import { Clock } from '../../libs/kernel/clock.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { newId } from '../../libs/kernel/ids.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import {
  accrue,
  clawback,
  LedgerService,
  lockPartners,
  vest,
  type LedgerTransaction,
} from '../../libs/ledger/index.js';
import { PayoutsModule, PayoutsService } from '../../libs/payouts/index.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { ProgramsModule, ProgramsService, type ProgramDocument } from '../../libs/programs/index.js';
import { seedPartner } from './seed-rows.js';
import { serviceEnvironment } from './service-environment.js';
import { createTestDatabase, type TestDatabase } from './servers.js';
import { SandboxFixture } from './stripe-sandbox.js';

/** A clock that stands until a test moves it. */
export class StandingClock extends Clock {
  private at = new Date('2026-04-01T08:00:00.000Z').getTime();

  now(): Date {
    return new Date(this.at);
  }

  advance(milliseconds: number): void {
    this.at += milliseconds;
  }
}

/** Entries, items and the rail's list, summed: what must be the same at rest. */
export interface Outflow {
  settledItems: bigint;
  ledger: bigint;
  rail: bigint;
}

/** Payouts on a database and a sandbox rail of a test's own, with partners that have something to come. */
export class PayoutHouse {
  private readonly peers: TestingModule[] = [];

  private constructor(
    readonly database: Database,
    readonly sandbox: SandboxFixture,
    readonly clock: StandingClock,
    readonly module: TestingModule,
    readonly env: Environment,
    private readonly testDatabase: TestDatabase,
    private readonly folder: string,
  ) {}

  /** `variables` go over the environment that the services get; `furnish` puts other providers into ports. */
  static async open(
    variables: Record<string, string> = {},
    furnish: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
  ): Promise<PayoutHouse> {
    const testDatabase = await createTestDatabase();
    const sandbox = await SandboxFixture.start();
    const clock = new StandingClock();
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-house-'));
    const env = serviceEnvironment(testDatabase.url, {
      STRIPE_API_BASE: sandbox.url,
      RAIL_TIMEOUT_MS: '1500',
      RAIL_CALLS_IN_FLIGHT: '8',
      RAIL_ENVIRONMENT: 'test',
      DOCUMENTS_FOLDER: folder,
      ...variables,
    });
    const imports = [PlatformModule.forRoot(env, clock), PayoutsModule, ProgramsModule, CommissionsModule];
    const module = await furnish(Test.createTestingModule({ imports })).compile();
    module.enableShutdownHooks();
    return new PayoutHouse(module.get(Database), sandbox, clock, module, env, testDatabase, folder);
  }

  /** The payouts of another process on the same servers. */
  async peer(): Promise<PayoutsService> {
    const imports = [PlatformModule.forRoot(this.env, this.clock), PayoutsModule, ProgramsModule, CommissionsModule];
    const module = await Test.createTestingModule({ imports }).compile();
    module.enableShutdownHooks();
    this.peers.push(module);
    return module.get(PayoutsService);
  }

  async close(): Promise<void> {
    for (const peer of this.peers) await peer.close();
    await this.module.close();
    await this.sandbox.close();
    await this.testDatabase.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One statement as the owner of the schema: the running role may not change it. */
  async asOwner(sql: string): Promise<void> {
    const owner = await Database.connect(this.testDatabase.migrationUrl, 1);
    await owner.query(sql);
    await owner.close();
  }

  get payouts(): PayoutsService {
    return this.module.get(PayoutsService);
  }

  get commissions(): CommissionsService {
    return this.module.get(CommissionsService);
  }

  /** Connects to the house's database as the owner of its schema. */
  owner(): Promise<Database> {
    return Database.connect(this.testDatabase.migrationUrl, 2);
  }

  get keyring(): Keyring {
    return this.module.get(Keyring);
  }

  get ledger(): LedgerService {
    return this.module.get(LedgerService);
  }

  /**
   * A program with the demo's terms and the least amount that is paid, in minor units; `payout` goes over its settings of
   * payouts, `payees` are those of the people who are paid.
   */
  async program(
    minimumMinor = 1_000,
    payout: Partial<ProgramDocument['payout']> = {},
    payees?: Record<string, unknown>,
  ): Promise<ProgramFixture> {
    const document = demoProgram();
    const terms: Terms = { ...document.terms, payment: { ...document.terms.payment, minimumMinor } };
    const slug = `program-${randomUUID().slice(0, 8)}`;
    // The calendar of agreements is no part of these tests: it is looked at once a year.
    const agreement = { ...document.agreement, calendar: { schedule: '0 0 1 1 *' } };
    const made = { ...document, slug, terms, agreement, payout: { ...document.payout, ...payout } };
    const asked = payees === undefined ? made : { ...made, payees };
    const { id } = await this.module.get(ProgramsService).create(asked, { actorId: 'usr_test' });
    return new ProgramFixture(this, id, terms);
  }

  async outflow(batchId: string): Promise<Outflow> {
    const { itemsMinor, ledgerMinor, railMinor } = await this.payouts.reconcile(batchId);
    return { settledItems: itemsMinor, ledger: ledgerMinor, rail: railMinor };
  }

  /** Every item of a batch by its partner. */
  async itemsOf(batchId: string): Promise<Record<string, { state: string; amountMinor: bigint }>> {
    const { items } = await this.payouts.listItems(batchId, { limit: 200 });
    return Object.fromEntries(items.map(({ partnerId, state, amountMinor }) => [partnerId, { state, amountMinor }]));
  }

  /** Whether what `work` does waits for a lock that a transaction takes with `hold`. */
  async waits(hold: (tx: Transaction) => Promise<void>, work: () => Promise<unknown>): Promise<boolean> {
    let isDone = false;
    let started: Promise<unknown> = Promise.resolve();
    const hasWaited = await this.database.inTransaction(async (tx) => {
      await hold(tx);
      started = work().finally(() => (isDone = true));
      for (;;) {
        const waiting = await this.database.query(
          `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        if (waiting.length > 0 || isDone) return waiting.length > 0;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    await started;
    return hasWaited;
  }

  /** The messages of one kind in the outbox, oldest first. */
  outbox<Payload>(kind: string, subjectId: string): Promise<{ payload: Payload; program_id: string }[]> {
    return this.database.query(
      `select payload, program_id from outbox_messages where kind = $1 and subject_id = $2 order by sequence`,
      [kind, subjectId],
    );
  }

  audit(subjectId: string): Promise<{ action: string; actor_id: string; from_state: string; to_state: string }[]> {
    return this.database.query(
      `select action, actor_id, from_state, to_state from audit_facts where subject_id = $1 order by id`,
      [subjectId],
    );
  }
}

/** One program in a house. */
export class ProgramFixture {
  private facts = 0;

  constructor(
    readonly house: PayoutHouse,
    readonly id: string,
    private readonly terms: Terms,
  ) {}

  /** An active partner under the program's terms, with an account at the rail unless it is said otherwise. */
  async partner(options: { hasAccount?: boolean; terms?: Terms } = {}): Promise<string> {
    const { terms = this.terms } = options;
    const reference = `partner-${randomUUID()}`;
    const partnerId = await seedPartner(this.house.database, { programId: this.id, reference, terms });
    if (options.hasAccount !== false) await this.house.payouts.openPayoutAccount({ partnerId });
    return partnerId;
  }

  /** A commission that has vested at an instant. */
  async vested(partnerId: string, amountMinor: bigint, at: string, currency = 'USD'): Promise<void> {
    const occasion = { ...this.occasion(partnerId, amountMinor, at), currency };
    await this.post(partnerId, () => Promise.resolve([accrue(occasion), vest(occasion)]));
  }

  /** Takes back what has vested: payable as far as it reaches, the rest is owed. */
  async clawedBack(partnerId: string, amountMinor: bigint, at: string): Promise<void> {
    await this.post(partnerId, async (tx) => {
      const balances = await this.house.ledger.partnerBalances(tx, this.id, ['payable'], [partnerId]);
      const payableMinor = balances.of('payable', partnerId, 'USD');
      return [clawback({ ...this.occasion(partnerId, amountMinor, at), payableMinor })];
    });
  }

  draft(cutOff: string) {
    return this.house.payouts.draftBatch({ programId: this.id, cutOffMs: Date.parse(cutOff), actorId: 'system' });
  }

  /** A batch of a cut-off, drafted and submitted: what an approver is shown. */
  async frozen(cutOff: string): Promise<{ batchId: string; contentHash: string }> {
    const { batchId = 'none' } = await this.draft(cutOff);
    const { contentHash = '' } = await this.house.payouts.submit({ batchId, actorId: 'usr_maker' });
    return { batchId, contentHash };
  }

  /** A cause that suspends a partner from now on. */
  async suspended(partnerId: string): Promise<void> {
    await this.house.database.query(
      `insert into partner_suspensions (id, program_id, partner_id, cause, reason, actor_id, from_at)
       values ($1, $2, $3, 'compliance', 'a check', 'usr_test', now())`,
      [newId('sus'), this.id, partnerId],
    );
  }

  /** Every cause that suspends a partner is over. */
  async resumed(partnerId: string): Promise<void> {
    await this.house.database.query(`update partner_suspensions set until_at = now() where partner_id = $1`, [
      partnerId,
    ]);
  }

  /** A batch of these cut-off's amounts, drafted, submitted and approved by two people. */
  async released(cutOff: string): Promise<string> {
    const { batchId = 'none' } = await this.draft(cutOff);
    const { contentHash = '' } = await this.house.payouts.submit({ batchId, actorId: 'usr_maker' });
    await this.house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    return batchId;
  }

  async balance(code: string, ownerId = ''): Promise<bigint> {
    const [balance] = await this.house.ledger.balances(this.id, { codes: [code], ownerIds: [ownerId] });
    return balance?.balanceMinor ?? 0n;
  }

  /**
   * Whether the ledger sums to zero, no liability is below it, and every item is the sum of its entries: an entry that no
   * item pays is then still in payable.
   */
  async isSound(): Promise<boolean> {
    const wrong = await this.house.database.query(
      `select item.id from payout_items item
       where item.program_id = $1 and item.state <> 'superseded'
         and item.amount_minor + item.withheld_minor <> (select coalesce(-sum(entry.amount_minor), 0) from payout_item_entries mapped
                                   join ledger_entries entry on entry.id = mapped.entry_id where mapped.item_id = item.id)`,
      [this.id],
    );
    if (wrong.length > 0) return false;
    const trial = await this.house.ledger.trialBalance(this.id);
    const payables = await this.house.ledger.balances(this.id, { codes: ['payable', 'held', 'reserved'] });
    return trial.every(({ balanced }) => balanced) && payables.every(({ balanceMinor }) => balanceMinor >= 0n);
  }

  private occasion(partnerId: string, amountMinor: bigint, at: string) {
    const eventId = `order-${++this.facts}`;
    const refs = { partnerId, eventId, ruleId: 'new-customers', clause: '2.1', termsHash: termsHash(this.terms) };
    const eventAt = new Date(at);
    return {
      key: `${partnerId}/${eventId}`,
      eventAt,
      currency: 'USD',
      actorId: 'system',
      refs,
      partnerId,
      amountMinor,
    };
  }

  private async post(partnerId: string, build: (tx: Transaction) => Promise<LedgerTransaction[]>): Promise<void> {
    await this.house.database.inTransaction(async (tx) => {
      await lockPartners(tx, this.id, [partnerId]);
      await this.house.ledger.post(tx, this.id, await build(tx));
    });
  }
}

/** The code with which a domain error refuses; a text that is no code where nothing was refused. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'was not refused';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
