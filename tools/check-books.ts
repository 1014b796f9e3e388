/**
 * `npm run check:books -- [--program ID]`: holds the books of a live database against what they promise. Exits with 0 only
 * when nothing is violated.
 */
import { main } from './check-books/main.js';

process.exitCode = await main(process.argv.slice(2));
