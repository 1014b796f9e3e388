import { englishCounted, englishShortInstant, englishWording, type Wording } from './domain/index.js';
import { writeFacts, writeTable, type TableColumn } from './pdf/facts-and-table.js';
import { frameWidth, ink, PageWriter } from './pdf/page-writer.js';
import type { TextStyle } from './pdf/text-layout.js';

/** What stands in a partner's accounts, in minor units; `totalMinor` is what the partner has to come, less what it owes. */
export interface StatementStanding {
  accruedMinor: bigint;
  payableMinor: bigint;
  heldMinor: bigint;
  receivableMinor: bigint;
  totalMinor: bigint;
}

/** One booking. */
export interface StatementEntry {
  bookedAt: Date;
  /** When the fact happened that was booked. */
  eventAt: Date;
  /** What it did, in words. */
  what: string;
  /** The event, payment or batch it is of; empty where it is of none. */
  subject: string;
  /** The id of the rule or bonus in the terms, its clause in the signed contract and the terms' hash; empty without one. */
  rule: string;
  clause: string;
  termsHash: string;
  /** How it changes the balance, in minor units; 0 where money moves between the partner's own accounts. */
  amountMinor: bigint;
  /** How much moves between the partner's own accounts where the balance stays. */
  movedMinor: bigint;
  /** After it. */
  balanceMinor: bigint;
}

/** All of one currency. */
export interface StatementSection {
  /** ISO 4217. */
  currency: string;
  opening: StatementStanding;
  closing: StatementStanding;
  /** In the order in which they were booked. */
  entries: readonly StatementEntry[];
}

/** A statement of account for the days from `from` to `to`, both included; open where one is not set. */
export interface StatementPaper {
  programName: string;
  company: string;
  partnerName: string;
  partnerReference: string;
  partnerId: string;
  from: string | undefined;
  to: string | undefined;
  /** When the books were read. */
  readAt: Date;
  /** The IANA zone of days and instants. */
  timeZone: string;
  sections: readonly StatementSection[];
}

const styles = {
  title: { font: 'bold', size: 18, lineHeight: 25, color: ink.text },
  subtitle: { font: 'regular', size: 10.5, lineHeight: 15, color: ink.muted },
  section: { font: 'bold', size: 13, lineHeight: 19, color: ink.text },
  heading: { font: 'bold', size: 10, lineHeight: 15, color: ink.text },
  body: { font: 'regular', size: 9, lineHeight: 12.5, color: ink.text },
} as const satisfies Record<string, TextStyle>;

const standingColumns: readonly TableColumn[] = [
  { heading: 'Balance', width: frameWidth - 370 },
  { heading: 'Not vested', width: 74, isRight: true },
  { heading: 'Payable', width: 74, isRight: true },
  { heading: 'Held', width: 74, isRight: true },
  { heading: 'Owed', width: 74, isRight: true },
  { heading: 'In all', width: 74, isRight: true },
];

const sumColumns: readonly TableColumn[] = [
  { heading: 'What', width: 220 },
  { heading: 'Bookings', width: 100, isRight: true },
  { heading: 'Amount', width: frameWidth - 320, isRight: true },
];

const clauseColumns: readonly TableColumn[] = [
  { heading: 'Clause', width: 44 },
  { heading: 'Rule', width: 110 },
  { heading: 'Terms (SHA-256)', width: 176 },
  { heading: 'Bookings', width: 60, isRight: true },
  { heading: 'Amount', width: frameWidth - 390, isRight: true },
];

const dayColumns: readonly TableColumn[] = [
  { heading: 'Booked', width: 160 },
  { heading: 'Bookings', width: 80, isRight: true },
  { heading: 'Amount', width: 110, isRight: true },
  { heading: 'Balance', width: frameWidth - 350, isRight: true },
];

const entryColumns: readonly TableColumn[] = [
  { heading: 'Booked', width: 80 },
  { heading: 'What', width: 78 },
  { heading: 'Event or payment', width: 84 },
  { heading: 'Rule', width: 66 },
  { heading: 'Clause', width: 38 },
  { heading: 'Amount', width: 60, isRight: true },
  { heading: 'Balance', width: frameWidth - 406, isRight: true },
];

