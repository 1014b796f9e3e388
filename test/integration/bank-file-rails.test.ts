import { randomBytes } from 'node:crypto';
import { Database } from '../../libs/database/index.js';
import { Clock } from '../../libs/kernel/clock.js';
import { newId } from '../../libs/kernel/ids.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { IsoCreditTransferRail, NachaRail, type PayoutDestination } from '../../libs/payouts/index.js';
import { railIdempotencyKey, RailRefusal, type PayoutRail } from '../../libs/payouts/domain/index.js';
import { ibanDestination, MemoryDestinations, usDestination } from '../support/bank-house.js';
import { LosingProxy } from '../support/losing-proxy.js';
import { describePayoutRailContract } from '../support/payout-rail-contract.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { createTestDatabase } from '../support/servers.js';

class TestClock extends Clock {
  now(): Date {
    return new Date('2026-04-01T08:00:00Z');
  }
}

/** A rail over a connection that may lose what is said on it, with one partner that it can pay. */
async function fixtureOf(Rail: typeof IsoCreditTransferRail | typeof NachaRail, destination: PayoutDestination) {
  const testDatabase = await createTestDatabase();
  const proxy = await LosingProxy.before(testDatabase.url);
  const database = await Database.connect(proxy.url, 4);
  const direct = await Database.connect(testDatabase.url, 2);
  const programId = await seedProgram(direct);
  const partnerId = await seedPartner(direct, { programId, reference: 'paid' });
  const destinations = new MemoryDestinations();
  destinations.set(partnerId, destination);
  const keyring = Keyring.parse(`test:${randomBytes(32).toString('base64')}`);
  const rail: PayoutRail = new Rail({ database, clock: new TestClock(), keyring, destinations });
  const close = async () => {
    await database.close();
    await direct.close();
    await proxy.close();
    await testDatabase.drop();
  };
  return { rail, proxy, direct, programId, partnerId, destinations, close };
}

describe.each([
  ['ISO 20022 credit transfer files', IsoCreditTransferRail, ibanDestination],
  ['NACHA files', NachaRail, usDestination],
] as const)('%s', (name, Rail, destination) => {
  describePayoutRailContract(
    name,
    async () => {
      const { rail, proxy, direct, partnerId, close } = await fixtureOf(Rail, destination);
      return {
        rail,
        partnerId,
        currency: 'USD',
        strike(fault) {
          if (fault === 'refused') return Promise.resolve({ accountReference: `${newId('prt')}/0123456789abcdef` });
          proxy.loseNext(fault === 'answer_lost' ? 'answer' : 'request', 'insert into bank_instructions');
          return Promise.resolve({});
        },
        async giveBack(reference) {
          await direct.query(
            `update bank_instructions set state = 'returned', returned_minor = amount_minor, reason_code = 'AC04' where id = $1`,
            [reference],
          );
        },
        close,
      };
    },
    { isNeverThrottled: true, hasNoWebhooks: true, tellsNoBalance: true },
  );

  describe('the instructions', () => {
    let fixture: Awaited<ReturnType<typeof fixtureOf>>;

    beforeAll(async () => {
      fixture = await fixtureOf(Rail, destination);
    });

    afterAll(() => fixture.close());

    async function send(
      partnerId: string,
      changes: { currency?: string; amountMinor?: bigint; attempt?: number } = {},
    ) {
      const [itemId, attempt] = [newId('itm'), changes.attempt ?? 1];
      const idempotencyKey = railIdempotencyKey('test', itemId, attempt, fixture.rail.name);
      const { accountReference } = await fixture.rail.openAccount({ partnerId, idempotencyKey: 'k', currency: 'USD' });
      const batchId = newId('bat');
      const request = {
        itemId,
        attempt,
        idempotencyKey,
        accountReference,
        batchId,
        amountMinor: 500n,
        currency: 'USD',
      };
      return fixture.rail.send({ ...request, ...changes });
    }

    async function refusalCode(work: Promise<unknown>): Promise<string> {
      const failure: unknown = await work.catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RailRefusal);
      return (failure as RailRefusal).code;
    }

    it('keep the account as it was, sealed, and show four characters of it', async () => {
      const { reference } = await send(fixture.partnerId);
      const [row] = await fixture.direct.query<{ masked_account: string; sealed_destination: Buffer }>(
        `select * from bank_instructions where id = $1`,
        [reference],
      );
      const account =
        destination.kind === 'iban' ? destination.iban : (destination as { accountNumber: string }).accountNumber;
      expect(row?.masked_account.endsWith(account.slice(-4))).toBe(true);
      expect(row?.masked_account).not.toContain(account.slice(-5));
      expect(JSON.stringify(row)).not.toContain(account);
      expect(row?.sealed_destination.includes(Buffer.from(account))).toBe(false);
    });

    it('are refused for a partner without an account, with one of another kind, or with a name that no file can say', async () => {
      const partner = () => seedPartner(fixture.direct, { programId: fixture.programId, reference: newId('prt') });
      expect(await refusalCode(send(await partner()))).toBe('no_payout_details');
      const other = await partner();
      fixture.destinations.set(other, destination.kind === 'iban' ? usDestination : ibanDestination);
      expect(await refusalCode(send(other))).toMatch(/^no_(iban|us_account)$/);
      const unnameable = await partner();
      fixture.destinations.set(unnameable, { ...destination, holder: '東京' } as PayoutDestination);
      expect(await refusalCode(send(unnameable))).toBe('name_not_writable');
      expect(await refusalCode(send(fixture.partnerId, { currency: 'XXX' }))).toBe('amount_not_representable');
      expect(await refusalCode(send(fixture.partnerId, { amountMinor: 0n }))).toBe('amount_not_representable');
      expect(await refusalCode(send(fixture.partnerId, { attempt: 100 }))).toBe('too_many_attempts');
      const euros = await send(fixture.partnerId, { currency: 'EUR' }).catch((error: unknown) => error);
      if (destination.kind === 'us_bank') expect(euros).toMatchObject({ code: 'currency_not_supported' });
      else expect(euros).toMatchObject({ reference: expect.stringMatching(/^bin_/) });
    });
  });
});
