import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { DocumentStore, renderSelfBillingPaper, type SelfBillingPaper } from '../documents/index.js';
import { monthOf } from '../kernel/calendar.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Language } from '../kernel/language.js';
import type { Actor } from '../orchestration/actor.js';
import { PartnersService } from '../partners/index.js';
import { ProgramsService, type ProgramDocument } from '../programs/index.js';
import { paperNumber } from './domain/index.js';
import { PayeeKeys } from './payee-keys.js';
import { TaxProfiles } from './tax-profiles.js';

/** A payment that was made, or came back. */
export interface PaidItem extends Actor {
  programId: string;
  partnerId: string;
  itemId: string;
  /** Minor units, more than 0: what the partner earned, before tax that was withheld. */
  amountMinor: bigint;
  /** Minor units; 0 where no tax was withheld. */
  withheldMinor: bigint;
  currency: string;
  settledAt: Date;
}

type PaperKind = SelfBillingPaper['kind'];

export interface PaperRow {
  id: string;
  program_id: string;
  partner_id: string;
  item_id: string;
  kind: PaperKind;
  year: number;
  number: number;
  of_id: string | null;
  currency: string;
  amount_minor: string;
  withheld_minor: string;
  issued_at: Date;
  sealed: Buffer;
  key_id: string;
  document_sha256: string | null;
}

/** A paper as people see it. */
export interface PaperView {
  id: string;
  partnerId: string;
  itemId: string;
  kind: PaperKind;
  number: string;
  of: string | null;
  amountMinor: bigint;
  withheldMinor: bigint;
  currency: string;
  issuedAt: Date;
  documentSha256: string | null;
}

/** Stored with the number, so that the paper is the same whenever it is drawn; amounts as texts. */
type PaperFacts = Omit<SelfBillingPaper, 'amountMinor' | 'withheldMinor' | 'issuedAt' | 'settledAt'> & {
  amountMinor: string;
  withheldMinor: string;
  issuedAt: string;
  settledAt: string;
};

/**
 * Invoices that the company issues to itself in the partner's name, one for each payment, and a credit note for one that
 * came back. Both share one series of numbers per program and year, without a gap: a number is taken in the transaction
 * that writes the paper's row, under the lock of the counter.
 */
