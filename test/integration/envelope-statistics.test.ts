import { randomUUID } from 'node:crypto';
import type { EnvelopeStatistics, StatisticsBy } from '../../libs/contract-tracking/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { TrackingHouse } from '../support/tracking-house.js';

const hourMs = 3_600_000;
const period = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2026-07-01T00:00:00Z') };

/** One envelope's way, as a person would write it down. */
interface History {
  program: number;
  templateVersion: string;
  termsVersion: number | null;
  sentAt: number;
  viewedAt: number | null;
  signedAt: number | null;
  countersignedAt: number | null;
  executedAt: number | null;
  state: string;
  reason: string | null;
  /** Where its first look stands: in the evidence, in the row, or in both. */
  looks: 'evidence' | 'row' | 'both';
}

let seed = 20260101;
/** The same numbers in every run (a linear congruential generator, Numerical Recipes' constants). */
function random(): number {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return seed / 2 ** 32;
}
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;

function history(): History {
  // Some fall before the period, some behind it, some on its edges.
  const edges = [period.from.getTime(), period.until.getTime(), period.from.getTime() - 1, period.until.getTime() - 1];
  const sentAt =
    random() < 0.05 ? pick(edges) : Date.parse('2025-12-01T00:00:00Z') + Math.floor(random() * 240 * 24 * hourMs);
  const after = (from: number, hours: number) => from + 1 + Math.floor(random() * hours * hourMs);
  const viewedAt = random() < 0.85 ? after(sentAt, 72) : null;
  const signedAt = random() < 0.75 ? after(viewedAt ?? sentAt, 48) : null;
  const countersignedAt = signedAt !== null && random() < 0.85 ? after(signedAt, 100) : null;
  const executedAt = countersignedAt !== null && random() < 0.95 ? after(countersignedAt, 1) : null;
  const lost = ['declined', 'expired', 'voided', 'superseded'] as const;
  const state =
    executedAt !== null
      ? 'executed'
      : countersignedAt !== null
        ? 'sealing'
        : random() < 0.7
          ? pick(lost)
          : signedAt !== null
            ? 'awaiting_countersign'
            : viewedAt !== null
              ? 'viewed'
              : 'sent';
  const reason =
    state === 'declined' || state === 'voided' ? pick(['the rate', 'the term', 'no interest', null]) : null;
  return {
    ...{
      program: Math.floor(random() * 2),
      templateVersion: pick(['2026-01', '2026-02']),
      termsVersion: pick([null, 1, 2]),
    },
    ...{
      sentAt,
      viewedAt,
      signedAt,
      countersignedAt,
      executedAt,
      state,
      reason,
      looks: pick(['evidence', 'row', 'both']),
    },
  };
}

/** Between the two values around it, as PostgreSQL's `percentile_cont` and every textbook have it. */
function percentile(values: readonly number[], part: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const position = part * (sorted.length - 1);
  const low = sorted[Math.floor(position)]!;
  return Math.round(low + (sorted[Math.ceil(position)]! - low) * (position - Math.floor(position)));
}

function durations(histories: readonly History[], from: keyof History, until: keyof History) {
  const spans = histories
    .filter((each) => each.state !== 'superseded' && each[from] !== null && each[until] !== null)
    .map((each) => (each[until] as number) - (each[from] as number));
  return { count: spans.length, medianMs: percentile(spans, 0.5), p90Ms: percentile(spans, 0.9) };
}

const lastStep = ({ signedAt, viewedAt }: History): string =>
  signedAt !== null ? 'signed' : viewedAt !== null ? 'viewed' : 'sent';
const countOf = (histories: readonly History[], state: string): number =>
  histories.filter((each) => each.state === state).length;

