/**
 * `npm run check:workflows -- [--repair]`: compares rows, workflows and search attributes of contracting. Exits with 0
 * only when all agree.
 */
import { main } from './check-workflows/main.js';

process.exitCode = await main(process.argv.slice(2));
