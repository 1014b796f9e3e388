import { writeFileSync } from 'node:fs';
import { termsSchema } from '../libs/agreements/domain/index.js';

// Writes the published copy of the terms schema; a test fails while it differs from the code.
writeFileSync('libs/agreements/domain/terms.schema.json', `${JSON.stringify(termsSchema, null, 2)}\n`);
