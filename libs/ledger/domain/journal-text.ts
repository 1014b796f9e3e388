import { minorUnitExponent } from '../../kernel/currency.js';
import { toDecimalString } from '../../kernel/money.js';
import { bookingDate } from './booking-periods.js';

/** One leg of the journal with its transaction, as exports tell it; of a leg that sums up, the part of one event. */
export interface JournalEntry {
  readonly entryId: string;
  readonly transactionId: string;
  readonly kind: string;
  readonly bookedAt: Date;
  readonly eventAt: Date;
  readonly code: string;
  readonly ownerId: string;
  readonly side: string;
  /** Minor units; debits positive. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly actorId: string;
  readonly partnerId: string | null;
  readonly eventId: string | null;
  readonly ruleId: string | null;
  readonly clause: string | null;
  readonly termsHash: string | null;
  readonly batchId: string | null;
  readonly itemId: string | null;
}

/** An account as exports name it. */
export type JournalAccount = Pick<JournalEntry, 'code' | 'ownerId' | 'side' | 'currency'>;

/** Text formats that plain-text accounting programs read. */
export type JournalFormat = 'hledger' | 'beancount';

const hledgerRoots: Readonly<Record<string, string>> = {
  asset: 'assets',
  liability: 'liabilities',
  expense: 'expenses',
  income: 'income',
  system: 'equity',
};

const beancountRoots: Readonly<Record<string, string>> = {
  asset: 'Assets',
  liability: 'Liabilities',
  expense: 'Expenses',
  income: 'Income',
  system: 'Equity',
};

/** The account's name in a format: where it stands in the books, its code, its owner. */
export function accountName({ code, ownerId, side }: Omit<JournalAccount, 'currency'>, format: JournalFormat): string {
  const parts = [...code.split(':'), ...(ownerId === '' ? [] : [ownerId])];
  if (format === 'hledger') return [hledgerRoots[side] ?? 'equity', ...parts.map(plainPart)].join(':');
  return [beancountRoots[side] ?? 'Equity', ...parts.map(capitalPart)].join(':');
}

/** What stands before the first transaction: how amounts are written, and which accounts there are. */
export function journalHead(
  { accounts, since, title }: { accounts: readonly JournalAccount[]; since: string; title: string },
  format: JournalFormat,
): string {
  const sorted = [...accounts].sort((a, b) => (accountName(a, format) < accountName(b, format) ? -1 : 1));
  const currencies = [...new Set(sorted.map(({ currency }) => currency))].sort();
  if (format === 'hledger') {
    const names = [...new Set(sorted.map((account) => accountName(account, format)))];
    return lines([
      `; ${plainText(title)}`,
      'decimal-mark .',
      ...currencies.map(commodity),
      ...names.map((name) => `account ${name}`),
      '',
    ]);
  }
  const byName = new Map<string, string[]>();
  for (const account of sorted) {
    const name = accountName(account, format);
    byName.set(name, [...(byName.get(name) ?? []), account.currency]);
  }
  return lines([
    `; ${plainText(title)}`,
    `option "title" ${quoted(title)}`,
    ...currencies.map((currency) => `option "operating_currency" "${currency}"`),
    ...[...byName].map(([name, own]) => `${since} open ${name} ${own.join(',')}`),
    '',
  ]);
}

/** One transaction of which these are the legs, in a zone's calendar. */
export function journalTransaction(legs: readonly JournalEntry[], timeZone: string, format: JournalFormat): string {
  const [first] = legs;
  if (!first) return '';
  const date = bookingDate(first.bookedAt, timeZone);
  const sumsUp = legs.some(({ eventId }) => eventId !== first.eventId);
  const facts: [string, string | null][] = [
    ['id', first.transactionId],
    ...(sumsUp ? [] : ([['eventDate', bookingDate(first.eventAt, timeZone)]] satisfies [string, string][])),
    ['partner', first.partnerId],
    ['event', sumsUp ? null : first.eventId],
    ['rule', first.ruleId],
    ['clause', first.clause],
    ['batch', first.batchId],
    ['item', first.itemId],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== null);
  const postings = legs.flatMap((leg) => {
    const posting = `    ${accountName(leg, format)}  ${toDecimalString(leg.amountMinor, leg.currency)} ${leg.currency}`;
    return sumsUp && leg.eventId !== null ? eventPosting(posting, leg.eventId, format) : [posting];
  });
  if (format === 'hledger') {
    const tags = known.map(([name, value]) => `    ; ${name}: ${tagValue(value)}`);
    return lines([`${date} ${first.kind}`, ...tags, ...postings, '']);
  }
  const metadata = known.map(([name, value]) => `  ${name}: ${quoted(value)}`);
  return lines([`${date} * ${quoted(first.kind)}`, ...metadata, ...postings.map((each) => each.slice(2)), '']);
}

/** A posting of one event among those of others, which it names. */
function eventPosting(posting: string, eventId: string, format: JournalFormat): string[] {
  return format === 'hledger'
    ? [`${posting}  ; event: ${tagValue(eventId)}`]
    : [posting, `      event: ${quoted(eventId)}`];
}

/** How amounts of a currency look; the decimal mark stands there even where no decimals follow. */
function commodity(currency: string): string {
  const exponent = minorUnitExponent(currency);
  return `commodity 1000.${'0'.repeat(exponent)} ${currency}`;
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** Anything but letters, digits, `_`, `-` and `.` would end or split a name: it is written as its code. */
function plainPart(part: string): string {
  return part.replace(/[^A-Za-z0-9_.-]/gu, (sign) => `~${(sign.codePointAt(0) ?? 0).toString(16)}`);
}

/** Names of beancount begin with a capital or digit and have letters, digits and `-` alone. */
function capitalPart(part: string): string {
  const words = part.replace(/[^A-Za-z0-9]+/gu, '-').replace(/^-+/, '');
  return words === '' ? 'X' : words.charAt(0).toUpperCase() + words.slice(1);
}

/** A tag's value ends at a comma or at the end of the line; what else is no printable sign is written as its code. */
function tagValue(value: string): string {
  return value.replace(/[,%\p{C}\p{Z}]/gu, (sign) => encodeURIComponent(sign));
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, (sign) => encodeURIComponent(sign))}"`;
}

function plainText(text: string): string {
  return text.replace(/\p{C}/gu, ' ');
}
