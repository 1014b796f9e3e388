import { englishCounted, englishShortInstant, englishWording, type Wording } from './domain/index.js';
import { frameWidth, ink, page, PageWriter, type StructureNode } from './pdf/page-writer.js';
import type { TextLine, TextStyle } from './pdf/text-layout.js';

/** One commission or bonus line, or a reversal, that a payment settles. */
export interface RemittanceLine {
  eventId: string;
  occurredAt: Date;
  /** The id of the rule or bonus in the terms. */
  rule: string;
  /** Its clause in the signed contract. */
  clause: string;
  /** Minor units; negative for a reversal. */
  amountMinor: bigint;
}

/** What one payment of a batch settled, line by line. */
export interface RemittanceAdvice {
  programName: string;
  company: string;
  partnerName: string;
  batchId: string;
  itemId: string;
  /** What vested before this instant is in the payment. */
  cutOff: Date;
  settledAt: Date;
  /** The rail's own reference of the payment, for the partner's bank statement. */
  railReference: string;
  /** ISO 4217. */
  currency: string;
  /** The IANA zone in which instants are printed. */
  timeZone: string;
  lines: readonly RemittanceLine[];
  /** Carried over from before: positive where a sum below the minimum waited, negative for a debt set off. */
  broughtForwardMinor: bigint;
  /** What was paid. */
  totalMinor: bigint;
}

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
  strong: { font: 'bold', size: 9, lineHeight: 12.5, color: ink.text },
  label: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.muted },
  head: { font: 'bold', size: 8, lineHeight: 11, color: ink.muted },
  cell: { font: 'regular', size: 8, lineHeight: 11, color: ink.text },
} as const satisfies Record<string, TextStyle>;

/** The columns of the table of lines; widths in points add up to the frame's. */
const columns = [
  { heading: 'Date', width: 92 },
  { heading: 'Event', width: 172 },
  { heading: 'Rule', width: 80 },
  { heading: 'Clause', width: 40 },
  { heading: 'Amount', width: frameWidth - 384, right: true },
] as const;

const cellGap = 8;
const labelWidth = 110;

/**
 * Renders a remittance advice as a tagged A4 PDF. The bytes depend on the input alone; the settling instant stands as
 * creation date. Throws a RangeError where the lines and the sum brought forward do not add up to the total: an advice
 * that does not explain the payment to the last unit must not leave the house.
 */
export async function renderRemittanceAdvice(advice: RemittanceAdvice): Promise<Uint8Array> {
  const linesMinor = advice.lines.reduce((sum, line) => sum + line.amountMinor, 0n);
  if (linesMinor + advice.broughtForwardMinor !== advice.totalMinor) {
    throw new RangeError(`remittance advice of ${advice.itemId}: the lines do not add up to the total`);
  }
  const writer = new PageWriter({
    title: `Remittance advice: ${advice.programName}, ${advice.partnerName}`,
    author: advice.company,
    language: 'en',
    createdAt: advice.settledAt,
  });
  const wording = englishWording(advice.currency, advice.timeZone);
  writeHead(writer, advice, wording);
  writeTable(writer, advice, wording);
  writeTotals(writer, advice, linesMinor, wording);
  writer.footers(`Payment ${advice.itemId} of batch ${advice.batchId}`);
  return writer.finish();
}

function writeHead(writer: PageWriter, advice: RemittanceAdvice, wording: Wording): void {
  writer.paragraph(writer.root, 'H1', 'Remittance advice', styles.title);
  writer.paragraph(writer.root, 'P', `${advice.programName}, ${advice.company}`, styles.subtitle);
  writer.y += 10;
  const facts = [
    ['Paid to', advice.partnerName],
    ['Amount paid', wording.money(advice.totalMinor)],
    ['Settled', wording.instant(advice.settledAt)],
    ['Vested before', wording.instant(advice.cutOff)],
    ['Payment reference', advice.railReference],
    ['Payment', advice.itemId],
    ['Batch', advice.batchId],
    ['Dates', `in the time zone ${advice.timeZone}`],
  ] as const;
  for (const [label, value] of facts) writeFact(writer, label, value);
  writer.y += 14;
}

