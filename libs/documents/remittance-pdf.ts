import { englishCounted, englishShortInstant, englishWording, type Wording } from './domain/index.js';
import { writeFacts, writeTable, type TableColumn } from './pdf/facts-and-table.js';
import { frameWidth, ink, page, PageWriter } from './pdf/page-writer.js';
import type { TextStyle } from './pdf/text-layout.js';

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
  /** What was kept back for the tax office; absent where nothing was. */
  withheld?: { amountMinor: bigint; ratePercent: string } | undefined;
  /** The number of the invoice that the company issued for it in the partner's name, where it does that. */
  invoiceNumber?: string | undefined;
  /** What was paid: the lines and the sum brought forward, less tax. */
  totalMinor: bigint;
}

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
  strong: { font: 'bold', size: 9, lineHeight: 12.5, color: ink.text },
} as const satisfies Record<string, TextStyle>;

/** The columns of the table of lines; widths in points add up to the frame's. */
const columns: readonly TableColumn[] = [
  { heading: 'Date', width: 92 },
  { heading: 'Event', width: 172 },
  { heading: 'Rule', width: 80 },
  { heading: 'Clause', width: 40 },
  { heading: 'Amount', width: frameWidth - 384, isRight: true },
];

/**
 * Renders a remittance advice as a tagged A4 PDF. The bytes depend on the input alone; the settling instant stands as
 * creation date. Throws a RangeError where the lines and the sum brought forward do not add up to the total: an advice
 * that does not explain the payment to the last unit must not leave the house.
 */
export async function renderRemittanceAdvice(advice: RemittanceAdvice): Promise<Uint8Array> {
  const linesMinor = advice.lines.reduce((sum, line) => sum + line.amountMinor, 0n);
  const withheldMinor = advice.withheld?.amountMinor ?? 0n;
  if (linesMinor + advice.broughtForwardMinor - withheldMinor !== advice.totalMinor) {
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
  writeTable(writer, columns, rowsOf(advice, wording));
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
    ...(advice.invoiceNumber === undefined ? [] : [['Self-billing invoice', advice.invoiceNumber] as const]),
    ['Payment', advice.itemId],
    ['Batch', advice.batchId],
    ['Dates', `in the time zone ${advice.timeZone}`],
  ] as const;
  writeFacts(writer, facts);
  writer.y += 14;
}

function rowsOf({ lines, timeZone }: RemittanceAdvice, wording: Wording): string[][] {
  return lines.map((line) => [
    englishShortInstant(line.occurredAt, timeZone),
    line.eventId,
    line.rule,
    line.clause,
    wording.money(line.amountMinor),
  ]);
}

function writeTotals(writer: PageWriter, advice: RemittanceAdvice, linesMinor: bigint, wording: Wording): void {
  writer.y += 6;
  writer.keep(60);
  writer.rule(page.left, writer.y, frameWidth);
  writer.y += 7;
  writeTotal(writer, `Sum of ${englishCounted(advice.lines.length, 'line')}`, wording.money(linesMinor), styles.body);
  writeTotal(writer, 'Brought forward', wording.money(advice.broughtForwardMinor), styles.body);
  if (advice.withheld !== undefined) {
    const { amountMinor, ratePercent } = advice.withheld;
    writeTotal(writer, 'Before tax', wording.money(linesMinor + advice.broughtForwardMinor), styles.body);
    writeTotal(writer, `Tax withheld (${ratePercent} %)`, wording.money(-amountMinor), styles.body);
  }
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
