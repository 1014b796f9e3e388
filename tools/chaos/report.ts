import { formatMoney } from '../../libs/kernel/money.js';
import type { ChaosRun, RestReport } from './chaos-run.js';
import { lineOf, type Difference } from './difference.js';

const shownDifferences = 100;

/** What was done, what it came to, and what differs, for people. */
export function reportText(run: ChaosRun, rest: RestReport, differences: readonly Difference[]): string {
  const { money, clients, workflows, books } = rest;
  const outflow = Object.entries(money.outflowMinor).map(([currency, minor]) => formatMoney(minor, currency));
  const states = Object.entries(money.items).map(([state, items]) => `${items} ${state}`);
  return [
    'Done and answered:',
    ...counted(run.witness.counts),
    ...(run.witness.defects.size > 0
      ? ['Answers that say that something is broken:', ...counted(run.witness.defects)]
      : []),
    `Payments: ${states.sort().join(', ') || 'none'}; ${money.transfers} transfers at the rail.`,
    `Left by the rail: ${outflow.sort().join(', ') || 'nothing'}.`,
    `Compared: ${money.compared} sums of partners by rail, ledger and items; ${clients.events} events and ${clients.acts} acts of ` +
      `clients; ${books.transactions} transactions in ${books.blocks} blocks; ${workflows.running} running workflows.`,
    ...differences.slice(0, shownDifferences).map(lineOf),
    ...(differences.length > shownDifferences ? [`and ${differences.length - shownDifferences} more`] : []),
    differences.length === 0 ? 'Nothing differs.' : `${differences.length} differences.`,
    '',
  ].join('\n');
}

function counted(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `  ${name.padEnd(64)}${count}`);
}
