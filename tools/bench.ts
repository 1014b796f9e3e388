import { benchContract } from './bench/contract.js';
import { benchEnvelopes } from './bench/envelopes.js';
import { benchIngest } from './bench/ingest.js';
import { benchLedger } from './bench/ledger.js';
import { benchOnboarding } from './bench/onboarding.js';
import { benchPayout } from './bench/payout/index.js';
import { benchPrice } from './bench/price.js';

/** The benchmarks by name, with what follows it on the command line; each prints its figures and its baselines of the same run. */
const benchmarks: Readonly<Record<string, (argv: readonly string[]) => Promise<void>>> = {
  contract: benchContract,
  envelopes: benchEnvelopes,
  ingest: benchIngest,
  ledger: benchLedger,
  onboarding: benchOnboarding,
  payout: benchPayout,
  price: benchPrice,
};

const [name = '', ...argv] = process.argv.slice(2);
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (benchmark) {
  await benchmark(argv);
} else {
  process.stderr.write(`Which benchmark? npm run bench -- ${Object.keys(benchmarks).join(' | ')}\n`);
  process.exitCode = 1;
}
