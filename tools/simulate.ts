import { main } from './simulate/main.js';

process.exitCode = await main(process.argv.slice(2));
