import { randomBytes, randomUUID } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { demoProgram } from './demo-program.js';
import { canonicalTermsText, termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { readEnvironment } from '../../libs/config/index.js';
import { Database } from '../../libs/database/index.js';
import { Clock } from '../../libs/kernel/clock.js';
import { newId } from '../../libs/kernel/ids.js';
import { sha256 } from '../../libs/kernel/sha256.js';
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
import { ProgramsModule, ProgramsService } from '../../libs/programs/index.js';
import { createTestDatabase, type TestDatabase } from './servers.js';
import { SandboxFixture, sandboxKeys } from './stripe-sandbox.js';

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
  private constructor(
    readonly database: Database,
    readonly sandbox: SandboxFixture,
    readonly clock: StandingClock,
    readonly module: TestingModule,
    private readonly testDatabase: TestDatabase,
  ) {}

  static async open(): Promise<PayoutHouse> {
    const testDatabase = await createTestDatabase();
    const sandbox = await SandboxFixture.start();
    const clock = new StandingClock();
    const env = readEnvironment({
      NODE_ENV: 'test',
      DATABASE_URL: testDatabase.url,
      TEMPORAL_ADDRESS: '127.0.0.1:7233',
      ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
      LINK_SECRET: randomBytes(32).toString('base64'),
      AUTH_LOCAL_ISSUER_FILE: 'unused',
      SMTP_URL: 'smtp://127.0.0.1:25',
      STRIPE_API_KEY: sandboxKeys.apiKey,
      STRIPE_API_BASE: sandbox.url,
      STRIPE_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
      RAIL_TIMEOUT_MS: '400',
      RAIL_CALLS_IN_FLIGHT: '8',
      RAIL_ENVIRONMENT: 'test',
    });
    const module = await Test.createTestingModule({
      imports: [PlatformModule.forRoot(env, clock), PayoutsModule, ProgramsModule],
    }).compile();
    module.enableShutdownHooks();
    return new PayoutHouse(module.get(Database), sandbox, clock, module, testDatabase);
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.sandbox.close();
    await this.testDatabase.drop();
  }

  get payouts(): PayoutsService {
    return this.module.get(PayoutsService);
  }

  get ledger(): LedgerService {
    return this.module.get(LedgerService);
  }

  /** A program with the demo's terms and the least amount that is paid, in minor units. */
  async program(minimumMinor = 1_000): Promise<ProgramFixture> {
    const document = demoProgram();
    const terms: Terms = { ...document.terms, payment: { ...document.terms.payment, minimumMinor } };
    const slug = `program-${randomUUID().slice(0, 8)}`;
    const { id } = await this.module.get(ProgramsService).create({ ...document, slug, terms }, { actorId: 'usr_test' });
    return new ProgramFixture(this, id, terms);
  }

  async outflow(batchId: string): Promise<Outflow> {
    const { itemsMinor, ledgerMinor, railMinor } = await this.payouts.reconcile(batchId);
    return { settledItems: itemsMinor, ledger: ledgerMinor, rail: railMinor };
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
    const partnerId = newId('prt');
    await insertPartner(this.house.database, this.id, partnerId, options.terms ?? this.terms);
    if (options.hasAccount !== false) await this.house.payouts.openPayoutAccount({ partnerId });
    return partnerId;
  }

  /** A commission that has vested at an instant. */
  async vested(partnerId: string, amountMinor: bigint, at: string): Promise<void> {
    const occasion = this.occasion(partnerId, amountMinor, at);
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

  /** Whether the ledger sums to zero and no partner's payable is below it. */
  async isSound(): Promise<boolean> {
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

  private async post(
    partnerId: string,
    build: (tx: Parameters<Parameters<Database['inTransaction']>[0]>[0]) => Promise<LedgerTransaction[]>,
  ): Promise<void> {
    await this.house.database.inTransaction(async (tx) => {
      await lockPartners(tx, this.id, [partnerId]);
      await this.house.ledger.post(tx, this.id, await build(tx));
    });
  }
}

/** The rows that an executed contract leaves behind, in the order in which they refer to each other. */
async function insertPartner(database: Database, programId: string, partnerId: string, terms: Terms): Promise<void> {
  const ids = { person: newId('per'), application: newId('app'), negotiation: newId('neg'), envelope: newId('env') };
  const hash = termsHash(terms);
  const documentHash = sha256(partnerId);
  const agreementId = newId('agr');
  const at = '2026-01-01T00:00:00Z';
  const statements: [string, unknown[]][] = [
    [
      `insert into terms_documents values ($1, $2, $3, $4) on conflict do nothing`,
      [programId, hash, canonicalTermsText(terms), at],
    ],
    [`insert into persons values ($1, $2, 'Ada Lovelace', 'ada@partner.example', null, null)`, [ids.person, programId]],
    [
      `insert into applications (id, program_id, program_version, person_id, stage, decision_due_at, created_at, stage_since)
       values ($1, $2, 1, $3, 'active', $4, $4, $4)`,
      [ids.application, programId, ids.person, at],
    ],
    [
      `insert into partners (id, program_id, application_id, person_id, reference, stage, created_at, activated_at)
       values ($1, $2, $3, $4, $1, 'active', $5, $5)`,
      [partnerId, programId, ids.application, ids.person, at],
    ],
    [
      `insert into negotiations (id, program_id, application_id, partner_id, state, current_number, agreed_hash, created_at, state_since)
       values ($1, $2, $3, $4, 'agreed', 1, $5, $6, $6)`,
      [ids.negotiation, programId, ids.application, partnerId, hash, at],
    ],
    [
      `insert into documents (program_id, sha256, kind, media_type, bytes, created_at)
       values ($1, $2, 'contract', 'application/pdf', '', $3)`,
      [programId, documentHash, at],
    ],
    [
      `insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, state, terms_hash, document_sha256,
                              consent_version, link_hash, expires_at, created_at, state_since)
       values ($1, $2, $3, $4, $5, 'executed', $6, $7, '1', $1, $8, $8, $8)`,
      [ids.envelope, programId, ids.application, ids.negotiation, partnerId, hash, documentHash, at],
    ],
    [
      `insert into agreements (id, program_id, partner_id, created_at) values ($1, $2, $3, $4)`,
      [agreementId, programId, partnerId, at],
    ],
    [
      `insert into agreement_versions (id, program_id, agreement_id, partner_id, version, terms_hash, envelope_id, in_force, created_at)
       values ($1, $2, $3, $4, 1, $5, $6, tstzrange($7::timestamptz, null), $7::timestamptz)`,
      [newId('agv'), programId, agreementId, partnerId, hash, ids.envelope, at],
    ],
  ];
  await database.inTransaction(async (tx) => {
    for (const [sql, parameters] of statements) await tx.query(sql, parameters);
  });
}
