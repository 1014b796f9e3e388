import { afterAll, beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { arrayColumns, Database, preparedRows } from '../../libs/database/index.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';

let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = await Database.connect(home.url, 2);
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

interface Row {
  row: number;
  text: string | null;
  amount: bigint | null;
  list: readonly string[] | null;
}

const columns = arrayColumns<Row>(2, [
  ['row', 'integer', ({ row }) => row],
  ['text', 'text', ({ text }) => text],
  ['amount', 'bigint', ({ amount }) => amount],
  [
    'list',
    'json',
    ({ list }) => list && JSON.stringify(list),
    (cell) => `case when ${cell} is not null then array(select json_array_elements_text(${cell})) end`,
  ],
]);
const statement = `
  select * from (select $1, ${columns.cells} from ${columns.source}) as kept (given, row, text, amount, list) order by row`;

// Of few values, so that columns with one in all rows, with none, and with both are met often.
const text = fc.constantFrom(null, '', 'NULL', '{"a",\\b}', 'é\n', ' x ');
const amount = fc.constantFrom(null, 0n, -1n, 9007199254740993n);
const list = fc.constantFrom(null, [], ['a', '"b"\\'], ['{}']);
const given = fc.array(fc.record({ text, amount, list }), { maxLength: 4 });

test('the database reads the rows that were given, whatever they share', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (cells) => {
      const rows = cells.map((cell, row) => ({ row, ...cell }));
      const read = await database.inTransaction((tx) =>
        preparedRows<unknown[]>(tx, statement, ['g', ...columns.values(rows)]),
      );
      const wanted = rows.map(({ row, text: own, amount: minor, list: texts }) => {
        return ['g', row, own, minor === null ? null : minor.toString(), texts];
      });
      expect(read.map((each) => Object.values(each))).toEqual(wanted);
    }),
    { numRuns: 150 },
  );
});
