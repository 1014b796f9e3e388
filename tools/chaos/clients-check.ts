import type { Database } from '../../libs/database/index.js';
import { priceOffline } from '../rehearse/offline-check.js';
import type { Difference } from './difference.js';
import type { Witness } from './witness.js';
import type { ChaosProgram } from './world.js';

/** The acts of people that leave one fact each time they are done. */
const witnessed = [
  ...['submit', 'edit', 'approve', 'release', 'recall', 'reject', 'cancel', 'pause', 'resume'].map(
    (action) => `payout_batch.${action}`,
  ),
  ...['payout_item.retry', 'payout_item.release_held'],
  ...['asked', 'approved', 'rejected', 'withdrawn'].map((stage) => `partner.payout_details_${stage}`),
];

export interface ClientsReport {
  differences: Difference[];
  events: number;
  acts: number;
}

/** Holds what clients were answered against the rows: each event priced once, each act done once, and nothing else. */
export async function checkClients(
  database: Database,
  programs: readonly ChaosProgram[],
  witness: Witness,
): Promise<ClientsReport> {
  const differences = witness.oddities.map((detail) => ({ code: 'answer_wrong', subject: 'API', detail }));
  for (const program of programs) {
    differences.push(...(await eventDifferences(database, program, witness)));
    differences.push(...(await pricingDifferences(database, program, witness)));
  }
  const acts = await actDifferences(database, witness);
  return { differences: [...differences, ...acts.differences], events: witness.events.size, acts: acts.acts };
}

async function eventDifferences(
  database: Database,
  { id: programId }: ChaosProgram,
  witness: Witness,
): Promise<Difference[]> {
  const rows = await database.query<{ id: string }>(`select id from events where program_id = $1`, [programId]);
  const stored = new Set(rows.map(({ id }) => id));
  const sent = [...witness.events.values()].filter((event) => event.programId === programId).map(({ body }) => body.id);
  const known = new Set(sent);
  return [
    ...sent
      .filter((id) => !stored.has(id))
      .map((subject) => ({ code: 'event_lost', subject, detail: 'was accepted and is not stored' })),
    ...[...stored]
      .filter((id) => !known.has(id))
      .map((subject) => ({ code: 'event_unasked', subject, detail: 'is stored, and no client was told that it is' })),
  ];
}

/** What each partner earned, against the pure engine on the same events: a line too many or too few shows in the sum. */
async function pricingDifferences(
  database: Database,
  { id: programId, terms, currency }: ChaosProgram,
  witness: Witness,
): Promise<Difference[]> {
  const rows = await database.query<{ partner_id: string; minor: string }>(
    `select partner_id, sum(amount_minor) as minor from commission_lines where program_id = $1 group by partner_id`,
    [programId],
  );
  const live = new Map(rows.map(({ partner_id: partner, minor }) => [partner, Number(minor)]));
  const accepted = [...witness.events.values()]
    .filter((event) => event.programId === programId)
    .map(({ body }, index) => ({ body, source: { line: index + 1 } }));
  // No bonus falls due by the calendar, and nobody's tier is reviewed while it runs.
  const totals = priceOffline(accepted, { terms, tiers: new Map(), lastCutOff: undefined });
  const offline = new Map(totals.sorted().map(({ partner, amountMinor }) => [partner, Number(amountMinor)]));
  return [...new Set([...live.keys(), ...offline.keys()])]
    .filter((partner) => (live.get(partner) ?? 0) !== (offline.get(partner) ?? 0))
    .map((partner) => ({
      code: 'priced_otherwise',
      subject: partner,
      detail: `earned ${live.get(partner) ?? 0} ${currency}, and ${offline.get(partner) ?? 0} by the engine alone`,
    }));
}

async function actDifferences(
  database: Database,
  witness: Witness,
): Promise<{ differences: Difference[]; acts: number }> {
  const facts = await database.query<{ subject_id: string; action: string; times: number }>(
    `select subject_id, action, count(*)::int as times from audit_facts where action = any($1) group by subject_id, action`,
    [witnessed],
  );
  const recorded = new Map(facts.map(({ subject_id: id, action, times }) => [`${id} ${action}`, times]));
  const differences: Difference[] = [];
  let acts = 0;
  for (const { subjectId, action, times } of witness.acts) {
    const done = recorded.get(`${subjectId} ${action}`) ?? 0;
    recorded.delete(`${subjectId} ${action}`);
    acts += times;
    if (done === times) continue;
    const detail = `${action} was answered ${times} times with a success and done ${done} times`;
    differences.push({ code: 'act_differs', subject: subjectId, detail });
  }
  for (const [key, done] of recorded) {
    const [subject = '', action = ''] = key.split(' ');
    differences.push({
      code: 'act_unanswered',
      subject,
      detail: `${action} was done ${done} times and never answered with a success`,
    });
  }
  return { differences, acts };
}
