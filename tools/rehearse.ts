/** `npm run rehearse -- --applications F --orders F [--refunds F] [--terms T] --report R`: a past year, played. */
import { main } from './rehearse/main.js';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
}
// Connections that are kept open must not keep the command alive.
process.exit(await main(process.argv.slice(2), stop));
