import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { termsHash, canonicalTermsText } from '../../libs/agreements/domain/index.js';
import {
  ContractCalendar,
  ContractTrackingModule,
  EnvelopeStatisticsService,
} from '../../libs/contract-tracking/index.js';
import { Database } from '../../libs/database/index.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { ProgramsModule, ProgramsService } from '../../libs/programs/index.js';
import { EnvelopeList, SignaturesModule } from '../../libs/signatures/index.js';
import { testEnvironment } from './api.js';
import { demoProgram } from './demo-program.js';
import { SetClock } from './set-clock.js';
import { createTestDatabase, type TestDatabase } from './servers.js';

/** The reading side of contracts on a database of a test's own, whose rows the test writes as their owner. */
export class TrackingHouse {
  private constructor(
    readonly owner: Database,
    readonly database: Database,
    readonly clock: SetClock,
    private readonly module: TestingModule,
    private readonly testDatabase: TestDatabase,
    private readonly folder: string,
  ) {}

  static async open(): Promise<TrackingHouse> {
    const testDatabase = await createTestDatabase();
    const clock = new SetClock();
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-tracking-'));
    const env = await testEnvironment(testDatabase, folder, { DATABASE_POOL_SIZE: '2' });
    const module = await Test.createTestingModule({
      imports: [PlatformModule.forRoot(env, clock), ContractTrackingModule, ProgramsModule, SignaturesModule],
    }).compile();
    module.enableShutdownHooks();
    const owner = await Database.connect(testDatabase.migrationUrl, 2);
    return new TrackingHouse(owner, module.get(Database), clock, module, testDatabase, folder);
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.owner.close();
    await this.testDatabase.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get list(): EnvelopeList {
    return this.module.get(EnvelopeList);
  }

  get statistics(): EnvelopeStatisticsService {
    return this.module.get(EnvelopeStatisticsService);
  }

  get calendar(): ContractCalendar {
    return this.module.get(ContractCalendar);
  }

  /** A program that shows envelopes as stalled after so long, with its terms stored; its id and their hash. */
  async program(stalledAfter: string, timeZone = 'Etc/UTC'): Promise<{ programId: string; termsHash: string }> {
    const document = demoProgram();
    const slug = `program-${randomUUID().slice(0, 8)}`;
    const signature = { ...document.signature, stalledAfter };
    const actor = { actorId: 'usr_test' };
    const terms = { ...document.terms, timeZone };
    const program = { ...document, slug, timeZone, terms, signature };
    const { id: programId } = await this.module.get(ProgramsService).create(program, actor);
    const hash = termsHash(terms);
    await this.owner.query(
      `insert into terms_documents (program_id, hash, canonical, created_at) values ($1, $2, $3, now()) on conflict do nothing`,
      [programId, hash, canonicalTermsText(terms)],
    );
    return { programId, termsHash: hash };
  }
}
