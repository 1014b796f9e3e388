import { randomUUID } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  AgreementList,
  AgreementsModule,
  AgreementsService,
  type AgreementDetail,
  type Terms,
} from '../../libs/agreements/index.js';
import { CommissionsModule, CommissionsService } from '../../libs/commissions/index.js';
import { Database } from '../../libs/database/index.js';
import {
  AgreementCalendar,
  AgreementVersions,
  LifecycleModule,
  Renewals,
  Terminations,
} from '../../libs/lifecycle/index.js';
import type { CalendarCounts, CalendarSlice } from '../../libs/orchestration/index.js';
import { PartnersModule, SuspensionsService } from '../../libs/partners/index.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { ProgramsModule, ProgramsService, type ProgramDocument } from '../../libs/programs/index.js';
import { demoProgram } from './demo-program.js';
import { SetClock } from './set-clock.js';
import { seedEnvelope, seedPartner } from './seed-rows.js';
import { serviceEnvironment } from './service-environment.js';
import { createTestDatabase, type TestDatabase } from './servers.js';

/** Where an act came from, as the API would tell. */
export const origin = { ipAddress: '127.0.0.1', userAgent: 'test' };
export const actor = { actorId: 'usr_test' };

export interface HousedPartner {
  programId: string;
  partnerId: string;
  agreementId: string;
  reference: string;
}

/** Agreements in force on a database of a test's own, with a clock that the test sets. */
export class AgreementHouse {
  private constructor(
    readonly database: Database,
    readonly clock: SetClock,
    private readonly module: TestingModule,
    private readonly testDatabase: TestDatabase,
  ) {}

  static async open(variables: Record<string, string> = {}): Promise<AgreementHouse> {
    const testDatabase = await createTestDatabase();
    const clock = new SetClock();
    const env = serviceEnvironment(testDatabase.url, variables);
    const module = await Test.createTestingModule({
      imports: [
        ...[PlatformModule.forRoot(env, clock), AgreementsModule, CommissionsModule, LifecycleModule, PartnersModule],
        ProgramsModule,
      ],
    }).compile();
    module.enableShutdownHooks();
    return new AgreementHouse(module.get(Database), clock, module, testDatabase);
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.testDatabase.drop();
  }

  get agreements(): AgreementsService {
    return this.module.get(AgreementsService);
  }

  get versions(): AgreementVersions {
    return this.module.get(AgreementVersions);
  }

  get terminations(): Terminations {
    return this.module.get(Terminations);
  }

  get renewals(): Renewals {
    return this.module.get(Renewals);
  }

  get suspensions(): SuspensionsService {
    return this.module.get(SuspensionsService);
  }

  get commissions(): CommissionsService {
    return this.module.get(CommissionsService);
  }

  get list(): AgreementList {
    return this.module.get(AgreementList);
  }

  async program(settings: Partial<ProgramDocument['agreement']> = {}): Promise<string> {
    const document = demoProgram();
    const slug = `program-${randomUUID().slice(0, 8)}`;
    const agreement = { ...document.agreement, ...settings };
    return (await this.module.get(ProgramsService).create({ ...document, slug, agreement }, actor)).id;
  }

  /** A partner whose agreement on these terms begins now. */
  async partner(programId: string, terms: Terms): Promise<HousedPartner> {
    const reference = `partner-${randomUUID().slice(0, 8)}`;
    const partnerId = await seedPartner(this.database, { programId, reference });
    const envelopeId = await this.envelope({ programId, partnerId }, terms);
    const termsHash = await this.termsHashOf(envelopeId);
    const from = this.clock.now();
    const { agreement_id: agreementId } = await this.database.inTransaction((tx) =>
      this.agreements.begin(tx, { programId, partnerId, termsHash, envelopeId, from }, actor),
    );
    return { programId, partnerId, agreementId, reference };
  }