@Injectable()
export class SelfBilling {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly programs: ProgramsService,
    private readonly partners: PartnersService,
    private readonly profiles: TaxProfiles,
    private readonly keys: PayeeKeys,
    private readonly documents: DocumentStore,
  ) {}

  /**
   * Issues the invoice of a settled item, once: asked again, the same one is given, and drawn if it was not yet.
   * @throws DomainError `unavailable` while the storage fails: the number is kept, and the same call may be made again
   */
  issueFor(item: PaidItem): Promise<PaperView> {
    return this.issue(item, 'invoice');
  }

  /**
   * As `issueFor`, where the program asks for invoices of this partner; undefined where it does not.
   * @throws DomainError as `issueFor`
   */
  async issueIfAsked(item: PaidItem): Promise<PaperView | undefined> {
    const { invoices } = (await this.programs.get(item.programId)).document.payees.selfBilling;
    if (invoices === 'none') return undefined;
    if (invoices === 'vat') {
      const manager = this.database.dataSource.manager;
      const facts = await this.profiles.factsOf(manager, item.programId, [item.partnerId]);
      if (facts.get(item.partnerId)?.form !== 'vat') return undefined;
    }
    return this.issueFor(item);
  }

  /**
   * Issues the credit note of an item that came back, once.
   * @throws DomainError `illegal-transition` where the item has no invoice, `unavailable`
   */
  creditFor(item: PaidItem): Promise<PaperView> {
    return this.issue(item, 'credit_note');
  }

  /** All papers of a partner, oldest first. @throws DomainError `not-found` */
  async ofPartner(partnerId: string): Promise<PaperView[]> {
    await this.partners.get(partnerId);
    const sql = `select * from self_billing_papers where partner_id = $1 order by year, number`;
    const rows = await this.database.query<PaperRow>(sql, [partnerId]);
    const numbers = new Map(rows.map((row) => [row.id, paperNumber(row.year, row.number)]));
    return rows.map((row) => viewOf(row, row.of_id === null ? null : (numbers.get(row.of_id) ?? null)));
  }

  /** The PDF of a paper of the partner. @throws DomainError `not-found`, `unavailable` */
  async documentOf(partnerId: string, id: string): Promise<Uint8Array> {
    const sql = `select * from self_billing_papers where id = $1 and partner_id = $2`;
    const [row] = await this.database.query<PaperRow>(sql, [id, partnerId]);
    if (!row) throw new DomainError('not-found', `the partner has no paper ${id}`);
    const hash = row.document_sha256 ?? (await this.draw(row));
    return (await this.documents.get(row.program_id, hash)).bytes;
  }

  private async issue(item: PaidItem, kind: PaperKind): Promise<PaperView> {
    const { document } = await this.programs.get(item.programId);
    const row = await this.database.inTransaction(
      async (tx) => (await paperOf(tx, item.itemId, kind)) ?? this.write(tx, item, kind, document),
    );
    const hash = row.document_sha256 ?? (await this.draw(row));
    const { ofNumber } = this.factsOf(row);
    return viewOf({ ...row, document_sha256: hash }, ofNumber ?? null);
  }

  private async write(tx: Transaction, item: PaidItem, kind: PaperKind, program: ProgramDocument): Promise<PaperRow> {
    const issuedAt = this.clock.now();
    const year = Number(monthOf(issuedAt, program.timeZone).slice(0, 4));
    const number = await nextNumber(tx, item.programId, year);
    // Who waited for the counter may find that another one has issued the paper: the number is given back.
    const other = await paperOf(tx, item.itemId, kind);
    if (other) {
      await tx.query(`update self_billing_counters set last = last - 1 where program_id = $1 and year = $2`, [
        item.programId,
        year,
      ]);
      return other;
    }
    const invoice = kind === 'credit_note' ? await paperOf(tx, item.itemId, 'invoice') : undefined;
    if (kind === 'credit_note' && !invoice) {
      throw new DomainError('illegal-transition', `${item.itemId} has no invoice that a credit note could take back`);
    }
    const identity = { id: newId('inv'), program_id: item.programId, partner_id: item.partnerId };
    const facts = await this.gather(tx, item, { kind, year, number, invoice, program, issuedAt });
    const { sealed, keyId } = this.keys.seal(paperContext(identity), facts);
    const row = await rowOf<PaperRow>(
      tx,
      `insert into self_billing_papers (id, program_id, partner_id, item_id, kind, year, number, of_id, currency, amount_minor,
         withheld_minor, issued_at, sealed, key_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning *`,
      [
        ...[identity.id, item.programId, item.partnerId, item.itemId, kind, year, number, invoice?.id ?? null],
        ...[item.currency, facts.amountMinor, facts.withheldMinor, issuedAt, sealed, keyId],
      ],
    );
    if (!row) throw new Error('the paper was not written');
    const { programId, actorId, requestId } = item;
    const details = { itemId: item.itemId, kind, number: facts.number };
    const fact = { programId, actorId, requestId, action: 'self_billing.issue', subjectId: row.id, details };
    await this.audit.record(tx, fact);
    return row;
  }

  private async gather(
    tx: Transaction,
    item: PaidItem,
    made: {
      kind: PaperKind;
      year: number;
      number: number;
      invoice: PaperRow | undefined;
      program: ProgramDocument;
      issuedAt: Date;
    },
  ): Promise<PaperFacts> {
    const { kind, year, number, invoice, program, issuedAt } = made;
    const printed = paperNumber(year, number);
    if (invoice) {
      const before = this.factsOf(invoice);
      return { ...before, kind, number: printed, ofNumber: before.number, issuedAt: issuedAt.toISOString() };
    }
    const person = await rowOf<{ name: string | null; language: Language; reference: string }>(
      tx,
      `select per.name, per.language, p.reference from partners p join persons per on per.id = p.person_id where p.id = $1`,
      [item.partnerId],
    );
    const secrets = await this.profiles.secretsOf(tx, item.partnerId);
    const { languages } = program.contract;
    const spoken = person?.language ?? 'en';
    const { selfBilling } = program.payees;
    return {
      kind,
      number: printed,
      language: languages.includes(spoken) ? spoken : (languages[0] ?? 'en'),
      supplier: {
        name: secrets?.legalName ?? person?.name ?? person?.reference ?? item.partnerId,
        address: secrets?.address ?? [],
        taxId: secrets?.taxId ?? null,
      },
      company: { name: program.company, address: selfBilling.address, vatId: selfBilling.vatId },
      programName: program.name,
      note: selfBilling.note,
      itemId: item.itemId,
      issuedAt: issuedAt.toISOString(),
      settledAt: item.settledAt.toISOString(),
      currency: item.currency,
      timeZone: program.timeZone,
      amountMinor: item.amountMinor.toString(),
      withheldMinor: item.withheldMinor.toString(),
    };
  }

  /** Draws the paper from what was stored with its number, and keeps it; its hash. */
  private async draw(row: PaperRow): Promise<string> {
    const facts = this.factsOf(row);
    const bytes = await renderSelfBillingPaper({
      ...facts,
      amountMinor: BigInt(facts.amountMinor),
      withheldMinor: BigInt(facts.withheldMinor),
      issuedAt: new Date(facts.issuedAt),
      settledAt: new Date(facts.settledAt),
    });
    const kept = await this.documents.keep({ kind: 'self_billing_paper', mediaType: 'application/pdf', bytes });
    return this.database.inTransaction(async (tx) => {
      const hash = await this.documents.record(tx, row.program_id, kept);
      const sql = `update self_billing_papers set document_sha256 = $2 where id = $1 and document_sha256 is null`;
      await tx.query(sql, [row.id, hash]);
      return hash;
    });
  }

  private factsOf(row: PaperRow): PaperFacts {
    return this.keys.open<PaperFacts>(paperContext(row), { sealed: row.sealed, keyId: row.key_id });
  }
}

