/** What a column of rows may hold; absent is null. */
type Cell = string | number | bigint | undefined | null;

/**
 * Rows as PostgreSQL array literals, one for each column, to be bound to `unnest($1::text[], $2::bigint[], …)`: for many rows
 * the database reads this in half the time of JSON. A column that is absent in all rows is an empty array, which `unnest` fills
 * with nulls; so at least one column must be there in every row.
 */
export function arrayColumns<Row>(rows: readonly Row[], columns: readonly ((row: Row) => Cell)[]): string[] {
  return columns.map((read) => {
    let literal = '';
    let isEmpty = true;
    // Most columns have the same in many rows one after the other.
    let [last, text]: [Cell, string] = [undefined, ''];
    for (const row of rows) {
      const cell = read(row);
      if (literal !== '') literal += ',';
      if (cell === undefined || cell === null) {
        literal += 'NULL';
        continue;
      }
      isEmpty = false;
      if (cell !== last) [last, text] = [cell, typeof cell === 'string' ? quoted(cell) : String(cell)];
      literal += text;
    }
    return isEmpty ? '{}' : `{${literal}}`;
  });
}

const special = /["\\]/;

function quoted(text: string): string {
  return `"${special.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
}
