import { closeSync, openSync, writeFileSync } from 'node:fs';
import { instantText, type CompiledTerms } from '../../libs/commissions/domain/index.js';
import { PartnerTotals } from './partner-totals.js';
import type { SimulatedLine, Simulation } from './simulation.js';

const bufferedCharacters = 1 << 20;

/** Writes every line as JSON, a buffer at a time, and gives the totals by partner. */
export function writeLines(path: string, simulation: Simulation, terms: CompiledTerms): PartnerTotals {
  const totals = new PartnerTotals();
  const file = openSync(path, 'w');
  try {
    let buffer = '';
    for (const line of simulation.lines()) {
      totals.add(line.partner, terms.currency, line.amountMinor);
      buffer += `${lineText(line, terms)}\n`;
      if (buffer.length < bufferedCharacters) continue;
      writeFileSync(file, buffer);
      buffer = '';
    }
    writeFileSync(file, buffer);
  } finally {
    closeSync(file);
  }
  return totals;
}

/** One line as JSON, written field by field: that takes half the time for millions of lines. */
function lineText(line: SimulatedLine, terms: CompiledTerms): string {
  const text = JSON.stringify;
  const { kind, rule, event, partner, occurredAtMs, amountMinor, of } = line;
  return (
    `{"event":${text(event)},"partner":${text(partner)},"kind":"${kind}","rule":${text(rule)}` +
    `,"period":"${terms.monthOf(occurredAtMs)}","amountMinor":${amountMinor},"currency":"${terms.currency}"` +
    `,"occurredAt":"${instantText(occurredAtMs)}"${of === undefined ? '' : `,"of":${text(of)}`}}`
  );
}

export interface Counts {
  read: number;
  priced: number;
  withoutLine: ReadonlyMap<string, number>;
  repeated: number;
  refused: number;
}

/** The summary for people: what became of the events that were read. */
export function summary(counts: Counts, totals: PartnerTotals, currency: string, byPartner: boolean): string {
  const without = [...counts.withoutLine].sort(([a], [b]) => (a < b ? -1 : 1));
  const partners = totals.sorted();
  const total = partners.reduce(
    (sum, { lines, amountMinor }) => ({ lines: sum.lines + lines, amountMinor: sum.amountMinor + amountMinor }),
    { lines: 0, amountMinor: 0n },
  );
  return [
    `events read: ${counts.read}`,
    `priced: ${counts.priced}`,
    `without a line: ${without.reduce((sum, [, count]) => sum + count, 0)}`,
    ...without.map(([reason, count]) => `  ${reason}: ${count}`),
    `repeated: ${counts.repeated}`,
    `refused: ${counts.refused}`,
    `lines: ${total.lines}, total ${total.amountMinor} ${currency} (minor units)`,
    ...(byPartner ? ['by partner:'] : []),
    ...(byPartner
      ? partners.map(({ partner, lines, amountMinor }) => `  ${partner}: ${lines} lines, ${amountMinor} ${currency}`)
      : []),
    '',
  ].join('\n');
}
