import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What of each payout is withheld for the tax office, and by which rule: `amount_minor` is what the partner gets. Credit
 * that partners earned is issued by a run of its own: it is of no item of a batch.
 */
export class Withholding1760000000028 implements MigrationInterface {
  name = 'Withholding1760000000028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table payout_items
        add column withheld_minor bigint not null default 0 check (withheld_minor >= 0),
        add column withholding_rule text,
        add column withholding_rate text,
        add column withholding_form text,
        add column withholding_profile_id text references tax_profiles (id),
        add constraint payout_items_withholding check (
          (withholding_rule is null) = (withholding_rate is null) and (withholding_rule is null) = (withholding_form is null)
          and (withholding_rule is not null or withheld_minor = 0))`);
    await runner.query(`alter table payout_batches add column withheld_minor bigint not null default 0`);
    await runner.query(`
      alter table payout_reconciliations
        add column withheld_minor bigint not null default 0,
        add column withheld_ledger_minor bigint not null default 0`);
    // The decision stands on the item, where it is made anew until the batch is frozen: nothing was ever kept here.
    await runner.query(`drop table tax_withholdings`);
    await runner.query(`
      alter table store_credits alter column item_id drop not null, alter column batch_id drop not null,
        add constraint store_credits_item check ((item_id is null) = (batch_id is null))`);
  }

  /** Credits of no item keep their own id in its place. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update store_credits set item_id = id, batch_id = '' where item_id is null`);
    await runner.query(`
      alter table store_credits drop constraint store_credits_item, alter column item_id set not null,
        alter column batch_id set not null`);
    await runner.query(`
      create table tax_withholdings (
        item_id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        tax_profile_id text references tax_profiles (id),
        rule_id text not null,
        rate_percent text not null,
        gross_minor bigint not null check (gross_minor > 0),
        withheld_minor bigint not null check (withheld_minor between 0 and gross_minor),
        currency text not null,
        decided_at timestamptz not null
      )`);
    await runner.query(
      `create trigger tax_withholdings_append_only before update or delete on tax_withholdings for each statement execute function refuse_change()`,
    );
    await runner.query(
      `alter table payout_reconciliations drop column withheld_minor, drop column withheld_ledger_minor`,
    );
    await runner.query(`alter table payout_batches drop column withheld_minor`);
    await runner.query(`
      alter table payout_items
        drop constraint payout_items_withholding, drop column withheld_minor, drop column withholding_rule,
        drop column withholding_rate, drop column withholding_form, drop column withholding_profile_id`);
  }
}
