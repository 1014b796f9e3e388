import { performance } from 'node:perf_hooks';
import { forEachLimited, type SentPartner, waitFor } from '../client/index.js';
import { PeakMemory } from '../rehearse/memory.js';
import { onBenchProduct, type BenchProduct } from './bench-product.js';
import { readCounts } from './counts.js';

/** Of so many envelopes one is voided, the others are executed. */
const voidedEvery = 10;
const patienceMs = 600_000;

/**
 * `bench -- envelopes`: so many contracts in flight on the embedded servers at once, each waiting for its signer; then all
 * are signed and executed, one in ten voided. Prints envelopes a second of both halves and the most memory that each
 * process had. Every envelope must end as it should.
 */
export async function benchEnvelopes(argv: readonly string[]): Promise<void> {
  const { envelopes, abreast } = readCounts(argv, { envelopes: 1_000, abreast: 16 });
  await onBenchProduct(async (bench) => {
    const memory = new PeakMemory(bench.product.processes);
    const sent: SentPartner[] = [];
    const sending = await timed(() =>
      forEachLimited(Array(envelopes).keys(), abreast, async (index) => {
        const ref = `envelope-${index}`;
        const person = { ref, name: `Ada ${ref}`, email: `${ref}@partners.example` };
        sent.push(await bench.walk.send(await bench.walk.offer(person)));
      }),
    );
    line(`sent, all in flight`, envelopes, sending);
    const ending = await timed(() => forEachLimited(sent.entries(), abreast, (entry) => end(bench, ...entry)));
    line(`executed, one in ${voidedEvery} voided`, envelopes, ending);
    await expectEnded(bench, sent);
    memory.stop();
    for (const name of ['api', 'worker', 'temporal', 'mail']) {
      const bytes = memory.bytes(name);
      if (bytes !== undefined) process.stdout.write(`  ${name.padEnd(12)}${Math.round(bytes / 2 ** 20)} MiB at most\n`);
    }
  });
}

async function end({ api, walk }: BenchProduct, index: number, partner: SentPartner): Promise<void> {
  if (index % voidedEvery === 0) {
    await api.voidEnvelope(partner.envelopeId, 'Measured', `bench/void/${partner.ref}`);
    return;
  }
  await walk.sign(partner);
  await walk.countersign(partner);
  await walk.active(partner);
}

async function expectEnded({ api }: BenchProduct, sent: readonly SentPartner[]): Promise<void> {
  for (const [index, { envelopeId, applicationId }] of sent.entries()) {
    const isVoided = index % voidedEvery === 0;
    const { state } = await api.envelope(envelopeId);
    if (state !== (isVoided ? 'voided' : 'executed')) throw new Error(`envelope ${envelopeId} is ${state}`);
    const isOver = async (): Promise<true | undefined> => {
      const { stage } = await api.application(applicationId);
      return stage === (isVoided ? 'lapsed' : 'active') ? true : undefined;
    };
    await waitFor(isOver, { what: `application ${applicationId} to end`, patienceMs });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function line(name: string, count: number, seconds: number): void {
  const rate = (count / seconds).toFixed(2);
  process.stdout.write(`${count} ${name.padEnd(30)}${seconds.toFixed(1).padStart(8)} s${rate.padStart(9)} a second\n`);
}
