import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What of each payout is withheld for the tax office, and by which rule: `amount_minor` is what the partner gets. */
export class Withholding1760000000029 implements MigrationInterface {
  name = 'Withholding1760000000029';

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
  }

  async down(runner: QueryRunner): Promise<void> {
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
