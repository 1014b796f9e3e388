import { readFileSync } from 'node:fs';
import {
  clauseTexts,
  clauseVersions,
  documentTemplateVersion,
  textKeys,
  type TextKey,
} from '../../libs/documents/domain/index.js';
import { placeholdersOf } from '../../libs/documents/domain/template.js';
import { languages } from '../../libs/kernel/language.js';
import { sha256 } from '../../libs/kernel/sha256.js';

type Recorded = Record<string, { version: number; sha256: string }>;

/** What each released version of the library said, by clause. A version that was released is never changed here. */
const released = JSON.parse(readFileSync(new URL('./clause-versions.json', import.meta.url), 'utf8')) as Record<
  string,
  Recorded
>;

function current(): Recorded {
  const clauses = Object.keys(clauseVersions) as (keyof typeof clauseVersions)[];
  return Object.fromEntries(
    clauses.map((clause) => {
      const texts = textKeys
        .filter((key) => key.startsWith(`${clause}.`))
        .map((key) => [key, ...languages.map((language) => clauseTexts(language)[key])]);
      return [clause, { version: clauseVersions[clause], sha256: sha256(JSON.stringify(texts)) }];
    }),
  );
}

describe('the clause library', () => {
  it('says under its version what was recorded for it: another sentence is another version', () => {
    expect(current()).toEqual(released[documentTemplateVersion]);
  });

  it('raises the version of each clause that changed, and of no other', () => {
    const all = Object.values(released);
    all.slice(1).forEach((after, index) => {
      for (const [clause, { version, sha256: hash }] of Object.entries(after)) {
        const before = all[index]?.[clause];
        if (!before) expect(version).toBe(1);
        else expect(version).toBe(before.sha256 === hash ? before.version : before.version + 1);
      }
    });
  });

  it('has a version for each clause and clauses for each version', () => {
    const clauses = new Set(textKeys.map((key) => key.slice(0, key.indexOf('.'))));
    expect([...clauses].sort()).toEqual(Object.keys(clauseVersions).sort());
  });

  it.each(languages)('fills in the same values in %s as in English', (language) => {
    const texts = clauseTexts(language);
    expect(Object.keys(texts)).toEqual(textKeys);
    for (const key of textKeys) {
      expect([key, placeholdersOf(texts[key])]).toEqual([key, placeholdersOf(clauseTexts('en')[key])]);
    }
  });

  it.each(languages)('holds no number of its own in %s', (language) => {
    const texts = clauseTexts(language);
    expect(textKeys.filter((key: TextKey) => /\p{N}/u.test(texts[key]))).toEqual([]);
  });

  it('is written in the letters of its language', () => {
    for (const key of textKeys) {
      const words = clauseTexts('ar')[key].replace(/\{\w+\}|terms\.json|terms hash/g, '');
      expect(words).not.toMatch(/[A-Za-z]/);
      expect(clauseTexts('id')[key]).not.toMatch(/\p{Script=Arabic}/u);
    }
  });
});
