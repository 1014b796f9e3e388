import { wordingOf } from './domain/index.js';
import { frameWidth, ink, page, PageWriter } from './pdf/page-writer.js';
import type { TextStyle } from './pdf/text-layout.js';
import type { Language } from '../kernel/language.js';

/** A self-billing invoice, or the credit note that takes one back. Equal inputs give equal bytes. */
export interface SelfBillingPaper {
  kind: 'invoice' | 'credit_note';
  /** As it is printed: `2026-000042`. */
  number: string;
  /** The number of the invoice that a credit note takes back. */
  ofNumber?: string;
  language: Language;
  /** Who supplied the service and in whose name the paper is issued. */
  supplier: { name: string; address: readonly string[]; taxId: string | null };
  /** The company, which issues it and pays. */
  company: { name: string; address: readonly string[]; vatId?: string | undefined };
  programName: string;
  /** What the company has to say on each paper, such as how VAT is treated. */
  note?: string | undefined;
  itemId: string;
  issuedAt: Date;
  settledAt: Date;
  /** ISO 4217. */
  currency: string;
  /** The IANA zone in which instants are printed. */
  timeZone: string;
  /** Minor units, more than 0. */
  amountMinor: bigint;
  /** Tax that was withheld, in minor units; 0 where none was. */
  withheldMinor: bigint;
}

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
  strong: { font: 'bold', size: 9, lineHeight: 12.5, color: ink.text },
  label: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.muted },
} as const satisfies Record<string, TextStyle>;

const labelWidth = 130;

interface Words {
  invoice: string;
  creditNote: string;
  selfBilling: string;
  number: string;
  takesBack: string;
  supplier: string;
  customer: string;
  taxId: string;
  issued: string;
  settled: string;
  payment: string;
  service: string;
  commissions: string;
  amount: string;
  withheld: string;
  paid: string;
  credited: string;
  page: (number: number, count: number) => string;
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    invoice: 'Self-billing invoice',
    creditNote: 'Self-billing credit note',
    selfBilling: 'Issued by the customer in the name of the supplier: self-billing',
    number: 'Number',
    takesBack: 'Takes back invoice',
    supplier: 'Supplier',
    customer: 'Customer',
    taxId: 'Tax id',
    issued: 'Issued',
    settled: 'Paid',
    payment: 'Payment',
    service: 'Service',
    commissions: 'Commissions for the mediation of sales',
    amount: 'Amount',
    withheld: 'Tax withheld',
    paid: 'Paid out',
    credited: 'Credited',
    page: (number, count) => `Page ${number} of ${count}`,
  },
  id: {
    invoice: 'Faktur yang diterbitkan pembeli',
    creditNote: 'Nota kredit yang diterbitkan pembeli',
    selfBilling: 'Diterbitkan oleh pelanggan atas nama pemasok (self-billing)',
    number: 'Nomor',
    takesBack: 'Membatalkan faktur',
    supplier: 'Pemasok',
    customer: 'Pelanggan',
    taxId: 'Nomor pajak',
    issued: 'Diterbitkan',
    settled: 'Dibayar',
    payment: 'Pembayaran',
    service: 'Jasa',
    commissions: 'Komisi atas perantaraan penjualan',
    amount: 'Jumlah',
    withheld: 'Pajak dipotong',
    paid: 'Dibayarkan',
    credited: 'Dikreditkan',
    page: (number, count) => `Halaman ${number} dari ${count}`,
  },
  ar: {
    invoice: 'فاتورة ذاتية',
    creditNote: 'إشعار دائن ذاتي',
    selfBilling: 'أصدرها العميل باسم المورّد: فوترة ذاتية',
    number: 'الرقم',
    takesBack: 'يلغي الفاتورة',
    supplier: 'المورّد',
    customer: 'العميل',
    taxId: 'الرقم الضريبي',
    issued: 'تاريخ الإصدار',
    settled: 'تاريخ الدفع',
    payment: 'الدفعة',
    service: 'الخدمة',
    commissions: 'عمولات عن الوساطة في المبيعات',
    amount: 'المبلغ',
    withheld: 'الضريبة المقتطعة',
    paid: 'المدفوع',
    credited: 'المبلغ الدائن',
    page: (number, count) => `صفحة ${number} من ${count}`,
  },
};

