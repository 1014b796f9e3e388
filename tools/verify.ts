/**
 * `npm run verify -- FILE.pdf [--evidence E.pdf]`: checks a signed contract offline. Exits with 0 only when all holds.
 */
import { main } from './verify/main.js';

process.exitCode = await main(process.argv.slice(2));
