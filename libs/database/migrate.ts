import { DataSource } from 'typeorm';
import { migrations } from './migrations/index.js';

/** Tables whose rows the running role may add and read, never change. The triggers say it too; this says it first. */
const appendOnly = [
  'audit_facts',
  'program_versions',
  'terms_documents',
  'proposals',
  'proposal_retractions',
  'internal_approval_decisions',
  'terms_template_versions',
  'documents',
  'envelope_events',
  'agreement_term_periods',
  'agreement_notices',
  'agreement_acts',
  'events',
  'accepted_deliverables',
  'exchange_rates',
  'tier_reviews',
  'ledger_accounts',
  'ledger_transactions',
  'ledger_entries',
  'ledger_blocks',
  'ledger_block_transactions',
  'ledger_periods',
  'ledger_period_balances',
  'webhook_attempts',
  'event_risk_facts',
  'bank_reports',
  'bank_report_entries',
  'payout_approvals',
  'payout_reconciliations',
  'touches',
  'customer_clicks',
];

function migrator(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    migrations,
    migrationsTableName: 'schema_migrations',
    synchronize: false,
  });
}

/**
 * Brings the schema up to date as its owner, then grants the running role what it needs: no table is its own, and
 * append-only tables can't be changed by it. Running it again changes nothing.
 */
export async function migrate(ownerUrl: string, runningRole: string): Promise<string[]> {
  const dataSource = await migrator(ownerUrl).initialize();
  try {
    const done = await dataSource.runMigrations({ transaction: 'each' });
    await grant(dataSource, runningRole);
    return done.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}

/** Takes back the newest migration; its name, or undefined where none is left. */
export async function revertLast(ownerUrl: string): Promise<string | undefined> {
  const dataSource = await migrator(ownerUrl).initialize();
  try {
    const [last] = await dataSource.query<{ name: string }[]>(
      `select name from schema_migrations order by id desc limit 1`,
    );
    if (last) await dataSource.undoLastMigration({ transaction: 'each' });
    return last?.name;
  } finally {
    await dataSource.destroy();
  }
}

async function grant(dataSource: DataSource, role: string): Promise<void> {
  const name = `"${role.replaceAll('"', '""')}"`;
  await dataSource.query(`grant usage on schema public to ${name}`);
  await dataSource.query(`grant select, insert, update, delete on all tables in schema public to ${name}`);
  await dataSource.query(`grant usage on all sequences in schema public to ${name}`);
  await dataSource.query(`revoke insert, update, delete on schema_migrations from ${name}`);
  await dataSource.query(`revoke update, delete on ${appendOnly.join(', ')} from ${name}`);
}
