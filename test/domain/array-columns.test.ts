import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { arrayColumns, type ArrayColumn } from '../../libs/database/index.js';

type Cell = ReturnType<ArrayColumn<unknown>[2]>;

/** The literal of a column that stands beside one that counts the rows. */
function literalOf(cells: readonly Cell[]): string | undefined {
  const columns = arrayColumns<Cell>(1, [
    ['row', 'integer', () => 0],
    ['cell', 'text', (cell) => cell],
  ]);
  return columns.values(cells)[1];
}

describe('rows as columns', () => {
  test('texts are quoted, numbers are not, what is absent is null', () => {
    expect(literalOf(['a "b" \\ {c}, d', ''])).toBe('{"a \\"b\\" \\\\ {c}, d",""}');
    expect(literalOf([9007199254740993n, -1n])).toBe('{9007199254740993,-1}');
    expect(literalOf(['NULL', undefined])).toBe('{"NULL",NULL}');
    expect(literalOf([null, 'NULL'])).toBe('{NULL,"NULL"}');
  });

  test('what stands in several rows one after the other stands in each of them', () => {
    const cells = ['a"', 'a"', null, 'a"', 1, 1n, '1', undefined, '1'];
    expect(literalOf(cells)).toBe('{"a\\"","a\\"",NULL,"a\\"",1,1,"1",NULL,"1"}');
  });

  test('what all rows have stands there once, what none has not at all', () => {
    expect(literalOf(['x', 'x', 'x'])).toBe('{"x"}');
    expect(literalOf([undefined, null])).toBe('{}');
    expect(literalOf([])).toBe('{}');
  });

  test('the first column has a cell for every row: it tells how many there are', () => {
    const columns = arrayColumns<string>(3, [['text', 'text', (text) => text]]);
    expect(columns.values(['x', 'x', 'x'])).toEqual(['{"x","x","x"}']);
    expect(columns.source).toBe('unnest($3::text[]) as g (text)');
    expect(columns.cells).toBe('g.text');
  });

  test('every text has as many quotes as it must', () => {
    const unquoted = /^\{"((?:[^"\\]|\\["\\])*)"\}$/s;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(unquoted.exec(literalOf([text]) ?? '')?.[1]?.replace(/\\(.)/gs, '$1')).toBe(text);
      }),
    );
  });
});
