/** `npm run chaos -- --seed N --minutes M`: breaks a product on purpose, then counts whether each cent is where it belongs. */
import { main } from './chaos/main.js';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
}
// Connections that are kept open must not keep the command alive.
process.exit(await main(process.argv.slice(2), stop.signal));
