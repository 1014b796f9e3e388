import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Steps } from '../../tools/embedded/steps.mjs';
import { ensureTestPrograms } from '../../tools/embedded/test-programs.mjs';

describe('programs that the tests need', () => {
  let folder: string;
  const lines: string[] = [];
  const steps = new Steps({ write: (text) => void lines.push(text) });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pactline-programs-'));
    lines.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function program(name: string, text = 'exit 0'): void {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }

  test('nothing is done where they are there', async () => {
    for (const name of ['openssl', 'pdfsig', 'curl', 'jq', 'chromium']) program(name);
    await ensureTestPrograms({ steps, searchPath: folder, isRoot: true });
    expect(lines).toEqual([]);
  });

  test('what is missing is named with its package where it cannot be installed', async () => {
    for (const name of ['openssl', 'curl', 'jq']) program(name);
    await expect(ensureTestPrograms({ steps, searchPath: folder, isRoot: false })).rejects.toThrow(
      /pdfsig \(.*chromium \(.*apt-get install poppler-utils chromium$/,
    );
  });

  test('what is missing is installed, and nothing else', async () => {
    const log = path.join(folder, 'log');
    for (const name of ['openssl', 'pdfsig', 'curl', 'jq']) program(name);
    program('apt-get', `echo "$@" >> ${log}`);
    await ensureTestPrograms({ steps, searchPath: folder, isRoot: true });
    expect(lines.join('')).toContain('chromium');
    const [, installed] = readFileSync(log, 'utf8').split('\n');
    expect(installed).toMatch(/^install .* chromium$/);
    expect(installed).not.toContain('poppler');
  });

  test('a failed installation fails the run with what the installer said', async () => {
    program('apt-get', 'echo "no such package" >&2; exit 100');
    await expect(ensureTestPrograms({ steps, searchPath: folder, isRoot: true })).rejects.toThrow(/no such package/);
  });
});