/** What the figures must be, by plain counting. */
function counted(histories: readonly History[]) {
  const [executed, declined, expired, voided, superseded] = [
    'executed',
    'declined',
    'expired',
    'voided',
    'superseded',
  ].map((state) => countOf(histories, state)) as [number, number, number, number, number];
  const ended = executed + declined + expired + voided;
  const dropOffs = Object.fromEntries(
    ['sent', 'viewed', 'signed'].map((step) => [
      step,
      Object.fromEntries(
        ['declined', 'expired', 'voided'].map((outcome) => [
          outcome,
          histories.filter((each) => each.state === outcome && lastStep(each) === step).length,
        ]),
      ),
    ]),
  );
  return {
    ...{ executed, declined, expired, voided, superseded, sent: histories.length - superseded },
    open: histories.length - superseded - ended,
    completionRate: ended === 0 ? null : (Math.round((executed / ended) * 10_000) / 10_000).toFixed(4),
    timeToSign: durations(histories, 'sentAt', 'executedAt'),
    steps: {
      sentToViewed: durations(histories, 'sentAt', 'viewedAt'),
      viewedToSigned: durations(histories, 'viewedAt', 'signedAt'),
      signedToCountersigned: durations(histories, 'signedAt', 'countersignedAt'),
      countersignedToExecuted: durations(histories, 'countersignedAt', 'executedAt'),
    },
    dropOffs,
  };
}

