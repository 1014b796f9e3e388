import { benchContract } from './bench/contract.js';
import { benchPrice } from './bench/price.js';

/** The benchmarks by name; each prints its figures and its baselines of the same run. */
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  contract: benchContract,
  price: benchPrice,
};

const [name = ''] = process.argv.slice(2);
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (benchmark) {
  await benchmark();
} else {
  process.stderr.write(`Which benchmark? npm run bench -- ${Object.keys(benchmarks).join(' | ')}\n`);
  process.exitCode = 1;
}
