import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPain001 } from '../../libs/bank-files/domain/index.js';
import { BankBatch, bankVariables, finance, MemoryDestinations } from '../support/bank-house.js';
import { PayoutHouse, refusal } from '../support/payout-house.js';

describe('a folder that the bank takes files from', () => {
  const destinations = new MemoryDestinations();
  let folder: string;
  let house: PayoutHouse;
  let batch: BankBatch;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'bank-folder-'));
    const variables = { ...bankVariables, PAYOUT_RAIL: 'iso-credit-transfer', BANK_FILES_FOLDER: folder };
    house = await PayoutHouse.open(variables, destinations.furnish);
    batch = new BankBatch(house, destinations);
  });

  beforeEach(() => batch.begin());

  afterAll(async () => {
    await house.close();
    rmSync(folder, { recursive: true });
  });

  const dropped = () => readdirSync(folder).filter((name) => name.endsWith('.xml'));

  /** Everything that was handed over, taken away as the bank's software does. */
  function take(): string[] {
    const names = dropped();
    for (const name of names) rmSync(path.join(folder, name));
    return names;
  }

  it('gets each file once, though several hand it over at once', async () => {
    const file = await batch.file();
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => batch.files.handOver(file.id, finance)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(dropped()).toEqual([file.file_name]);
    expect(readPain001(readFileSync(path.join(folder, file.file_name))).messageId).toBe(file.message_id);
    expect(take()).toHaveLength(1);
    expect(await refusal(batch.files.handOver(file.id, finance))).toBe('illegal-transition');
    expect(dropped()).toEqual([]);
    expect(readdirSync(path.join(folder, '.staging'))).toEqual([]);
  });

  it('gets it once, wherever the process was killed', async () => {
    const row = async (id: string) =>
      (
        await house.database.query<{ staging_token: string | null }>(
          `select staging_token from bank_files where id = $1`,
          [id],
        )
      )[0];
    // Killed before the token was kept: what lies staged is nobody's, and another is staged.
    const first = await batch.file();
    await refuseWrites(house, 'staging_token');
    await expect(batch.files.handOver(first.id, finance)).rejects.toThrow();
    await allowWrites(house);
    expect(dropped()).toEqual([]);
    await batch.files.handOver(first.id, finance);
    expect(take()).toEqual([first.file_name]);
    // Killed after the drop and before it was written down; the bank has taken the file since.
    await batch.begin();
    const second = await batch.file();
    await refuseWrites(house, 'state');
    await expect(batch.files.handOver(second.id, finance)).rejects.toThrow();
    await allowWrites(house);
    expect((await row(second.id))?.staging_token).not.toBeNull();
    expect(take()).toEqual([second.file_name]);
    expect((await batch.files.handOver(second.id, finance)).file).toMatchObject({
      state: 'handed_over',
      hand_over: 'folder',
    });
    expect(take()).toEqual([]);
  });
});

/** Every change of this column of a file fails from now on, as if the process died before it. */
async function refuseWrites(house: PayoutHouse, column: string): Promise<void> {
  await house.asOwner(
    `create function die() returns trigger language plpgsql as 'begin raise exception ''killed here''; end'`,
  );
  await house.asOwner(
    `create trigger die before update of ${column} on bank_files for each row execute function die()`,
  );
}

async function allowWrites(house: PayoutHouse): Promise<void> {
  await house.asOwner(`drop trigger die on bank_files`);
  await house.asOwner(`drop function die`);
}
