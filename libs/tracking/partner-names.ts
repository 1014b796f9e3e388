import { preparedRows, type Transaction } from '../database/index.js';
import type { Clock } from '../kernel/clock.js';
import { keepNewest } from '../kernel/keep-newest.js';

/** How long a name is remembered: one that is given up with an erasure is unknown again by then. */
const rememberMs = 10_000;
const maxNames = 10_000;

/**
 * Partners by the names under which events report them. Senders report the same few partners again and again: whose a name is
 * is remembered for some seconds. One that nobody has is looked for each time, so that a new partner is known at once.
 */
export class PartnerNames {
  private readonly known = new Map<string, { partnerId: string; untilMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** The ids of partners by these names; those that no partner of the program has are absent. */
  async of(tx: Transaction, programId: string, names: readonly string[]): Promise<Map<string, string>> {
    const nowMs = this.clock.now().getTime();
    const found = new Map<string, string>();
    const unknown: string[] = [];
    for (const name of names) {
      const entry = this.known.get(keyOf(programId, name));
      if (entry && entry.untilMs > nowMs) found.set(name, entry.partnerId);
      else unknown.push(name);
    }
    const partners = await partnersByName(tx, programId, unknown);
    for (const name of unknown) {
      const partnerId = partners.get(name);
      if (partnerId === undefined) continue;
      found.set(name, partnerId);
      keepNewest(this.known, keyOf(programId, name), { partnerId, untilMs: nowMs + rememberMs }, maxNames);
    }
    return found;
  }
}

function keyOf(programId: string, name: string): string {
  return `${programId}\n${name}`;
}

/** Partners by both of their names; our own id comes first where a reference looks the same. */
export async function partnersByName(
  tx: Transaction,
  programId: string,
  names: string[],
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const rows = await preparedRows<{ id: string; reference: string }>(
    tx,
    `select id, reference from partners where program_id = $1 and id = any($2)
     union select id, reference from partners where program_id = $1 and reference = any($2)`,
    [programId, names],
  );
  return new Map([
    ...rows.map(({ id, reference }) => [reference, id] as const),
    ...rows.map(({ id }) => [id, id] as const),
  ]);
}
