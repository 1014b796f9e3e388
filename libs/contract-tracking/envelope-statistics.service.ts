import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { ProgramsService } from '../programs/index.js';
import {
  completionRate,
  lostOutcomes,
  requirePeriod,
  signingSteps,
  type Durations,
  type EnvelopeStatistics,
  type LostReason,
  type StatisticsBy,
} from './domain/index.js';

export interface StatisticsRequest {
  programs: '*' | readonly string[];
  /** Envelopes sent from here on (included) until there (not included). */
  from: Date;
  until: Date;
  by: StatisticsBy;
}

export interface StatisticsAnswer {
  from: Date;
  until: Date;
  by: StatisticsBy;
  /** All of them together. */
  total: EnvelopeStatistics;
  items: EnvelopeStatistics[];
  /** There is one page. */
  next: null;
}

/** Groups in one answer, and reasons of each step and outcome in a group. */
const maxGroups = 1_000;
const maxReasons = 10;
const longestPeriodMs = 10 * 366 * 86_400_000;

const keysOf: Readonly<Record<StatisticsBy, readonly string[]>> = {
  program: ['program_id'],
  template: ['program_id', 'template_version', 'terms_template_id', 'terms_template_version'],
  month: ['program_id', 'month'],
};
const allKeys = ['program_id', 'template_version', 'terms_template_id', 'terms_template_version', 'month'] as const;

/**
 * Envelopes of the period with the instants of their steps. When the contract was first looked at is a fact of its
 * evidence: a corrected address makes the row forget it. Where the evidence was erased, the row has to do.
 */
const cohort = `
  select e.program_id, e.template_version, n.template_id as terms_template_id, n.template_version as terms_template_version,
    to_char(e.sent_at at time zone coalesce($4::jsonb ->> e.program_id, 'Etc/UTC'), 'YYYY-MM') as month,
    e.state, e.reason, e.sent_at, coalesce(seen.at, opened.at) as viewed_at, e.partner_signed_at, e.countersigned_at, e.executed_at,
    case when e.partner_signed_at is not null then 'signed' when coalesce(seen.at, opened.at) is not null then 'viewed' else 'sent' end as last_step
  from envelopes e join negotiations n on n.id = e.negotiation_id
    left join lateral (select min(at) as at from envelope_events v where v.envelope_id = e.id and v.type = 'viewed') seen on true
    left join lateral (select min(viewed_at) as at from envelope_recipients r where r.envelope_id = e.id and r.party = 'partner') opened on true
  where e.sent_at >= $1 and e.sent_at < $2 and ($3::text[] is null or e.program_id = any($3))`;

const durations = {
  timeToSign: ['sent_at', 'executed_at'],
  sentToViewed: ['sent_at', 'viewed_at'],
  viewedToSigned: ['viewed_at', 'partner_signed_at'],
  signedToCountersigned: ['partner_signed_at', 'countersigned_at'],
  countersignedToExecuted: ['countersigned_at', 'executed_at'],
} as const;
type DurationName = keyof typeof durations;

type Keys = Pick<
  EnvelopeStatistics,
  'programId' | 'templateVersion' | 'termsTemplateId' | 'termsTemplateVersion' | 'month'
> & { isTotal: boolean };
type Counts = Pick<EnvelopeStatistics, 'sent' | 'superseded' | 'executed' | 'declined' | 'expired' | 'voided' | 'open'>;
type Figures = Keys &
  Counts & {
    durations: Record<DurationName, { count: number; at: (number | null)[] | null }>;
    lost: Record<string, number>;
  };
type ReasonRow = Keys & LostReason;

/** How contracts are signed, in figures: how long it takes, how often it succeeds, where signers drop off and why. */
@Injectable()
export class EnvelopeStatisticsService {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
  ) {}

  /** @throws DomainError `malformed-request` (the period) */
  async read({ programs, from, until, by }: StatisticsRequest): Promise<StatisticsAnswer> {
    requirePeriod(from, until, longestPeriodMs);
    const zones = (await this.programs.list()).map(({ id, document }) => [id, document.timeZone]);
    const parameters = [from, until, programs === '*' ? null : programs, JSON.stringify(Object.fromEntries(zones))];
    const figures = await this.database.query<Figures>(figuresQuery(by), parameters);
    const reasons = await this.database.query<ReasonRow>(reasonsQuery(by), parameters);
    const byKey = new Map<string, ReasonRow[]>();
    for (const row of reasons) byKey.set(keyText(row), [...(byKey.get(keyText(row)) ?? []), row]);
    const all = figures.map((row) => ({ row, statistics: statisticsOf(row, byKey.get(keyText(row)) ?? []) }));
    const total = all.find(({ row }) => row.isTotal)!.statistics;
    const items = all.filter(({ row }) => !row.isTotal).map(({ statistics }) => statistics);
    return { from, until, by, total, items, next: null };
  }
}