describe('statistics of envelopes', () => {
  let house: TrackingHouse;
  const programs: { programId: string; termsHash: string; templateId: string }[] = [];
  const histories = Array.from({ length: 700 }, history);
  const within = histories.filter(({ sentAt }) => sentAt >= period.from.getTime() && sentAt < period.until.getTime());

  beforeAll(async () => {
    house = await TrackingHouse.open();
    for (const zone of ['Asia/Jakarta', 'America/New_York']) {
      const program = await house.program('P7D', zone);
      const templateId = newId('tpl');
      await house.owner.query(
        `insert into terms_templates (id, program_id, is_automatic, current_version, created_at) values ($1, $2, false, 2, now())`,
        [templateId, program.programId],
      );
      for (const version of [1, 2]) {
        await house.owner.query(
          `insert into terms_template_versions (template_id, version, program_id, name, terms_hash, created_by, created_at)
           values ($1, $2, $3, 'Standard', $4, 'test', now())`,
          [templateId, version, program.programId, program.termsHash],
        );
      }
      programs.push({ ...program, templateId });
    }
    for (const each of histories) await write(each);
  }, 300_000);
  afterAll(() => house.close());

  async function write(each: History): Promise<void> {
    const { programId, termsHash, templateId } = programs[each.program]!;
    const id = randomUUID().replaceAll('-', '');
    const at = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
    const isInRow = each.looks !== 'evidence';
    await house.owner.query(
      `with person as (insert into persons (id, program_id) values ('per_' || $1, $2) returning id),
       application as (insert into applications (id, program_id, program_version, person_id, stage, created_at, stage_since)
         select 'app_' || $1, $2, 1, id, 'approved', now(), now() from person returning id),
       partner as (insert into partners (id, program_id, application_id, person_id, reference, stage, created_at)
         select 'prt_' || $1, $2, id, 'per_' || $1, $1, 'contracting', now() from application returning id),
       negotiation as (insert into negotiations (id, program_id, application_id, partner_id, state, current_number, last_number, agreed_hash,
           template_id, template_version, created_at, state_since)
         select 'neg_' || $1, $2, 'app_' || $1, id, 'agreed', 1, 1, $3::text, $4::text, $5::int, now(), now() from partner returning id),
       envelope as (insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, state, terms_hash, document_sha256,
           consent_version, template_version, is_sealable, sent_at, partner_signed_at, countersigned_at, executed_at, reason, created_at, state_since)
         select 'env_' || $1, $2, 'app_' || $1, id, 'prt_' || $1, $6::text, $3::text, $1, 'v1', $7::text, false, $8::timestamptz,
           $9::timestamptz, $10::timestamptz, $11::timestamptz, $12::text, now(), now() from negotiation returning id)
       insert into envelope_recipients (id, program_id, envelope_id, party, place, person_id, authentication, state, viewed_at, created_at)
         select 'rcp_' || $1, $2, id, 'partner', 1, 'per_' || $1, 'link', 'viewed', $13::timestamptz, now() from envelope`,
      [
        ...[id, programId, termsHash, each.termsVersion === null ? null : templateId, each.termsVersion],
        ...[each.state, each.templateVersion, at(each.sentAt), at(each.signedAt), at(each.countersignedAt)],
        ...[at(each.executedAt), each.reason, isInRow ? at(each.viewedAt) : null],
      ],
    );
    if (each.viewedAt === null || each.looks === 'row') return;
    // Two looks: the first one counts.
    for (const [number, later] of [0, 5_000].entries()) {
      await house.owner.query(
        `insert into envelope_events (program_id, envelope_id, number, type, at, actor_id, data, previous_hash, hash)
         values ($1, $2, $3, 'viewed', $4, 'rcp', '{}', 'p', 'h')`,
        [programId, `env_${id}`, number + 1, at(each.viewedAt + later)],
      );
    }
  }

  const read = (by: StatisticsBy, only: readonly string[] | '*' = '*') =>
    house.statistics.read({ programs: only, ...period, by });
  const monthOf = (ms: number, timeZone: string): string => {
    const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit' }).formatToParts(ms);
    const part = (type: string) => parts.find((each) => each.type === type)!.value;
    return `${part('year')}-${part('month')}`;
  };

  function expectFigures(found: EnvelopeStatistics, group: readonly History[]): void {
    expect(found).toMatchObject(counted(group));
  }

  it('are those of plain counting, of all together', async () => {
    const { total } = await read('program');
    expect(within.length).toBeGreaterThan(400);
    expect(total.programId).toBeNull();
    expectFigures(total, within);
  });

  it('by program', async () => {
    const { items } = await read('program');
    expect(items).toHaveLength(2);
    for (const [index, { programId }] of programs.entries()) {
      const found = items.find((item) => item.programId === programId)!;
      expectFigures(
        found,
        within.filter(({ program }) => program === index),
      );
      const [alone] = (await read('program', [programId])).items;
      expect(alone).toEqual(found);
    }
  });

  it('by template of clauses and of terms', async () => {
    const { items, total } = await read('template');
    expect(items).toHaveLength(2 * 2 * 3);
    for (const item of items) {
      const index = programs.findIndex(({ programId }) => programId === item.programId);
      expect(item.termsTemplateId).toBe(item.termsTemplateVersion === null ? null : programs[index]!.templateId);
      const isOf = (each: History): boolean =>
        each.program === index &&
        each.templateVersion === item.templateVersion &&
        each.termsVersion === item.termsTemplateVersion;
      expectFigures(item, within.filter(isOf));
    }
    expectFigures(total, within);
  });

  it('by the month of sending, in each program’s own zone', async () => {
    const { items } = await read('month');
    const zones = ['Asia/Jakarta', 'America/New_York'];
    for (const item of items) {
      const index = programs.findIndex(({ programId }) => programId === item.programId);
      const isOf = ({ program, sentAt }: History): boolean =>
        program === index && monthOf(sentAt, zones[index]!) === item.month;
      expectFigures(item, within.filter(isOf));
    }
    expect(items.reduce((sum, { sent, superseded }) => sum + sent + superseded, 0)).toBe(within.length);
  });

  it('name the reasons that were given most often, for each step and outcome', async () => {
    const { total } = await read('program');
    const declined = within.filter((each) => each.state === 'declined' && lastStep(each) === 'viewed');
    const tally = new Map<string | null, number>();
    for (const { reason } of declined) tally.set(reason, (tally.get(reason) ?? 0) + 1);
    const named = total.reasons.filter(({ after, outcome }) => after === 'viewed' && outcome === 'declined');
    expect(new Map(named.map(({ reason, count }) => [reason, count]))).toEqual(tally);
    expect(named.map(({ count }) => count)).toEqual([...tally.values()].sort((a, b) => b - a));
  });

  it('are all nought where nothing was sent', async () => {
    const empty = await house.statistics.read({
      ...{ programs: '*', by: 'template' },
      ...{ from: new Date('2020-01-01T00:00:00Z'), until: new Date('2020-02-01T00:00:00Z') },
    });
    expect(empty.items).toEqual([]);
    expect(empty.total).toMatchObject({
      sent: 0,
      completionRate: null,
      timeToSign: { count: 0, medianMs: null, p90Ms: null },
    });
  });

  it('show nothing of programs that the caller does not see', async () => {
    const { items, total } = await read('month', []);
    expect([items, total.sent]).toEqual([[], 0]);
  });
});
