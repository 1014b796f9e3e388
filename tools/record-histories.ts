/**
 * `npm run record-histories -- [--label L]`: records what is missing under `test/replay/histories`. Histories are
 * append-only: a file that is there is never written again; with a label, every branch gets a new file beside it.
 */
import { parseArgs } from 'node:util';
import { recordAll } from './histories/record-all.js';

const { values } = parseArgs({ options: { label: { type: 'string' } } });
// Connections that are kept open must not keep the command alive.
process.exit(await recordAll({ label: values.label }));
