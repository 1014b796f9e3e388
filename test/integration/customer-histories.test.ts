import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, vi, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { newAndOther, sale, startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'test' };
const terms = newAndOther;

let money: MoneyServices;
// One connection, so that all goes by the one that is watched.
beforeAll(async () => void (money = await startMoneyServices({ connections: 1 })));
afterAll(() => money.close());
afterEach(() => void vi.restoreAllMocks());

async function partnerWith(own: Terms): Promise<{ programId: string; partnerId: string }> {
  const programId = await seedProgram(money.database);
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms: own });
  return { programId, partnerId };
}

/** The rule that gave each of these events something. */
async function rulesOf(programId: string, ...events: Record<string, unknown>[]): Promise<unknown[]> {
  const results = await money.commissions.ingest(programId, events, actor);
  return results.map((result) => ('rule' in result ? result.rule : result.status));
}

/** How many pieces the only connection sends while this is done: for each of them the API waits for the database. */
async function piecesSent(work: () => Promise<unknown>): Promise<number> {
  const { master } = money.database.dataSource.driver as unknown as {
    master: { _clients: [{ connection: { stream: Duplex } }] };
  };
  const { stream } = master._clients[0].connection;
  const sent = [vi.spyOn(stream, '_write'), vi.spyOn(stream, '_writev' as '_write')];
  await work();
  return sent.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

describe('what is asked of customers before their partner is known', () => {
  test('takes no trip of its own to the database', async () => {
    const { programId } = await partnerWith(terms);
    await rulesOf(programId, sale('first', { customer: 'c' }));
    await rulesOf(programId, sale('second', { customer: 'c' }));
    const pieces = await piecesSent(async () => {
      expect(await rulesOf(programId, sale('third', { customer: 'c' }))).toEqual(['other']);
    });
    // The event with all that is read for it; its money and its line; the end.
    expect(pieces).toBe(3);
  });

  test('sees the events that it came with', async () => {
    const { programId } = await partnerWith(terms);
    await rulesOf(programId, sale('known', { customer: 'other' }));
    const later = sale('later', { customer: 'c', occurredAt: '2026-01-12T00:00:00Z' });
    expect(await rulesOf(programId, later, sale('earlier', { customer: 'c' }))).toEqual(['other', 'new']);
  });

  test('is asked again where sales have come to count otherwise', async () => {
    const { programId, partnerId } = await partnerWith(terms);
    const inEuros = (id: string, day: string) =>
      sale(id, { customer: 'c', currency: 'EUR', occurredAt: `2026-01-${day}T00:00:00Z` });
    await rulesOf(programId, sale('known', { customer: 'other' }));
    // Without a rate it counts for nothing, under terms in dollars.
    expect(await rulesOf(programId, inEuros('first', '05'))).toEqual(['held']);
    // An agreement in euros takes the place of the one in dollars.
    await seedPartner(money.database, { programId, reference: 'p2', terms: { ...terms, currency: 'EUR' } });
    await money.owner.query(
      `update agreement_versions set terms_hash = (select terms_hash from agreement_versions where program_id = $1 and partner_id <> $2)
       where program_id = $1 and partner_id = $2`,
      [programId, partnerId],
    );
    await money.commissions.repriceSince(programId, partnerId, 0, actor);
    expect(await rulesOf(programId, inEuros('second', '15'))).toEqual(['other']);
  });

  test('is nothing that anybody waits for where the events are not stored', async () => {
    const { programId } = await partnerWith(terms);
    await rulesOf(programId, sale('known', { customer: 'c' }));
    const [role] = await money.database.query<{ name: string }>(`select current_user as name`);
    await money.owner.query(`revoke insert on events from ${role!.name}`);
    // Of the statements behind the one that failed, none may fail unheard: that would end the process.
    await expect(rulesOf(programId, sale('lost', { customer: 'c' }))).rejects.toThrow(
      'permission denied for table events',
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await money.owner.query(`grant insert on events to ${role!.name}`);
    expect(await rulesOf(programId, sale('lost', { customer: 'c' }))).toEqual(['other']);
  });
});
