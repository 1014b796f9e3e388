import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The double-entry ledger (money.md, Ledger): debits are positive, credits negative, each transaction sums to zero. */
export class Ledger1760000000005 implements MigrationInterface {
  name = 'Ledger1760000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ledger_accounts (
        id bigint generated always as identity primary key,
        program_id text not null references programs (id),
        code text collate "C" not null,
        owner_id text not null default '',
        currency text not null,
        side text not null check (side in ('asset', 'liability', 'expense', 'income', 'system')),
        created_at timestamptz not null default now(),
        unique (program_id, code, owner_id, currency)
      )`);
    await runner.query(`
      create table ledger_transactions (
        id text primary key,
        program_id text not null references programs (id),
        kind text not null,
        idempotency_key text collate "C" not null,
        event_at timestamptz not null,
        created_at timestamptz not null,
        partner_id text,
        event_id text collate "C",
        rule_id text collate "C",
        clause text,
        terms_hash text,
        batch_id text,
        item_id text,
        actor_id text not null,
        unique (program_id, idempotency_key)
      )`);
    await runner.query(
      `create index ledger_transactions_line on ledger_transactions (program_id, event_id) where event_id is not null`,
    );
    await runner.query(
      `create index ledger_transactions_batch on ledger_transactions (batch_id) where batch_id is not null`,
    );
    await runner.query(`create index ledger_transactions_partner on ledger_transactions (partner_id, id)`);
    await runner.query(`
      create table ledger_entries (
        id bigint generated always as identity primary key,
        program_id text not null references programs (id),
        transaction_id text not null references ledger_transactions (id),
        account_id bigint not null references ledger_accounts (id),
        amount_minor bigint not null check (amount_minor <> 0),
        currency text not null
      )`);
    await runner.query(
      `create index ledger_entries_account on ledger_entries (account_id, id) include (amount_minor, transaction_id)`,
    );
    await runner.query(`create index ledger_entries_transaction on ledger_entries (transaction_id)`);
    // All legs of a transaction come in one statement: what that statement brought must sum to zero per currency.
    await runner.query(`
      create function ledger_refuse_unbalanced() returns trigger language plpgsql as $$
      declare offender text;
      begin
        select transaction_id into offender from added group by transaction_id, currency having sum(amount_minor) <> 0 limit 1;
        if offender is not null then
          raise exception 'ledger transaction % does not sum to zero', offender using errcode = 'check_violation';
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger ledger_entries_balanced after insert on ledger_entries
      referencing new table as added for each statement execute function ledger_refuse_unbalanced()`);
    // Legs that name an account of another currency would balance on paper and lie in the account.
    await runner.query(`
      create function ledger_refuse_foreign_currency() returns trigger language plpgsql as $$
      begin
        if exists (select 1 from added join ledger_accounts a on a.id = added.account_id
                   where a.currency <> added.currency or a.program_id <> added.program_id) then
          raise exception 'a ledger entry differs from its account in currency or program' using errcode = 'check_violation';
        end if;
        return null;
      end $$`);
    await runner.query(`
      create trigger ledger_entries_currency after insert on ledger_entries
      referencing new table as added for each statement execute function ledger_refuse_foreign_currency()`);
    for (const table of ['ledger_entries', 'ledger_transactions', 'ledger_accounts']) {
      await runner.query(
        `create trigger ${table}_append_only before update or delete on ${table} for each statement execute function refuse_change()`,
      );
      await runner.query(
        `create trigger ${table}_no_truncate before truncate on ${table} for each statement execute function refuse_change()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ledger_entries, ledger_transactions, ledger_accounts`);
    await runner.query(`drop function ledger_refuse_unbalanced()`);
    await runner.query(`drop function ledger_refuse_foreign_currency()`);
  }
}