function statisticsOf(row: Figures, reasons: readonly ReasonRow[]): EnvelopeStatistics {
  const { programId, templateVersion, termsTemplateId, termsTemplateVersion, month } = row;
  const { sent, superseded, executed, declined, expired, voided, open } = row;
  const { timeToSign, ...steps } = Object.fromEntries(
    Object.entries(row.durations).map(([name, { count, at }]) => [name, durationsOf(count, at)]),
  ) as Record<DurationName, Durations>;
  const dropOffs = Object.fromEntries(
    signingSteps.map((step) => [
      step,
      Object.fromEntries(lostOutcomes.map((outcome) => [outcome, row.lost[`${step} ${outcome}`] ?? 0])),
    ]),
  ) as EnvelopeStatistics['dropOffs'];
  return {
    ...{ programId, templateVersion, termsTemplateId, termsTemplateVersion, month },
    ...{ sent, superseded, executed, declined, expired, voided, open },
    completionRate: completionRate({ executed, declined, expired, voided }),
    ...{ timeToSign, steps, dropOffs },
    reasons: reasons.map(({ after, outcome, reason, count }) => ({ after, outcome, reason, count })),
  };
}

function durationsOf(count: number, at: (number | null)[] | null): Durations {
  const rounded = (value: number | null | undefined): number | null => (value == null ? null : Math.round(value));
  return { count, medianMs: rounded(at?.[0]), p90Ms: rounded(at?.[1]) };
}

function keyText({ isTotal, ...keys }: Keys): string {
  const { programId, templateVersion, termsTemplateId, termsTemplateVersion, month } = keys;
  return JSON.stringify([isTotal, programId, templateVersion, termsTemplateId, termsTemplateVersion, month]);
}

/** One row per group, and one for all of them together. */
function figuresQuery(by: StatisticsBy): string {
  const times = Object.entries(durations).map(([name, [from, until]]) => {
    const ms = `extract(epoch from (${until} - ${from})) * 1000`;
    const counted = `state <> 'superseded' and ${until} is not null and ${from} is not null`;
    return `'${name}', json_build_object('count', count(*) filter (where ${counted}),
      'at', percentile_cont(array[0.5, 0.9]) within group (order by ${ms}) filter (where ${counted}))`;
  });
  const lost = signingSteps.flatMap((step) =>
    lostOutcomes.map(
      (outcome) => `'${step} ${outcome}', count(*) filter (where last_step = '${step}' and state = '${outcome}')`,
    ),
  );
  const states = ['superseded', 'executed', 'declined', 'expired', 'voided'];
  const ended = states.map((state) => `'${state}'`).join(', ');
  return `with cohort as (${cohort})
    select ${selectedKeys(by)}, (count(*) filter (where state <> 'superseded'))::int as sent,
      ${states.map((state) => `(count(*) filter (where state = '${state}'))::int as ${state}`).join(', ')},
      (count(*) filter (where state not in (${ended})))::int as open,
      json_build_object(${times.join(', ')}) as durations, json_build_object(${lost.join(', ')}) as lost
    from cohort group by ${groups(by)} order by ${order(by)} limit ${maxGroups + 1}`;
}

/** The reasons that were given most often for each step and outcome of each group, and of all together. */
function reasonsQuery(by: StatisticsBy): string {
  const outcomes = lostOutcomes.map((outcome) => `'${outcome}'`).join(', ');
  return `with cohort as (${cohort}),
    counted as (
      select ${selectedKeys(by)}, last_step as after, state as outcome, reason, count(*)::int as count
      from cohort where state in (${outcomes})
      group by ${groups(by, ['last_step', 'state', 'reason'])}),
    ranked as (
      select *, row_number() over (partition by "isTotal", "programId", "templateVersion", "termsTemplateId", "termsTemplateVersion",
        month, after, outcome order by count desc, reason nulls last) as rank from counted)
    select * from ranked where rank <= ${maxReasons}
    order by array_position(array['sent', 'viewed', 'signed'], after), array_position(array[${outcomes}], outcome), rank`;
}

function selectedKeys(by: StatisticsBy): string {
  const names = { program_id: 'programId', template_version: 'templateVersion' } as Record<string, string>;
  const aliases = { ...names, terms_template_id: 'termsTemplateId', terms_template_version: 'termsTemplateVersion' };
  const used = keysOf[by];
  const columns = allKeys.map((key) => {
    const alias = (aliases as Record<string, string>)[key] ?? key;
    return `${used.includes(key) ? key : `null${key === 'terms_template_version' ? '::int' : '::text'}`} as "${alias}"`;
  });
  return `${columns.join(', ')}, grouping(program_id) = 1 as "isTotal"`;
}

function groups(by: StatisticsBy, also: readonly string[] = []): string {
  return `grouping sets ((${[...keysOf[by], ...also].join(', ')}), (${also.join(', ')}))`;
}

function order(by: StatisticsBy): string {
  return [`grouping(program_id) desc`, ...keysOf[by].map((key) => `${key} nulls first`)].join(', ');
}
