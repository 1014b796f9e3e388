import { parseInstant } from '../../libs/kernel/calendar.js';
import { fromDecimalString } from '../../libs/kernel/money.js';
import { readTable, type RowFault, type Table, type TableRow } from './tables.js';

/** The files' amounts have no currency of their own: their columns say which it is. */
export const filesCurrency = 'USD';

export interface ApplicationInput {
  line: number;
  ref: string;
  /** Present where the application became a partner. */
  won?: { partnerRef: string; wonAt: Date | undefined };
  /** The other columns, for the application form; empty cells are left out. */
  answers: Record<string, string>;
}

export interface OrderInput {
  line: number;
  ref: string;
  customer: string;
  orderedAt: Date;
  /** Cents, 0 or more. */
  amountMinor: bigint;
  partnerRef: string;
}

export interface RefundInput {
  line: number;
  ref: string;
  orderRef: string;
  refundedAt: Date;
  /** Cents, 0 or more. */
  amountMinor: bigint;
}

/** One file's rows: those that can be used, those that say again what an earlier one said, those that cannot be used. */
export interface Inputs<Row> {
  /** How many rows the file has. */
  read: number;
  rows: Row[];
  repeats: RowFault[];
  faults: RowFault[];
}

export interface ApplicationInputs extends Inputs<ApplicationInput> {
  /** The columns beside those that this command reads, in the order of the file. */
  formColumns: string[];
}

/** Thrown while a row is read; its message is the fault's reason. */
class BadRow extends Error {}

const applicationColumns = ['application_ref', 'outcome', 'partner_ref', 'won_at'];

/** @throws UnusableInput where the file cannot be read or lacks a column */
export async function readApplications(file: string): Promise<ApplicationInputs> {
  const table = await readTable(file, applicationColumns);
  const formColumns = table.columns.filter((name) => !applicationColumns.includes(name));
  const inputs = readRows(table, 'application_ref', (row) => applicationOf(row, formColumns));
  return { ...inputs, formColumns };
}

/** @throws UnusableInput where the file cannot be read or lacks a column */
export async function readOrders(file: string, now: Date): Promise<Inputs<OrderInput>> {
  const table = await readTable(file, ['order_ref', 'customer_ref', 'ordered_on', 'amount_usd', 'partner_ref']);
  return readRows(table, 'order_ref', (row) => ({
    line: row.line,
    ref: filled(row, 'order_ref'),
    customer: cell(row, 'customer_ref'),
    orderedAt: dayOf(row, 'ordered_on', now),
    amountMinor: amountOf(row),
    partnerRef: filled(row, 'partner_ref'),
  }));
}

/** @throws UnusableInput where the file cannot be read or lacks a column */
export async function readRefunds(file: string, now: Date): Promise<Inputs<RefundInput>> {
  const table = await readTable(file, ['refund_ref', 'order_ref', 'refunded_on', 'amount_usd']);
  return readRows(table, 'refund_ref', (row) => ({
    line: row.line,
    ref: filled(row, 'refund_ref'),
    orderRef: filled(row, 'order_ref'),
    refundedAt: dayOf(row, 'refunded_on', now),
    amountMinor: amountOf(row),
  }));
}

/** First come, first kept: a row that repeats an earlier one counts once, one that contradicts it is a fault. */
function readRows<Row>(table: Table, key: string, read: (row: TableRow) => Row): Inputs<Row> {
  const inputs: Inputs<Row> = {
    read: table.rows.length + table.faults.length,
    rows: [],
    repeats: [],
    faults: [...table.faults],
  };
  const seen = new Map<string, { line: number; content: string }>();
  for (const row of table.rows) {
    const ref = cell(row, key);
    const content = JSON.stringify([...row.cells.values()]);
    const earlier = seen.get(ref);
    try {
      if (earlier?.content === content) {
        inputs.repeats.push({ line: row.line, ref, reason: `repeats line ${earlier.line}` });
      } else if (earlier) {
        throw new BadRow(`its ${key} is that of line ${earlier.line}, with other content`);
      } else {
        inputs.rows.push(read(row));
        seen.set(ref, { line: row.line, content });
      }
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      inputs.faults.push({ line: row.line, ...(ref !== '' && { ref }), reason: error.message });
    }
  }
  return inputs;
}

function applicationOf(row: TableRow, formColumns: readonly string[]): ApplicationInput {
  const ref = filled(row, 'application_ref');
  const outcome = cell(row, 'outcome');
  const filledIn = formColumns.map((name) => [name, cell(row, name)] as const).filter(([, text]) => text !== '');
  const application = { line: row.line, ref, answers: Object.fromEntries(filledIn) };
  if (outcome === 'open') return application;
  if (outcome !== 'won') throw new BadRow('its outcome is neither won nor open');
  const wonAt = cell(row, 'won_at');
  const at = wonAt === '' ? undefined : parseInstant(wonAt);
  if (wonAt !== '' && !at) throw new BadRow('its won_at is no RFC 3339 instant');
  return { ...application, won: { partnerRef: filled(row, 'partner_ref'), wonAt: at } };
}

function cell({ cells }: TableRow, column: string): string {
  return cells.get(column) ?? '';
}

function filled(row: TableRow, column: string): string {
  const text = cell(row, column);
  if (text === '') throw new BadRow(`has no ${column}`);
  return text;
}

/** A day is its first instant in UTC. What lies in the future cannot have happened. */
function dayOf(row: TableRow, column: string, now: Date): Date {
  const text = filled(row, column);
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseInstant(`${text}T00:00:00Z`) : undefined;
  if (!day) throw new BadRow(`its ${column} is no day (YYYY-MM-DD)`);
  if (day.getTime() > now.getTime()) throw new BadRow(`its ${column} lies in the future`);
  return day;
}

function amountOf(row: TableRow): bigint {
  const amount = fromDecimalString(filled(row, 'amount_usd'), filesCurrency);
  if (amount === undefined || amount < 0n || amount > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new BadRow('its amount_usd is no amount of 0 or more with at most two decimals');
  }
  return amount;
}
