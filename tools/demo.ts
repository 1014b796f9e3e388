/** `npm run demo -- [--out DIR]`: one partner's way, told step by step. */
import { main } from './demo/main.js';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
}
// Connections that are kept open must not keep the command alive.
process.exit(await main(process.argv.slice(2), stop.signal));
