import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { testEnvironment } from '../support/api.js';
import { createTestDatabase } from '../support/servers.js';
import { projectRoot } from '../support/sources.js';
import { processEnvironment } from '../support/worker-process.js';

const bundleOf = (name: string): string => path.join(projectRoot, 'dist', 'processes', `${name}.js`);

describe('the processes of the product', () => {
  test.each(readdirSync(path.join(projectRoot, 'apps')))('%s is one file, with none of ours beside it', (name) => {
    const source = readFileSync(bundleOf(name), 'utf8');
    const imported = [...source.matchAll(/^(?:import|export) (?:[^'"\n;]+ from )?["']([^"']+)["'];/gm)].map(
      ([, it]) => it,
    );
    expect(imported).toContain('node:module');
    expect(imported.filter((it) => it?.startsWith('.'))).toEqual([]);
  });

  test('tell where in our sources something went wrong', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-bundles-'));
    const database = await createTestDatabase();
    try {
      const environment = await testEnvironment(database, folder);
      const worker = spawn(process.execPath, ['--enable-source-maps', bundleOf('worker')], {
        env: { ...processEnvironment(environment), WORKFLOW_BUNDLE: path.join(folder, 'none.js') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [said, [code]] = await Promise.all([text(worker.stderr), once(worker, 'exit')]);
      expect(code).toBe(1);
      expect(said).toMatch(/apps\/worker\/[a-z-]+[.]ts:\d+:\d+/);
    } finally {
      await database.drop();
      rmSync(folder, { recursive: true });
    }
  });
});
