import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lines of every kind of reward, what pricing remembers of partners' timelines, and the exchange rates of programs. */
export class RunningTotals1760000000018 implements MigrationInterface {
  name = 'RunningTotals1760000000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table commission_lines drop constraint commission_lines_kind_check`);
    await runner.query(
      `alter table commission_lines
         add column tender text not null default 'money' check (tender in ('money', 'credit')),
         add constraint commission_lines_kind_check check (kind in ('commission', 'credit', 'bonus', 'reversal')),
         drop constraint commission_lines_pkey,
         add constraint commission_lines_pkey
           primary key (program_id, event_id, partner_id, rule_id, step, kind, tender)`,
    );
    await runner.query(
      `create index commission_lines_bonuses on commission_lines (partner_id, rule_id) where kind = 'bonus' and step = 0`,
    );
    // What pricing had counted when it was last at the end of a month, and at the newest event: with it, it goes on there.
    await runner.query(`
      create table pricing_checkpoints (
        partner_id text not null references partners (id),
        month text not null,
        program_id text not null references programs (id),
        occurred_at timestamptz(3) not null,
        event_id text collate "C" not null,
        fingerprint text not null,
        totals jsonb not null,
        primary key (partner_id, month)
      )`);
    await runner.query(
      `create index pricing_checkpoints_places on pricing_checkpoints (partner_id, occurred_at, event_id)`,
    );
    // Until when the bonuses that fall due by the calendar are booked.
    await runner.query(`alter table partner_timelines add column bonuses_until timestamptz`);
    // What partners were asked for and delivered: a fact that pays participation bonuses.
    await runner.query(`
      create table accepted_deliverables (
        id text primary key,
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        deliverable text not null,
        accepted_at timestamptz(3) not null,
        accepted_by text not null,
        reason text not null,
        recorded_at timestamptz not null,
        unique (partner_id, deliverable, accepted_at)
      )`);
    await runner.query(
      `create trigger accepted_deliverables_append_only before update or delete on accepted_deliverables
       for each statement execute function refuse_change()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table accepted_deliverables`);
    await runner.query(`alter table partner_timelines drop column bonuses_until`);
    await runner.query(`drop table pricing_checkpoints`);
    await runner.query(`drop index commission_lines_bonuses`);
    await runner.query(`alter table commission_lines drop constraint commission_lines_kind_check`);
    await runner.query(
      `alter table commission_lines
         drop constraint commission_lines_pkey,
         add constraint commission_lines_pkey primary key (program_id, event_id, partner_id, rule_id, step),
         drop column tender,
         add constraint commission_lines_kind_check check (kind in ('commission', 'reversal'))`,
    );
  }
}