/**
 * Renders a statement of account as a tagged A4 PDF; the bytes depend on the input alone. Throws a RangeError where the
 * opening balance and the entries do not make the closing balance, at any line: a statement that does not add up must not
 * leave the house.
 */
export async function renderStatement(statement: StatementPaper): Promise<Uint8Array> {
  for (const section of statement.sections) requireSum(section);
  const writer = new PageWriter({
    title: `Statement of account: ${statement.programName}, ${statement.partnerName}`,
    author: statement.company,
    language: 'en',
    createdAt: statement.readAt,
  });
  writer.paragraph(writer.root, 'H1', 'Statement of account', styles.title);
  writer.paragraph(writer.root, 'P', `${statement.programName}, ${statement.company}`, styles.subtitle);
  writer.y += 10;
  writeFacts(writer, factsOf(statement));
  for (const section of statement.sections) writeSection(writer, section, statement.timeZone);
  writer.footers(`Statement of account, partner ${statement.partnerId}`);
  return writer.finish();
}

function requireSum({ currency, opening, closing, entries }: StatementSection): void {
  let balanceMinor = opening.totalMinor;
  for (const entry of entries) {
    balanceMinor += entry.amountMinor;
    if (entry.balanceMinor !== balanceMinor)
      throw new RangeError(`statement in ${currency}: a balance does not follow`);
  }
  if (closing.totalMinor !== balanceMinor) throw new RangeError(`statement in ${currency}: it does not add up`);
}

function factsOf(statement: StatementPaper): (readonly [string, string])[] {
  const { from, to, timeZone, readAt, sections } = statement;
  const instant = englishWording(sections[0]?.currency ?? 'USD', timeZone).instant(readAt);
  return [
    ['Partner', statement.partnerName],
    ['Reference', statement.partnerReference],
    ['Partner id', statement.partnerId],
    ['Booked', `${from === undefined ? 'from the beginning' : `from ${from}`} ${to === undefined ? 'to the day of reading' : `to ${to}`}`],
    ['Read', instant],
    ['Dates', `days of the time zone ${timeZone}, both included, by when something was booked`],
  ]; // prettier-ignore
}

function writeSection(writer: PageWriter, section: StatementSection, timeZone: string): void {
  const { currency, opening, closing, entries } = section;
  const wording = englishWording(currency, timeZone);
  const amount = amountsOf(currency, wording);
  writer.y += 14;
  writer.keep(140);
  writer.paragraph(writer.root, 'H2', `Account in ${currency}`, styles.section);
  writer.y += 4;
  writeTable(writer, standingColumns, [
    standingRow('Opening', opening, amount),
    standingRow('Closing', closing, amount),
  ]);
  heading(writer, 'From opening to closing');
  writeTable(writer, sumColumns, sumRows(section, wording));
  if (entries.length === 0) {
    writer.y += 8;
    writer.paragraph(writer.root, 'P', 'Nothing was booked on these days.', styles.body);
    return;
  }
  const clauses = clauseRows(entries, wording);
  if (clauses.length > 0) {
    heading(writer, 'By clause of the signed contract');
    writeTable(writer, clauseColumns, clauses);
  }
  const bookings = englishCounted(entries.length, 'booking');
  if (entries.length > mostEntries) {
    heading(writer, `${bookings} by day, amounts in ${currency}: the CSV file of the statement lists each`);
    writeTable(writer, dayColumns, dayRows(entries, timeZone, amount));
    return;
  }
  heading(writer, `${bookings}, amounts in ${currency}`);
  writeTable(
    writer,
    entryColumns,
    entries.map((entry) => entryRow(entry, timeZone, amount)),
  );
}

/** How many bookings a section lists; where there are more, it sums them by day. A bound on what drawing costs. */
const mostEntries = 2_000;

type AmountText = (amountMinor: bigint) => string;

