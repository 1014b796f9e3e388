import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrayColumns } from '../../libs/database/index.js';

describe('rows as columns', () => {
  test('texts are quoted, numbers are not, what is absent is null', () => {
    const rows = [
      { text: 'a "b" \\ {c}, d', number: 9007199254740993n, some: 'NULL' },
      { text: '', number: -1n, some: undefined },
    ];
    const columns = arrayColumns(rows, [({ text }) => text, ({ number }) => number, ({ some }) => some]);
    expect(columns).toEqual(['{"a \\"b\\" \\\\ {c}, d",""}', '{9007199254740993,-1}', '{"NULL",NULL}']);
  });

  test('what stands in several rows one after the other stands in each of them', () => {
    const cells = ['a"', 'a"', null, 'a"', 1, 1n, '1', undefined, '1'];
    expect(arrayColumns(cells, [(cell) => cell])).toEqual(['{"a\\"","a\\"",NULL,"a\\"",1,1,"1",NULL,"1"}']);
  });

  test('a column that no row has is empty', () => {
    expect(arrayColumns([{}, {}], [() => undefined, () => null, () => 'x'])).toEqual(['{}', '{}', '{"x","x"}']);
    expect(arrayColumns([], [() => 'x'])).toEqual(['{}']);
  });

  test('every text has as many quotes as it must', () => {
    const unquoted = /^\{"((?:[^"\\]|\\["\\])*)"\}$/s;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const [literal = ''] = arrayColumns([text], [(row) => row]);
        expect(unquoted.exec(literal)?.[1]?.replace(/\\(.)/gs, '$1')).toBe(text);
      }),
    );
  });
});