  /** An executed envelope of the partner on these terms; its id. */
  async envelope({ programId, partnerId }: { programId: string; partnerId: string }, terms: Terms): Promise<string> {
    const [application] = await this.database.query<{ id: string }>(
      `insert into applications (id, program_id, program_version, person_id, stage, decision_due_at, created_at, stage_since)
       select 'app_' || md5(random()::text), program_id, 1, person_id, 'approved', now(), now(), now() from partners where id = $1
       returning id`,
      [partnerId],
    );
    return seedEnvelope(this.database, { programId, partnerId, applicationId: application!.id }, terms);
  }

  async termsHashOf(envelopeId: string): Promise<string> {
    const [row] = await this.database.query<{ terms_hash: string }>(`select terms_hash from envelopes where id = $1`, [
      envelopeId,
    ]);
    return row!.terms_hash;
  }

  /** Signs a new version on these terms that begins at an instant, agreed on now unless it is said otherwise. */
  async amend(partner: HousedPartner, terms: Terms, from: Date, agreedAt?: Date): Promise<void> {
    const envelopeId = await this.envelope(partner, terms);
    const termsHash = await this.termsHashOf(envelopeId);
    const { agreementId } = partner;
    const next = { agreementId, termsHash, envelopeId, from, ...(agreedAt && { agreedAt }) };
    await this.database.inTransaction((tx) => this.versions.add(tx, next, actor));
  }

  detail({ agreementId }: HousedPartner): Promise<AgreementDetail> {
    return this.list.detail(agreementId);
  }

  /** Runs the calendar at the clock's instant, or another; all that it did. */
  async run(programId: string, cutOff = this.clock.now()): Promise<CalendarCounts & { failed: string[] }> {
    const calendar = this.module.get(AgreementCalendar);
    const total = { ended: 0, renewed: 0, offered: 0, notices: 0, checkpoints: 0, failed: [] as string[] };
    for (let after: string | null | undefined; after !== null;) {
      const input = { programId, cutOffMs: cutOff.getTime(), actorId: 'system', ...(after && { after }) };
      const slice: CalendarSlice = await calendar.runSlice(input);
      for (const key of Object.keys(slice.done) as (keyof CalendarCounts)[]) total[key] += slice.done[key];
      total.failed.push(...slice.failed);
      after = slice.next;
    }
    return total;
  }

  /** Kinds of mails that were asked for about a thing, with who gets them, oldest first. */
  async mails(subjectId: string): Promise<string[]> {
    const rows = await this.database.query<{ payload: { template: string; to: { role?: string } } }>(
      `select payload from outbox_messages where kind = 'mail' and subject_id = $1 order by sequence`,
      [subjectId],
    );
    return rows.map(({ payload }) => `${payload.template} → ${payload.to.role ?? 'partner'}`);
  }

  async events(subjectId: string): Promise<string[]> {
    const rows = await this.database.query<{ type: string }>(
      `select payload->>'type' as type from outbox_messages where kind = 'domain_event' and subject_id = $1 order by sequence`,
      [subjectId],
    );
    return rows.map(({ type }) => type);
  }

  async stage(partnerId: string): Promise<string> {
    const [row] = await this.database.query<{ stage: string }>(`select stage from partners where id = $1`, [partnerId]);
    return row!.stage;
  }

  /** Reports a sale of 100.00 USD at an instant; what it earned in minor units, with the reason where nothing. */
  async sale({ programId, reference }: HousedPartner, occurredAt: string): Promise<string> {
    const id = randomUUID();
    await this.commissions.ingest(
      programId,
      [{ id, type: 'sale', occurredAt, partner: reference, amountMinor: 10_000, currency: 'USD' }],
      actor,
    );
    return this.earned(programId, id);
  }

  async earned(programId: string, eventId: string): Promise<string> {
    const { lines, trace } = await this.commissions.explain(programId, eventId);
    return `${lines.reduce((sum, { amount }) => sum + amount.amountMinor, 0)} ${trace?.outcome ?? ''}`;
  }
}