/** Amounts of a table whose head names the currency. */
function amountsOf(currency: string, wording: Wording): AmountText {
  return (amountMinor) => wording.money(amountMinor).replace(`${currency} `, '');
}

function standingRow(label: string, standing: StatementStanding, amount: AmountText): string[] {
  const { accruedMinor, payableMinor, heldMinor, receivableMinor, totalMinor } = standing;
  return [label, ...[accruedMinor, payableMinor, heldMinor, receivableMinor, totalMinor].map(amount)];
}

/** What changed the balance, summed by what it did; bookings within the partner's own accounts change nothing. */
function sumRows({ opening, closing, entries }: StatementSection, wording: Wording): string[][] {
  const sums = summed(entries, ({ what }) => what);
  return [
    ['Opening balance', '', wording.money(opening.totalMinor)],
    ...sums.map(({ first, count, minor }) => [first.what, `${count}`, wording.money(minor)]),
    ['Closing balance', '', wording.money(closing.totalMinor)],
  ];
}

/** What each clause of each terms gave and took back. */
function clauseRows(entries: readonly StatementEntry[], wording: Wording): string[][] {
  const ofClauses = entries.filter(({ clause, rule }) => clause !== '' || rule !== '');
  const sums = summed(ofClauses, ({ clause, rule, termsHash }) => `${clause}\n${rule}\n${termsHash}`);
  return sums
    .map(({ first: { clause, rule, termsHash }, count, minor }) => {
      return [clause, rule, termsHash, `${count}`, wording.money(minor)];
    })
    .sort(([left = ''], [right = '']) => left.localeCompare(right, 'en', { numeric: true }));
}

/** Entries that change the balance, by key, in the order of their first. */
function summed(entries: readonly StatementEntry[], keyOf: (entry: StatementEntry) => string) {
  const sums = new Map<string, { first: StatementEntry; count: number; minor: bigint }>();
  for (const entry of entries) {
    if (entry.amountMinor === 0n) continue;
    const key = keyOf(entry);
    const known = sums.get(key) ?? { first: entry, count: 0, minor: 0n };
    sums.set(key, { ...known, count: known.count + 1, minor: known.minor + entry.amountMinor });
  }
  return [...sums.values()];
}

/** What each day changed, and the balance at its end. */
function dayRows(entries: readonly StatementEntry[], timeZone: string, amount: AmountText): string[][] {
  const days = new Map<string, { count: number; minor: bigint; balanceMinor: bigint }>();
  for (const { bookedAt, amountMinor, balanceMinor } of entries) {
    const day = dayOf(bookedAt, timeZone);
    const { count, minor } = days.get(day) ?? { count: 0, minor: 0n };
    days.set(day, { count: count + 1, minor: minor + amountMinor, balanceMinor });
  }
  return [...days].map(([day, { count, minor, balanceMinor }]) => [
    day,
    `${count}`,
    amount(minor),
    amount(balanceMinor),
  ]);
}

/** `1 Jan 2026` on the calendar of a zone. */
function dayOf(at: Date, timeZone: string): string {
  return englishShortInstant(at, timeZone).replace(/,.*$/, '');
}

function entryRow(entry: StatementEntry, timeZone: string, amount: AmountText): string[] {
  const booked = englishShortInstant(entry.bookedAt, timeZone);
  const moved = entry.amountMinor === 0n ? `: ${amount(entry.movedMinor)}` : '';
  const happened =
    dayOf(entry.eventAt, timeZone) === dayOf(entry.bookedAt, timeZone) ? '' : `\nof ${dayOf(entry.eventAt, timeZone)}`;
  return [
    booked,
    `${entry.what}${moved}${happened}`,
    entry.subject,
    entry.rule,
    entry.clause,
    amount(entry.amountMinor),
    amount(entry.balanceMinor),
  ];
}

function heading(writer: PageWriter, text: string): void {
  writer.y += 10;
  // With the head of its table and a first row: no heading stands alone at the end of a page.
  writer.keep(84);
  writer.paragraph(writer.root, 'H3', text, styles.heading);
  writer.y += 3;
}
