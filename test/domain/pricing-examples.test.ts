import { existsSync, readFileSync } from 'node:fs';
import { runSimulation, type SimulationInput } from '../support/simulate.js';

interface Example extends SimulationInput {
  name: string;
  expect:
    { termsRefused: string } | { lines: unknown[]; refused: unknown[]; unpriced: { event: string; reason: string }[] };
}

const ownFile = 'test/domain/pricing-examples.json';
const sharedFile = '../shared/data/pricing/examples.json';

function readExamples(file: string): Example[] {
  return JSON.parse(readFileSync(file, 'utf8')) as Example[];
}

function reasonCounts(summary: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, name = '', count] of summary.matchAll(/^ {2}(\w+): (\d+)$/gm)) counts[name] = Number(count);
  return counts;
}

function countReasons(unpriced: { reason: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of unpriced) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function testExamples(examples: Example[]): void {
  it.each(examples.map((example) => [example.name, example] as const))('%s', async (_name, example) => {
    const result = await runSimulation(example);
    if ('termsRefused' in example.expect) {
      expect(result).toMatchObject({ exitCode: 2, lines: undefined });
      expect(result.stderr).toContain(`${example.expect.termsRefused}: `);
    } else {
      const { lines, refused, unpriced } = example.expect;
      expect(result.lines).toEqual(lines);
      expect(result.exitCode).toBe(0);
      expect([...result.stderr.matchAll(/^line \d+: /gm)]).toHaveLength(refused.length);
      expect(reasonCounts(result.stdout)).toEqual(countReasons(unpriced));
    }
  });
}

describe('worked examples that are kept here', () => {
  testExamples(readExamples(ownFile));
});

describe('worked examples of the design', () => {
  if (existsSync(sharedFile)) {
    testExamples(readExamples(sharedFile));
  } else {
    it('are not here', () => {
      console.warn(`skipped: ${sharedFile} is missing, only the examples kept in ${ownFile} were checked`);
    });
  }
});