/** What a paper's facts are bound to. */
export function paperContext(row: Pick<PaperRow, 'id' | 'program_id' | 'partner_id'>): string {
  return `self-billing:${row.program_id}:${row.partner_id}:${row.id}`;
}

/** The next number of the series; the counter stays locked until the transaction ends, and falls back with it. */
async function nextNumber(tx: Transaction, programId: string, year: number): Promise<number> {
  const row = await rowOf<{ last: number }>(
    tx,
    `insert into self_billing_counters (program_id, year, last) values ($1, $2, 1)
     on conflict (program_id, year) do update set last = self_billing_counters.last + 1 returning last`,
    [programId, year],
  );
  if (!row) throw new Error('the series of numbers has no counter');
  return row.last;
}

async function paperOf(tx: Transaction, itemId: string, kind: PaperKind): Promise<PaperRow | undefined> {
  const sql = `select * from self_billing_papers where item_id = $1 and kind = $2`;
  return (await rowsOf<PaperRow>(tx, sql, [itemId, kind]))[0];
}

function viewOf(row: PaperRow, of: string | null): PaperView {
  return {
    id: row.id,
    partnerId: row.partner_id,
    itemId: row.item_id,
    kind: row.kind,
    number: paperNumber(row.year, row.number),
    of,
    amountMinor: BigInt(row.amount_minor),
    withheldMinor: BigInt(row.withheld_minor),
    currency: row.currency,
    issuedAt: row.issued_at,
    documentSha256: row.document_sha256,
  };
}
