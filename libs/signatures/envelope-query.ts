import { roles } from '../identity/domain/index.js';
import { decodeCursor, type CursorPart } from '../platform/index.js';
import { openEnvelopeStates, type EnvelopeState, type Party, type StallCause } from './domain/index.js';

/** How the list is sorted: by time in the state, by the expiry to come, by the sending. With `-` the other way round. */
export type EnvelopeSort = 'age' | '-age' | 'expiry' | '-expiry' | 'sent' | '-sent';

export interface EnvelopeFilter {
  programs: '*' | readonly string[];
  partnerId?: string | undefined;
  state?: EnvelopeState | undefined;
  /** Only what something still follows, or only what has ended. */
  isOpen?: boolean | undefined;
  awaiting?: Party | undefined;
  /** Whose turn it is: a recipient's or person's id, the subject of a token, or a role of the company. */
  waitingFor?: string | undefined;
  stateBefore?: Date | undefined;
  sentBefore?: Date | undefined;
  /** Only what expires before, unless somebody signs. */
  expiresBefore?: Date | undefined;
  /** Those alone whose mails fail, whose seal is blocked or whose time-stamp is missing. */
  overlay?: 'delivery_failed' | 'seal_blocked' | 'timestamp_pending' | undefined;
  /** Only those that are stalled by this cause, by any, or by none. */
  stalled?: StallCause | 'any' | 'none' | undefined;
  /** Of the clause library that the contract was written with. */
  templateVersion?: string | undefined;
  /** Of the terms that the negotiation began with. */
  termsTemplateId?: string | undefined;
  sort?: EnvelopeSort | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** How long envelopes of a program may stand without progress, in milliseconds, by the program's id. */
export type Patience = ReadonlyMap<string, number>;

export interface BuiltQuery {
  sql: string;
  parameters: unknown[];
  /** Names the order in cursors. */
  sort: EnvelopeSort;
}

const columns: Readonly<Record<'age' | 'expiry' | 'sent', string>> = {
  age: 'e.state_since',
  expiry: 'e.expires_at',
  sent: 'e.sent_at',
};
const key: readonly CursorPart[] = ['instant', 'text'];

/** As the partial indexes say it: the planner knows them again by these words. */
const open = `e.state in (${openEnvelopeStates.map((state) => `'${state}'`).join(', ')})`;
const asked = `r.envelope_id = e.id and r.state in ('asked', 'viewed')`;

/** The rule of `stallsOf` as conditions on a row. */
const stalledBy: Readonly<Record<StallCause, (patience: string, now: string) => string>> = {
  no_progress: (patience, now) => {
    const before = `${now}::timestamptz - (${patience}::jsonb ->> e.program_id)::float8 * interval '1 millisecond'`;
    return `(e.state_since < ${before} and not exists (select 1 from envelope_recipients r where r.envelope_id = e.id
      and greatest(r.asked_at, r.viewed_at, r.acted_at, r.authenticated_at) >= ${before}))`;
  },
  delivery_failed: () => `exists (select 1 from envelope_recipients r where ${asked} and r.delivery = 'failed')`,
  signer_locked: () => `exists (select 1 from envelope_recipients r where ${asked} and r.locked_at is not null)`,
  seal_blocked: () => `e.seal_blocked is not null`,
};

/**
 * The statement for one page, and one row more. It has the conditions of this filter alone, so that the planner sees
 * which index serves it.
 * @throws DomainError `malformed-request` for a cursor of another list or order
 */
export function envelopeQuery(select: string, filter: EnvelopeFilter, patience: Patience, now: Date): BuiltQuery {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const { sort = 'age', limit, cursor } = filter;
  const column = columns[sort.replace('-', '') as keyof typeof columns];
  const [isDown, compare] = sort.startsWith('-') ? ['desc', '<'] : ['asc', '>'];
  const conditions = [...conditionsOf(filter, bind), ...stallConditions(filter, bind, patience, now)];
  // What has ended expires no more; what was not sent has no age since its sending.
  if (column === columns.expiry) conditions.push(open, `e.expires_at is not null`);
  if (column === columns.sent) conditions.push(`e.sent_at is not null`);
  const [at, id] = decodeCursor(cursor, sort, key);
  if (cursor !== undefined) conditions.push(`(${column}, e.id) ${compare} (${bind(at)}::timestamptz, ${bind(id)})`);
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const sql = `${select} ${where} order by ${column} ${isDown}, e.id ${isDown} limit ${bind(limit + 1)}`;
  return { sql, parameters, sort };
}

function conditionsOf(filter: EnvelopeFilter, bind: (value: unknown) => string): string[] {
  const { programs, isOpen, waitingFor, overlay } = filter;
  const given = (value: unknown, condition: (parameter: string) => string): string[] =>
    value === undefined ? [] : [condition(bind(value))];
  return [
    ...(programs === '*' ? [] : [programsCondition(programs, bind)]),
    ...given(filter.partnerId, (id) => `e.partner_id = ${id}`),
    ...given(filter.state, (state) => `e.state = ${state}`),
    ...(isOpen === undefined ? [] : [isOpen ? open : `not (${open})`]),
    ...given(filter.awaiting, (party) => `e.awaiting = ${party}`),
    ...given(waitingFor, (who) => waitingCondition(waitingFor ?? '', who)),
    ...given(filter.stateBefore, (at) => `e.state_since < ${at}`),
    ...given(filter.sentBefore, (at) => `e.sent_at < ${at}`),
    ...given(filter.expiresBefore, (at) => `e.expires_at < ${at} and e.awaiting is not null`),
    ...(overlay === 'delivery_failed' ? [open, stalledBy.delivery_failed('', '')] : []),
    ...(overlay === 'seal_blocked' ? [`e.seal_blocked is not null`] : []),
    ...(overlay === 'timestamp_pending' ? [`e.timestamp_pending`] : []),
    ...given(filter.templateVersion, (version) => `e.template_version = ${version}`),
    ...given(filter.termsTemplateId, (id) => `n.template_id = ${id}`),
  ];
}

/** One program is told apart from several: an index of a program's envelopes gives them in the list's order. */
function programsCondition(programs: readonly string[], bind: (value: unknown) => string): string {
  const [only, ...others] = programs;
  return only !== undefined && others.length === 0
    ? `e.program_id = ${bind(only)}`
    : `e.program_id = any(${bind(programs)})`;
}

/**
 * Roles and accounts stand in places of the company alone: saying so lets the list be walked in its order. Nearly all that
 * waits for the company waits for a role, so there each row is looked at in turn (`offset 0` keeps the planner from
 * collecting them all first).
 */
function waitingCondition(text: string, who: string): string {
  const column = whomColumn(text);
  const isCompanys = column === 'role' || column === 'subject_id';
  const inTurn = column === 'role' ? ' offset 0' : '';
  const isTurn = `exists (select 1 from envelope_recipients r where ${asked} and r.party = e.awaiting and r.${column} = ${who}${inTurn})`;
  return isCompanys ? `e.awaiting = 'company' and ${isTurn}` : isTurn;
}

/** The column of a recipient that holds such a text. */
function whomColumn(who: string): 'id' | 'person_id' | 'role' | 'subject_id' {
  if (who.startsWith('rcp_')) return 'id';
  if (who.startsWith('per_')) return 'person_id';
  return (roles as readonly string[]).includes(who) ? 'role' : 'subject_id';
}

function stallConditions(
  { stalled }: EnvelopeFilter,
  bind: (value: unknown) => string,
  patience: Patience,
  now: Date,
): string[] {
  if (stalled === undefined) return [];
  const isTimed = stalled === 'any' || stalled === 'none' || stalled === 'no_progress';
  const map = isTimed ? bind(JSON.stringify(Object.fromEntries(patience))) : '';
  const at = isTimed ? bind(now) : '';
  if (stalled !== 'any' && stalled !== 'none') return [open, stalledBy[stalled](map, at)];
  const any = `(${Object.values(stalledBy)
    .map((condition) => condition(map, at))
    .join(' or ')})`;
  return [open, stalled === 'any' ? any : `not ${any}`];
}
