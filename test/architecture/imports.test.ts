import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { cruise, type ICruiseResult, type IConfiguration } from 'dependency-cruiser';

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(import.meta.dirname, 'fixtures');
const { forbidden = [], options = {} } = createRequire(import.meta.url)(
  '../../.dependency-cruiser.cjs',
) as IConfiguration;
const ruleNames = forbidden.map(({ name = '' }) => name);

/** What the project's rules say about a tree of sources, as `rule: from → to`. */
async function violations(baseDir: string, folders: string[]): Promise<string[]> {
  const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true, baseDir });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

describe('import rules', () => {
  test('every rule has a failing example and every example has a rule', () => {
    expect(readdirSync(fixtures).sort()).toEqual([...ruleNames].sort());
  });

  test.each(ruleNames)('%s is reported on its example, and nothing else is', async (name) => {
    const found = await violations(path.join(fixtures, name), readdirSync(path.join(fixtures, name)));
    const others = found.filter((violation) => !violation.startsWith(`${name}:`));
    expect({ isReported: found.length > others.length, others }).toEqual({ isReported: true, others: [] });
  });

  test('the example of domain-is-pure is reported for each framework', async () => {
    const found = await violations(path.join(fixtures, 'domain-is-pure'), ['libs']);
    const files = found.map((violation) => path.basename(violation.split(' ')[1] ?? ''));
    expect(files.sort()).toEqual(['partner-file.ts', 'partner-process.ts', 'partner-service.ts', 'partner.ts']);
  });

  test('the example of workflows-are-deterministic is reported for each way out', async () => {
    const found = await violations(path.join(fixtures, 'workflows-are-deterministic'), ['workflows']);
    const files = found.map((violation) => path.basename(violation.split(' ')[1] ?? ''));
    expect(files.sort()).toEqual(['negotiation.workflow.ts', 'payout-batch.workflow.ts', 'signature.workflow.ts']);
  });

  test('the project keeps every rule', async () => {
    expect(await violations(root, ['apps', 'workflows', 'activities', 'libs', 'tools'])).toEqual([]);
  }, 120_000);
});
