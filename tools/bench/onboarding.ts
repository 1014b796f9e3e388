import { performance } from 'node:perf_hooks';
import { forEachLimited, type SentPartner } from '../client/index.js';
import { BareWorkflows } from './bare-workflows.js';
import { onBenchProduct, type BenchProduct } from './bench-product.js';
import { readCounts } from './counts.js';

/**
 * `bench -- onboarding`: partners a second from the application to active, over HTTP on the embedded servers, several at a
 * time. Beside it stands what the same Temporal server and the same SDK do with workflows that have as many activities
 * and updates as the three of a partner have, and do nothing in them.
 */
export async function benchOnboarding(argv: readonly string[]): Promise<void> {
  const { partners, abreast } = readCounts(argv, { partners: 60, abreast: 12 });
  await onBenchProduct(async (bench) => {
    await onboard(bench, 'warm', abreast, abreast);
    const { seconds, first } = await onboard(bench, 'partner', partners, abreast);
    const { TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = 'default' } = bench.product.env;
    const bare = await BareWorkflows.open(TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE);
    const work = await bare.workOf(first);
    const bareSeconds = await bare.run(work, partners, abreast);
    await bare.close();
    line(`partners, application to active`, partners, seconds);
    line(`bare workflows`, partners, bareSeconds);
    process.stdout.write(
      `${partners} of each, ${abreast} at a time; ${work.activities} activities and ${work.updates} updates each; ` +
        `a partner takes ${(seconds / bareSeconds).toFixed(2)} times as long\n`,
    );
  });
}

async function onboard(
  { walk }: BenchProduct,
  name: string,
  count: number,
  abreast: number,
): Promise<{ seconds: number; first: SentPartner }> {
  const done: SentPartner[] = [];
  const start = performance.now();
  await forEachLimited(Array(count).keys(), abreast, async (index) => {
    const ref = `${name}-${index}`;
    done.push(await walk.activate({ ref, name: `Ada ${ref}`, email: `${ref}@partners.example` }));
  });
  return { seconds: (performance.now() - start) / 1000, first: done[0]! };
}

function line(name: string, count: number, seconds: number): void {
  process.stdout.write(`${name.padEnd(36)}${(count / seconds).toFixed(2).padStart(10)} a second\n`);
}
