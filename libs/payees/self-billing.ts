import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import {
  DocumentStore,
  renderSelfBillingPaper,
  type SelfBillingPaper,
  type StoredDocument,
} from '../documents/index.js';
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

/** As whom a partner stands on its papers, and the language that it speaks. */
type Supplier = SelfBillingPaper['supplier'] & { language?: Language };

/**
 * Invoices that the company issues to itself in the partner's name, one for each payment, and a credit note for one that
 * came back. Both share one series of numbers per program and year, without a gap: a number is taken in the transaction
 * that writes the paper's row, under the lock of the counter. Those of many payments are written in one transaction.
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
  async issueFor(item: PaidItem): Promise<PaperView> {
    return theOnly(await this.issue([item], 'invoice'));
  }

  /**
   * As `issueFor` for several items of one program, by item, where the program asks for invoices of their partners; one
   * that it does not ask for is absent.
   * @throws DomainError as `issueFor`
   */
  async issueAsked(items: readonly PaidItem[]): Promise<ReadonlyMap<string, PaperView>> {
    const [first] = items;
    if (!first) return new Map();
    const program = await this.programs.get(first.programId);
    const { invoices } = program.document.payees.selfBilling;
    if (invoices === 'none') return new Map();
    if (invoices === 'all') return this.issue(items, 'invoice');
    const partnerIds = items.map(({ partnerId }) => partnerId);
    const facts = await this.profiles.factsOf(this.database.dataSource.manager, program, partnerIds);
    return this.issue(
      items.filter(({ partnerId }) => facts.get(partnerId)?.form === 'vat'),
      'invoice',
    );
  }

  /**
   * Issues the credit note of an item that came back, once.
   * @throws DomainError `illegal-transition` where the item has no invoice, `unavailable`
   */
  async creditFor(item: PaidItem): Promise<PaperView> {
    return theOnly(await this.issue([item], 'credit_note'));
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
    const hash = row.document_sha256 ?? (await this.draw([row])).get(row.id) ?? '';
    return (await this.documents.get(row.program_id, hash)).bytes;
  }

  private async issue(items: readonly PaidItem[], kind: PaperKind): Promise<ReadonlyMap<string, PaperView>> {
    const [first] = items;
    if (!first) return new Map();
    const { document } = await this.programs.get(first.programId);
    const rows = await this.database.inTransaction(async (tx) => {
      const known = await papersOf(tx, items, kind);
      const missing = items.filter(({ itemId }) => !known.has(itemId));
      return [...known.values(), ...(await this.write(tx, missing, kind, document))];
    });
    const drawn = await this.draw(rows.filter((row) => row.document_sha256 === null));
    return new Map(
      rows.map((row) => {
        const hash = row.document_sha256 ?? drawn.get(row.id) ?? null;
        return [row.item_id, viewOf({ ...row, document_sha256: hash }, this.factsOf(row).ofNumber ?? null)];
      }),
    );
  }

  /** Writes the papers that are missing under the lock of the counter, each with the next number. */
  private async write(
    tx: Transaction,
    items: readonly PaidItem[],
    kind: PaperKind,
    program: ProgramDocument,
  ): Promise<PaperRow[]> {
    const [first] = items;
    if (!first) return [];
    const { programId } = first;
    const issuedAt = this.clock.now();
    const year = Number(monthOf(issuedAt, program.timeZone).slice(0, 4));
    const last = await lockCounter(tx, programId, year);
    // Who waited for the counter may find that another one has issued a paper: it takes no second number.
    const others = await papersOf(tx, items, kind);
    const missing = items.filter(({ itemId }) => !others.has(itemId));
    const invoices = kind === 'credit_note' ? await papersOf(tx, missing, 'invoice') : new Map<string, PaperRow>();
    const suppliers = await this.suppliersOf(tx, missing);
    const rows = missing.map((item, index) => {
      const identity = { id: newId('inv'), program_id: programId, partner_id: item.partnerId };
      const made = { kind, year, number: last + index + 1, program, issuedAt };
      const facts = this.gather(item, made, invoices.get(item.itemId), suppliers.get(item.partnerId));
      const { sealed, keyId } = this.keys.seal(paperContext(identity), facts);
      const of_id = invoices.get(item.itemId)?.id ?? null;
      const amounts = { amount_minor: facts.amountMinor, withheld_minor: facts.withheldMinor };
      const place = { item_id: item.itemId, number: made.number, of_id, currency: item.currency };
      return { ...identity, ...place, ...amounts, sealed: sealed.toString('base64'), key_id: keyId, item, facts };
    });
    await tx.query(`update self_billing_counters set last = $3 where program_id = $1 and year = $2`, [
      ...[programId, year, last + rows.length],
    ]);
    const written = await rowsOf<PaperRow>(
      tx,
      `insert into self_billing_papers (id, program_id, partner_id, item_id, kind, year, number, of_id, currency,
         amount_minor, withheld_minor, issued_at, sealed, key_id)
       select id, program_id, partner_id, item_id, $1, $2, number, of_id, currency, amount_minor, withheld_minor, $3,
         decode(sealed, 'base64'), key_id
       from jsonb_to_recordset($4) as paper (id text, program_id text, partner_id text, item_id text, number integer,
         of_id text, currency text, amount_minor bigint, withheld_minor bigint, sealed text, key_id text) returning *`,
      [kind, year, issuedAt, JSON.stringify(rows.map(({ item: _item, facts: _facts, ...row }) => row))],
    );
    const audited = rows.map(({ id, item, facts }) => {
      const details = { itemId: item.itemId, kind, number: facts.number };
      const { actorId, requestId } = item;
      return { programId, actorId, requestId, action: 'self_billing.issue', subjectId: id, details };
    });
    await this.audit.recordAll(tx, audited);
    return [...others.values(), ...written];
  }

  private gather(
    item: PaidItem,
    made: { kind: PaperKind; year: number; number: number; program: ProgramDocument; issuedAt: Date },
    invoice: PaperRow | undefined,
    supplier: Supplier | undefined,
  ): PaperFacts {
    const { kind, year, number, program, issuedAt } = made;
    const printed = paperNumber(year, number);
    if (invoice) {
      const before = this.factsOf(invoice);
      return { ...before, kind, number: printed, ofNumber: before.number, issuedAt: issuedAt.toISOString() };
    }
    if (kind === 'credit_note') {
      throw new DomainError('illegal-transition', `${item.itemId} has no invoice that a credit note could take back`);
    }
    const { languages } = program.contract;
    const { language: spoken = 'en', ...printedAs } = supplier ?? { name: item.partnerId, address: [], taxId: null };
    const { selfBilling } = program.payees;
    return {
      kind,
      number: printed,
      language: languages.includes(spoken) ? spoken : (languages[0] ?? 'en'),
      supplier: printedAs,
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

  /** As whom partners stand on their papers, and the language that they speak. */
  private async suppliersOf(tx: Transaction, items: readonly PaidItem[]): Promise<ReadonlyMap<string, Supplier>> {
    const partnerIds = items.map(({ partnerId }) => partnerId);
    const people = await rowsOf<{ id: string; name: string | null; language: Language; reference: string }>(
      tx,
      `select p.id, per.name, per.language, p.reference from partners p join persons per on per.id = p.person_id
       where p.id = any($1)`,
      [partnerIds],
    );
    const secrets = await this.profiles.secretsOf(tx, partnerIds);
    return new Map(
      people.map(({ id, name, language, reference }) => {
        const { legalName, address = [], taxId = null } = secrets.get(id) ?? {};
        return [id, { language, name: legalName ?? name ?? reference, address, taxId }];
      }),
    );
  }

  /**
   * Draws papers from what was stored with their numbers, and keeps them; their hashes by the papers' ids. Where the
   * storage fails, those that it has kept are written down before that is thrown.
   */
  private async draw(rows: readonly PaperRow[]): Promise<ReadonlyMap<string, string>> {
    const { kept, failure } = await this.documents.keepEach(rows, (row) => this.drawOne(row));
    const [first] = rows;
    if (first && kept.length > 0) {
      await this.database.inTransaction(async (tx) => {
        const documents = kept.map(({ document }) => document);
        await this.documents.recordAll(tx, first.program_id, documents);
        await tx.query(
          `update self_billing_papers paper set document_sha256 = drawn.hash
           from unnest($1::text[], $2::text[]) as drawn (id, hash)
           where paper.id = drawn.id and paper.document_sha256 is null`,
          [kept.map(({ item }) => item.id), documents.map(({ hash }) => hash)],
        );
      });
    }
    if (failure) throw failure.error;
    return new Map(kept.map(({ item, document }) => [item.id, document.hash]));
  }

  private async drawOne(row: PaperRow): Promise<StoredDocument> {
    const facts = this.factsOf(row);
    const bytes = await renderSelfBillingPaper({
      ...facts,
      amountMinor: BigInt(facts.amountMinor),
      withheldMinor: BigInt(facts.withheldMinor),
      issuedAt: new Date(facts.issuedAt),
      settledAt: new Date(facts.settledAt),
    });
    return { kind: 'self_billing_paper', mediaType: 'application/pdf', bytes };
  }

  private factsOf(row: PaperRow): PaperFacts {
    return this.keys.open<PaperFacts>(paperContext(row), { sealed: row.sealed, keyId: row.key_id });
  }
}

/** What a paper's facts are bound to. */
export function paperContext(row: Pick<PaperRow, 'id' | 'program_id' | 'partner_id'>): string {
  return `self-billing:${row.program_id}:${row.partner_id}:${row.id}`;
}

/** The last number of the series that is taken; the counter stays locked until the transaction ends. */
async function lockCounter(tx: Transaction, programId: string, year: number): Promise<number> {
  const row = await rowOf<{ last: number }>(
    tx,
    `insert into self_billing_counters (program_id, year, last) values ($1, $2, 0)
     on conflict (program_id, year) do update set last = self_billing_counters.last returning last`,
    [programId, year],
  );
  if (!row) throw new Error('the series of numbers has no counter');
  return row.last;
}

/** The papers of one kind that items have, by item. */
async function papersOf(
  tx: Transaction,
  items: readonly Pick<PaidItem, 'itemId'>[],
  kind: PaperKind,
): Promise<Map<string, PaperRow>> {
  const sql = `select * from self_billing_papers where item_id = any($1) and kind = $2`;
  const rows = await rowsOf<PaperRow>(tx, sql, [items.map(({ itemId }) => itemId), kind]);
  return new Map(rows.map((row) => [row.item_id, row]));
}

function theOnly(papers: ReadonlyMap<string, PaperView>): PaperView {
  const [paper] = papers.values();
  if (!paper) throw new Error('the paper was not written');
  return paper;
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
