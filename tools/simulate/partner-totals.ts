import { writeFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';

/** What a partner earned in one currency. */
export interface PartnerTotal {
  partner: string;
  currency: string;
  lines: number;
  /** Minor units. */
  amountMinor: bigint;
}

/** Adds up lines by partner and currency. */
export class PartnerTotals {
  private readonly totals = new Map<string, PartnerTotal>();

  add(partner: string, currency: string, amountMinor: number): void {
    const key = keyOf(partner, currency);
    const total = this.totals.get(key) ?? { partner, currency, lines: 0, amountMinor: 0n };
    total.lines += 1;
    total.amountMinor += BigInt(amountMinor);
    this.totals.set(key, total);
  }

  /** Undefined for a partner without a line in that currency. */
  of(partner: string, currency: string): PartnerTotal | undefined {
    return this.totals.get(keyOf(partner, currency));
  }

  /** By partner and currency, in the order of their characters. */
  sorted(): PartnerTotal[] {
    return [...this.totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
  }
}

function keyOf(partner: string, currency: string): string {
  return `${partner}\u0000${currency}`;
}

/**
 * Writes totals as CSV: `partner,currency,lines,amount_minor`. Two commands that came to the same write the same bytes;
 * partners without a line are left out.
 */
export function writePartnerTotals(file: string, totals: PartnerTotals): void {
  const rows = totals
    .sorted()
    .map(({ partner, currency, lines, amountMinor }) => [partner, currency, String(lines), String(amountMinor)]);
  writeFileSync(file, stringify([['partner', 'currency', 'lines', 'amount_minor'], ...rows]));
}
