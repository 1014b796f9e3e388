import path from 'node:path';
import { listProjectFiles, readProjectFile, sourceFolders } from '../support/sources.js';

const sources = listProjectFiles(sourceFolders, /[.](ts|mjs|cjs|js)$/);

/** Files whose text matches, with the line. */
function findInSources(pattern: RegExp, files: readonly string[] = sources): string[] {
  return files.flatMap((file) =>
    readProjectFile(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  );
}

/** A word that this file itself must not contain. */
function word(...parts: string[]): RegExp {
  return new RegExp(parts.join(''));
}

describe('sources', () => {
  test('there are some', () => {
    expect(sources.length).toBeGreaterThan(100);
  });

  test('no file is longer than 400 lines', () => {
    const long = sources.filter((file) => readProjectFile(file).trimEnd().split('\n').length > 400);
    expect(long).toEqual([]);
  });

  test('nothing is left to be done later', () => {
    expect(findInSources(word('\\b(', 'TO', 'DO|', 'FIX', 'ME|not ', 'implemented)\\b'))).toEqual([]);
  });

  test('no check is switched off', () => {
    expect(findInSources(word('eslint', '-disable|@ts', '-ignore|@ts', '-nocheck|@ts', '-expect'))).toEqual([]);
  });

  test('no test is skipped or run alone', () => {
    const tests = sources.filter((file) => file.startsWith('test/'));
    expect(findInSources(word('\\b(test|it|describe)[.](', 'skip|', 'only|', 'todo)\\b'), tests)).toEqual([]);
    expect(findInSources(word('\\bx(', 'it|', 'describe|', 'test)\\('), tests)).toEqual([]);
  });

  test('no module of ours is replaced in a test', () => {
    expect(findInSources(word('\\bvi[.](', 'mock|', 'doMock|', 'hoisted)'))).toEqual([]);
  });

  test('the schema is never made from code', () => {
    expect(
      findInSources(
        /synchronize: true/,
        sources.filter((file) => !file.startsWith('test/')),
      ),
    ).toEqual([]);
  });
});

describe('packages', () => {
  test('the lock file names no place to download from, so that each machine uses its own registry', () => {
    const lock = JSON.parse(readProjectFile('package-lock.json')) as {
      packages: Record<string, { resolved?: string }>;
    };
    const resolved = Object.entries(lock.packages).filter(([, { resolved = '' }]) => resolved.includes('://'));
    expect(resolved).toEqual([]);
  });

  test('versions are exact', () => {
    const manifest = JSON.parse(readProjectFile('package.json')) as Record<string, Record<string, string>>;
    const versions = Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('all of Temporal is of one version', () => {
    const manifest = JSON.parse(readProjectFile('package.json')) as Record<string, Record<string, string>>;
    const versions = Object.entries(manifest['dependencies'] ?? {}).filter(([name]) => name.startsWith('@temporalio/'));
    expect(new Set(versions.map(([, version]) => version)).size).toBe(1);
  });
});

describe('migrations', () => {
  const files = listProjectFiles(['libs/database/migrations'], /^\d{4}-.*[.]ts$/);

  test('are numbered without gaps', () => {
    expect(files.map((file) => Number(path.basename(file).slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
  });

  test.each(files)('%s says in a sentence what it is for, and goes back', (file) => {
    const text = readProjectFile(file);
    expect(text).toMatch(/\/\*\*[^/]{20,}[.]\s*\*\/\s*export class/);
    expect(text).toMatch(/async down\(runner: QueryRunner\): Promise<void> \{\s+\S/);
  });
});
