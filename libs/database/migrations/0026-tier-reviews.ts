import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reviews of partners' tiers: each is a fact that is recorded once, whatever comes late (terms.md, Pricing 10). */
export class TierReviews1760000000026 implements MigrationInterface {
  name = 'TierReviews1760000000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table tier_reviews (
        program_id text not null references programs (id),
        partner_id text not null references partners (id),
        boundary timestamptz not null,
        terms_hash text not null,
        metric text not null,
        value bigint not null,
        held text,
        earned text not null,
        tier text not null,
        failed_in_row integer not null check (failed_in_row >= 0),
        recorded_at timestamptz not null,
        primary key (partner_id, boundary)
      )`);
    await runner.query(
      `create trigger tier_reviews_append_only before update or delete on tier_reviews
       for each statement execute function refuse_change()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table tier_reviews`);
  }
}
