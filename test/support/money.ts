import 'reflect-metadata';
import { Global, Module, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditLog } from '../../libs/audit/index.js';
import {
  CommissionsModule,
  CommissionsService,
  HoldDecisions,
  HoldReviews,
  LineHolds,
  RiskRecords,
} from '../../libs/commissions/index.js';
import type { Environment } from '../../libs/config/index.js';
import { Database } from '../../libs/database/index.js';
import { Clock, SystemClock } from '../../libs/kernel/clock.js';
import { DisputesModule } from '../../libs/disputes/index.js';
import { JournalChain, LedgerModule, LedgerService, PeriodCloses } from '../../libs/ledger/index.js';
import { ReceivablesModule } from '../../libs/receivables/index.js';
import { Outbox } from '../../libs/outbox/index.js';
import { Settings } from '../../libs/platform/index.js';
import { serviceEnvironment } from './service-environment.js';
import { createTestDatabase, type TestDatabase } from './servers.js';

/** The services that move money, on a database of their own. */
export interface MoneyServices {
  readonly database: Database;
  /** The same database as the owner of its schema. */
  readonly owner: Database;
  readonly commissions: CommissionsService;
  readonly ledger: LedgerService;
  readonly holds: LineHolds;
  readonly decisions: HoldDecisions;
  readonly reviews: HoldReviews;
  readonly risk: RiskRecords;
  /** Any other service. */
  get<Service>(type: Type<Service>): Service;
  readonly chain: JournalChain;
  readonly periods: PeriodCloses;
  close(): Promise<void>;
}

@Global()
@Module({})
class TestPlatform {
  static on(database: Database, env: Environment): DynamicModule {
    return {
      module: TestPlatform,
      providers: [
        { provide: Database, useValue: database },
        { provide: Clock, useClass: SystemClock },
        { provide: Settings, useValue: { env } },
        AuditLog,
        Outbox,
      ],
      exports: [Database, Clock, Settings, AuditLog, Outbox],
    };
  }
}

@Module({})
class MoneyTestModule {
  static on(database: Database, env: Environment): DynamicModule {
    return {
      module: MoneyTestModule,
      imports: [TestPlatform.on(database, env), CommissionsModule, DisputesModule, LedgerModule, ReceivablesModule],
    };
  }
}

/** Starts the services; `close` drops their database. */
export async function startMoneyServices({ connections = 8 } = {}): Promise<MoneyServices> {
  const testDatabase: TestDatabase = await createTestDatabase();
  const database = await Database.connect(testDatabase.url, connections);
  const owner = await Database.connect(testDatabase.migrationUrl, 2);
  const env = serviceEnvironment(testDatabase.url);
  const app: INestApplicationContext = await NestFactory.createApplicationContext(MoneyTestModule.on(database, env), {
    logger: ['error'],
    abortOnError: false,
  });
  return {
    database,
    owner,
    commissions: app.get(CommissionsService),
    ledger: app.get(LedgerService),
    holds: app.get(LineHolds),
    decisions: app.get(HoldDecisions),
    reviews: app.get(HoldReviews),
    risk: app.get(RiskRecords),
    get: (type) => app.get(type),
    chain: app.get(JournalChain),
    periods: app.get(PeriodCloses),
    close: async () => {
      await app.close();
      await Promise.all([database.close(), owner.close()]);
      await testDatabase.drop();
    },
  };
}

export { newAndOther, termsWith } from './terms-with.js';

/** A report of a sale of 100.00 USD by the partner `p1`, as the API takes it. */
export function sale(id: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const common = { id, type: 'sale', occurredAt: '2026-01-10T00:00:00Z', partner: 'p1', amountMinor: 10_000 };
  return { ...common, currency: 'USD', ...fields };
}

/** A report of a refund. */
export function refund(id: string, refundOf: string, amountMinor: number, occurredAt = '2026-01-20T00:00:00Z') {
  return { id, type: 'refund', refundOf, amountMinor, occurredAt };
}

/** A report of a void. */
export function voidOf(id: string, eventId: string, occurredAt = '2026-01-20T00:00:00Z') {
  return { id, type: 'void', voidOf: eventId, occurredAt };
}
