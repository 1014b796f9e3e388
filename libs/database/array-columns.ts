/** What a column of rows may hold; absent is null. */
type Cell = string | number | bigint | undefined | null;

/**
 * A column that rows are bound in: its name, its type in PostgreSQL, what a row has in it, and where it is stored as something
 * else, how that is made of the expression of a cell.
 */
export type ArrayColumn<Row> = readonly [
  name: string,
  type: string,
  read: (row: Row) => Cell,
  made?: (cell: string) => string,
];

/** Many rows as parameters of a statement. */
export interface ArrayColumns<Row> {
  /** The names of all columns, in their order. */
  readonly names: string;
  /** `unnest(…) as g (…)`: a row for each. Of its columns only the first may be read by name. */
  readonly source: string;
  /** What a row has in all columns, in their order. */
  readonly cells: string;
  /** The values of the parameters. */
  values(rows: readonly Row[]): string[];
}

/**
 * Rows as PostgreSQL array literals, one parameter for each column from `$first` on: for many rows the database reads this in
 * half the time of JSON. A column that is the same in all rows, as most are, is an array of that one cell, and one that is
 * absent in all an empty one: `unnest` fills both with nulls, and `cells` looks at the array itself. The first column must be
 * there in every row: it tells how many there are.
 */
export function arrayColumns<Row>(first: number, columns: readonly ArrayColumn<Row>[]): ArrayColumns<Row> {
  const arrays = columns.map(([, type], index) => `$${first + index}::${type}[]`);
  const cells = columns.map(([name, , , made], index) => {
    const [cell, array] = [`g.${name}`, arrays[index]];
    const one = index === 0 ? cell : `case when cardinality(${array}) = 1 then (${array})[1] else ${cell} end`;
    return made ? made(one) : one;
  });
  const names = columns.map(([name]) => name).join(', ');
  return {
    names,
    source: `unnest(${arrays.join(', ')}) as g (${names})`,
    cells: cells.join(', '),
    values: (rows) => columns.map(([, , read], index) => literalOf(rows, read, index > 0)),
  };
}

/** The cells of a column; `mayBeOne` where one stands for all that are the same. */
function literalOf<Row>(rows: readonly Row[], read: (row: Row) => Cell, mayBeOne: boolean): string {
  const [start] = rows;
  if (start === undefined) return '{}';
  const one = read(start) ?? null;
  if (mayBeOne && rows.every((row) => (read(row) ?? null) === one)) return one === null ? '{}' : `{${textOf(one)}}`;
  let literal = '';
  // Most columns have the same in many rows one after the other.
  let [last, text]: [Cell, string] = [null, 'NULL'];
  for (const row of rows) {
    const cell = read(row) ?? null;
    if (literal !== '') literal += ',';
    if (cell !== last) [last, text] = [cell, cell === null ? 'NULL' : textOf(cell)];
    literal += text;
  }
  return `{${literal}}`;
}

const special = /["\\]/;

function textOf(cell: string | number | bigint): string {
  if (typeof cell !== 'string') return String(cell);
  return `"${special.test(cell) ? cell.replace(/["\\]/g, '\\$&') : cell}"`;
}