function writeFact(writer: PageWriter, label: string, value: string): void {
  const [labelLine] = writer.lines(label, styles.label, labelWidth);
  const valueLines = writer.lines(value, styles.body, frameWidth - labelWidth);
  writer.keep(valueLines.length * styles.body.lineHeight);
  writer.root.add(
    writer.document.struct('P', {}, () => {
      if (labelLine) writer.line(labelLine, styles.label, page.left, writer.y);
      valueLines.forEach((line, index) => {
        writer.line(line, styles.body, page.left + labelWidth, writer.y + index * styles.body.lineHeight);
      });
    }),
  );
  writer.y += valueLines.length * styles.body.lineHeight + 1;
}

function writeTable(writer: PageWriter, { lines, timeZone }: RemittanceAdvice, wording: Wording): void {
  const table = writer.group(writer.root, 'Table');
  writer.keep(60);
  writeHeader(writer, table);
  for (const line of lines) {
    const texts = [
      englishShortInstant(line.occurredAt, timeZone),
      line.eventId,
      line.rule,
      line.clause,
      wording.money(line.amountMinor),
    ];
    const cells = columns.map((column, index) => writer.lines(texts[index] ?? '', styles.cell, column.width - cellGap));
    const height = Math.max(...cells.map((cell) => cell.length)) * styles.cell.lineHeight + 4;
    if (!writer.fits(height)) {
      writer.nextPage();
      writeHeader(writer, table);
    }
    writeRow(writer, table, 'TD', cells, styles.cell);
    writer.y += height;
  }
  table.end();
}

function writeHeader(writer: PageWriter, table: StructureNode): void {
  const cells = columns.map((column) => writer.lines(column.heading, styles.head, column.width - cellGap));
  writeRow(writer, table, 'TH', cells, styles.head);
  writer.y += styles.head.lineHeight + 3;
  writer.rule(page.left, writer.y, frameWidth);
  writer.y += 4;
}

function writeRow(
  writer: PageWriter,
  table: StructureNode,
  type: 'TH' | 'TD',
  cells: readonly TextLine[][],
  style: TextStyle,
): void {
  const row = writer.group(table, 'TR');
  let x: number = page.left;
  columns.forEach((column, index) => {
    const lines = cells[index] ?? [];
    const widest = Math.max(0, ...lines.map((line) => line.width));
    const left = 'right' in column ? x + column.width - widest : x;
    writer.place(row, type, lines, style, left, writer.y);
    x += column.width;
  });
  row.end();
}

function writeTotals(writer: PageWriter, advice: RemittanceAdvice, linesMinor: bigint, wording: Wording): void {
  writer.y += 6;
  writer.keep(60);
  writer.rule(page.left, writer.y, frameWidth);
  writer.y += 7;
  writeTotal(writer, `Sum of ${englishCounted(advice.lines.length, 'line')}`, wording.money(linesMinor), styles.body);
  writeTotal(writer, 'Brought forward', wording.money(advice.broughtForwardMinor), styles.body);
  writeTotal(writer, 'Paid', wording.money(advice.totalMinor), styles.strong);
}

function writeTotal(writer: PageWriter, label: string, amount: string, style: TextStyle): void {
  const [labelLine] = writer.lines(label, style);
  const [amountLine] = writer.lines(amount, style);
  if (!labelLine || !amountLine) return;
  writer.root.add(
    writer.document.struct('P', {}, () => {
      writer.line(labelLine, style, page.left, writer.y);
      writer.line(amountLine, style, page.left + frameWidth - amountLine.width, writer.y);
    }),
  );
  writer.y += style.lineHeight + 2;
}
