import { englishCounted, englishWording, type Wording } from './domain/index.js';
import { writeFacts, writeTable, type TableColumn } from './pdf/facts-and-table.js';
import { frameWidth, ink, PageWriter } from './pdf/page-writer.js';
import type { TextStyle } from './pdf/text-layout.js';

/** One payment of a batch. */
export interface BatchReportItem {
  itemId: string;
  /** The partner's own reference at the program. */
  partnerReference: string;
  state: string;
  /** Why it is held or failed; empty where it is neither. */
  cause: string;
  /** Minor units: tax that is withheld, and what the partner gets. */
  withheldMinor: bigint;
  amountMinor: bigint;
}

/** A batch of payouts as finance files it. */
export interface BatchReport {
  programName: string;
  company: string;
  batchId: string;
  state: string;
  cutOff: Date;
  /** ISO 4217. */
  currency: string;
  /** The IANA zone in which instants are printed. */
  timeZone: string;
  /** What it pays, without what is held. */
  totalMinor: bigint;
  /** What is withheld for the tax office beside it. */
  withheldMinor: bigint;
  carriedMinor: bigint;
  contentHash: string | undefined;
  madeBy: string | undefined;
  approvals: readonly { approverId: string; approvedAt: Date }[];
  releasedBy: string | undefined;
  createdAt: Date;
  /** Since when it is in its state: the report's own date, so that its bytes follow from the batch alone. */
  stateSince: Date;
  itemStates: readonly { state: string; items: number; totalMinor: bigint }[];
  /** The first items, in their order; `itemCount` may be more. */
  items: readonly BatchReportItem[];
  itemCount: number;
}

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  heading: { font: 'bold', size: 11, lineHeight: 16, color: ink.text },
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
} as const satisfies Record<string, TextStyle>;

const stateColumns: readonly TableColumn[] = [
  { heading: 'State', width: 160 },
  { heading: 'Payments', width: 100, isRight: true },
  { heading: 'Amount', width: frameWidth - 260, isRight: true },
];

const itemColumns: readonly TableColumn[] = [
  { heading: 'Payment', width: 172 },
  { heading: 'Partner', width: 84 },
  { heading: 'State', width: 54 },
  { heading: 'Cause', width: 72 },
  { heading: 'Amount', width: frameWidth - 382, isRight: true },
];

/** Where tax is withheld, each payment tells what was owed and what was kept back of it. */
const taxedColumns: readonly TableColumn[] = [
  { heading: 'Payment', width: 132 },
  { heading: 'Partner', width: 66 },
  { heading: 'State', width: 48 },
  { heading: 'Cause', width: 54 },
  { heading: 'Gross', width: (frameWidth - 300) / 3, isRight: true },
  { heading: 'Withheld', width: (frameWidth - 300) / 3, isRight: true },
  { heading: 'Paid', width: (frameWidth - 300) / 3, isRight: true },
];

/** Renders a batch as a tagged A4 PDF; the bytes depend on the input alone. */
export async function renderBatchReport(report: BatchReport): Promise<Uint8Array> {
  const writer = new PageWriter({
    title: `Payout batch ${report.batchId}: ${report.programName}`,
    author: report.company,
    language: 'en',
    createdAt: report.stateSince,
  });
  const wording = englishWording(report.currency, report.timeZone);
  writer.paragraph(writer.root, 'H1', 'Payout batch', styles.title);
  writer.paragraph(writer.root, 'P', `${report.programName}, ${report.company}`, styles.subtitle);
  writer.y += 10;
  writeFacts(writer, factsOf(report, wording));
  heading(writer, 'By state');
  const states = report.itemStates.map(({ state, items, totalMinor }) => {
    return [words(state), `${items}`, wording.money(totalMinor)];
  });
  writeTable(writer, stateColumns, states);
  heading(writer, 'Payments');
  writePayments(writer, report, wording);
  if (report.itemCount > report.items.length) {
    const left = englishCounted(report.itemCount - report.items.length, 'more payment');
    writer.y += 6;
    writer.paragraph(writer.root, 'P', `And ${left}: the CSV file of the batch lists all.`, styles.body);
  }
  writer.footers(`Batch ${report.batchId}`);
  return writer.finish();
}

function writePayments(writer: PageWriter, { items }: BatchReport, wording: Wording): void {
  const isTaxed = items.some(({ withheldMinor }) => withheldMinor > 0n);
  const rows = items.map(({ itemId, partnerReference, state, cause, withheldMinor, amountMinor }) => {
    const amounts = isTaxed ? [amountMinor + withheldMinor, withheldMinor, amountMinor] : [amountMinor];
    return [itemId, partnerReference, words(state), words(cause), ...amounts.map((minor) => wording.money(minor))];
  });
  writeTable(writer, isTaxed ? taxedColumns : itemColumns, rows);
}

function factsOf(report: BatchReport, wording: Wording): (readonly [string, string])[] {
  const approvals = report.approvals.map((one) => `${one.approverId}, ${wording.instant(one.approvedAt)}`);
  return [
    ['Batch', report.batchId],
    ['State', `${words(report.state)} since ${wording.instant(report.stateSince)}`],
    ['Vested before', wording.instant(report.cutOff)],
    ['Drafted', wording.instant(report.createdAt)],
    ...taxFacts(report, wording),
    ['Total', wording.money(report.totalMinor)],
    ['Carried over', wording.money(report.carriedMinor)],
    ['Submitted by', report.madeBy ?? 'nobody yet'],
    ['Approved by', approvals.length === 0 ? 'nobody yet' : approvals.join('; ')],
    ['Released by', report.releasedBy ?? 'nobody yet'],
    ['Content', report.contentHash ?? 'not frozen yet'],
    ['Dates', `in the time zone ${report.timeZone}`],
  ];
}

function taxFacts(report: BatchReport, wording: Wording): (readonly [string, string])[] {
  if (report.withheldMinor === 0n) return [];
  return [
    ['Before tax', wording.money(report.totalMinor + report.withheldMinor)],
    ['Tax withheld', wording.money(report.withheldMinor)],
  ];
}

function heading(writer: PageWriter, text: string): void {
  writer.y += 12;
  writer.keep(60);
  writer.paragraph(writer.root, 'H2', text, styles.heading);
  writer.y += 4;
}

/** A state or cause as people read it. */
function words(code: string): string {
  return code.replaceAll('_', ' ');
}