/**
 * Renders the paper as a tagged A4 PDF in its language. Throws a RangeError where more is withheld than there is, or
 * nothing is billed.
 */
export async function renderSelfBillingPaper(paper: SelfBillingPaper): Promise<Uint8Array> {
  const { amountMinor, withheldMinor, language, company } = paper;
  if (amountMinor <= 0n || withheldMinor < 0n || withheldMinor > amountMinor) {
    throw new RangeError(`the amounts of paper ${paper.number} do not make sense`);
  }
  const own = words[language];
  const title = paper.kind === 'invoice' ? own.invoice : own.creditNote;
  const writer = new PageWriter({
    title: `${title} ${paper.number}`,
    author: company.name,
    language,
    createdAt: paper.issuedAt,
  });
  writer.paragraph(writer.root, 'H1', title, styles.title);
  writer.paragraph(writer.root, 'P', `${paper.programName}, ${company.name}`, styles.subtitle);
  writer.paragraph(writer.root, 'P', own.selfBilling, styles.subtitle);
  writer.y += 10;
  for (const [label, value] of factsOf(paper, own)) writeFact(writer, label, value);
  writeAmounts(writer, paper, own);
  if (paper.note !== undefined) {
    writer.y += 12;
    writer.paragraph(writer.root, 'P', paper.note, styles.body);
  }
  writer.footers(`${title} ${paper.number}`, own.page);
  return writer.finish();
}

function* factsOf(paper: SelfBillingPaper, own: Words): Generator<[string, string]> {
  const { supplier, company } = paper;
  const wording = wordingOf(paper.language, paper);
  yield [own.number, paper.number];
  if (paper.ofNumber !== undefined) yield [own.takesBack, paper.ofNumber];
  yield [own.issued, wording.instant(paper.issuedAt)];
  yield [own.settled, wording.instant(paper.settledAt)];
  yield [own.payment, paper.itemId];
  yield [own.supplier, supplier.name];
  for (const line of supplier.address) yield ['', line];
  if (supplier.taxId !== null) yield [own.taxId, supplier.taxId];
  yield [own.customer, company.name];
  for (const line of company.address) yield ['', line];
  if (company.vatId !== undefined) yield [own.taxId, company.vatId];
  yield [own.service, own.commissions];
}

function writeFact(writer: PageWriter, label: string, value: string): void {
  const labels = label === '' ? [] : writer.lines(label, styles.label, labelWidth);
  const values = writer.lines(value, styles.body, frameWidth - labelWidth);
  writer.keep(values.length * styles.body.lineHeight);
  writer.root.add(
    writer.textNode('P', [...labels, ...values], () => {
      labels.slice(0, 1).forEach((line) => writer.line(line, styles.label, page.left, writer.y));
      values.forEach((line, index) => {
        writer.line(line, styles.body, page.left + labelWidth, writer.y + index * styles.body.lineHeight);
      });
    }),
  );
  writer.y += values.length * styles.body.lineHeight + 1;
}

function writeAmounts(writer: PageWriter, paper: SelfBillingPaper, own: Words): void {
  const { amountMinor, withheldMinor, kind } = paper;
  const wording = wordingOf(paper.language, paper);
  writer.y += 12;
  writer.keep(70);
  writer.rule(page.left, writer.y, frameWidth);
  writer.y += 7;
  writeAmount(writer, own.amount, wording.money(amountMinor), styles.body);
  if (withheldMinor > 0n) writeAmount(writer, own.withheld, wording.money(-withheldMinor), styles.body);
  const label = kind === 'invoice' ? own.paid : own.credited;
  writeAmount(writer, label, wording.money(amountMinor - withheldMinor), styles.strong);
}

function writeAmount(writer: PageWriter, label: string, amount: string, style: TextStyle): void {
  const [labelLine] = writer.lines(label, style);
  const [amountLine] = writer.lines(amount, style);
  if (!labelLine || !amountLine) return;
  writer.root.add(
    writer.textNode('P', [labelLine, amountLine], () => {
      writer.line(labelLine, style, page.left, writer.y);
      writer.line(amountLine, style, page.left + frameWidth - amountLine.width, writer.y);
    }),
  );
  writer.y += style.lineHeight + 2;
}
