import type { TestingModuleBuilder } from '@nestjs/testing';
import {
  BankFilesService,
  BankReportsService,
  DestinationOf,
  type PayoutDestination,
} from '../../libs/payouts/index.js';
import type { PayoutHouse, ProgramFixture } from './payout-house.js';

/** Partners' accounts, kept in memory. */
export class MemoryDestinations extends DestinationOf {
  private readonly byPartner = new Map<string, PayoutDestination>();

  set(partnerId: string, destination: PayoutDestination): void {
    this.byPartner.set(partnerId, destination);
  }

  of(partnerId: string): Promise<PayoutDestination | undefined> {
    return Promise.resolve(this.byPartner.get(partnerId));
  }

  /** Puts these accounts in the place of those that partners have entered. */
  readonly furnish = (builder: TestingModuleBuilder): TestingModuleBuilder => {
    return builder.overrideProvider(DestinationOf).useValue(this);
  };
}

export const ibanDestination: PayoutDestination = {
  kind: 'iban',
  holder: 'Søren Müller',
  iban: 'FR1420041010050500013M02606',
  country: 'FR',
};

export const usDestination: PayoutDestination = {
  kind: 'us_bank',
  holder: 'Ana López',
  routingNumber: '121042882',
  accountNumber: '000123456789',
  accountType: 'checking',
};

/** The company's own side of bank files, for the environment. */
export const bankVariables = {
  BANK_DEBTOR_NAME: 'Pactline GmbH',
  BANK_DEBTOR_IBAN: 'DE89370400440532013000',
  BANK_DEBTOR_BIC: 'COBADEFFXXX',
  ACH_BANK: '021000021',
  ACH_BANK_NAME: 'Bank of Examples',
  ACH_IMMEDIATE_ORIGIN: '1234567890',
  ACH_COMPANY_NAME: 'Pactline Inc',
  ACH_COMPANY_ID: '1234567890',
};

export const finance = { actorId: 'usr_finance' };
export const executionDay = '2026-04-02';

/** A batch of three payments that were written, by one of the rails. */
export class BankBatch {
  program!: ProgramFixture;
  batchId = '';
  partners: string[] = [];

  constructor(
    readonly house: PayoutHouse,
    private readonly destinations: MemoryDestinations,
  ) {}

  get files(): BankFilesService {
    return this.house.module.get(BankFilesService);
  }

  get reports(): BankReportsService {
    return this.house.module.get(BankReportsService);
  }

  async begin(amounts = [4_000n, 5_000n, 6_000n]): Promise<void> {
    this.program = await this.house.program();
    this.partners = [];
    for (const amountMinor of amounts) {
      const partner = await this.program.partner();
      const isIban = this.house.env.PAYOUT_RAIL === 'iso-credit-transfer';
      this.destinations.set(partner, isIban ? ibanDestination : usDestination);
      await this.program.vested(partner, amountMinor, '2026-03-01T00:00:00Z');
      this.partners.push(partner);
    }
    this.batchId = await this.program.released('2026-04-01T00:00:00Z');
    await this.house.payouts.paySlice(this.batchId, 1);
  }

  async file() {
    const [file] = await this.files.prepare(this.batchId, executionDay, finance);
    return file!;
  }

  async handedOver() {
    return (await this.files.handOver((await this.file()).id, finance)).file;
  }

  report(text: string) {
    return this.reports.receive(this.program.id, Buffer.from(text), finance);
  }

  async verdicts(reportId: string): Promise<string[]> {
    const entries = await this.reports.entries(reportId);
    return entries.sort((a, b) => a.position - b.position).map(({ kind, verdict }) => `${kind} ${verdict}`);
  }

  /** Instructions by partner, in the order of the partners. */
  async instructions() {
    const rows = await this.house.database.query<{
      partner_id: string;
      end_to_end_id: string;
      trace_number: string;
      state: string;
    }>(`select * from bank_instructions where batch_id = $1`, [this.batchId]);
    return this.partners.map((partner) => rows.find(({ partner_id }) => partner_id === partner)!);
  }

  /** Applies what the outbox holds of rail events, as the worker does. */
  async deliver(): Promise<void> {
    const messages = await this.house.database.query<{ payload: { rail: string; eventId: string } }>(
      `select payload from outbox_messages where kind = 'rail_event' and program_id = $1 order by sequence`,
      [this.program.id],
    );
    for (const { payload } of messages) await this.house.payouts.applyRailEvent(payload);
  }

  async states(): Promise<string[]> {
    await this.deliver();
    const items = await this.house.itemsOf(this.batchId);
    return this.partners.map((partner) => items[partner]!.state);
  }
}
