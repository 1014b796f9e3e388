import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createApi } from '../apps/api/create-api.js';
import { describedEnvironment, openApiText } from '../apps/api/openapi-file.js';
import { projectRoot } from './embedded/project.mjs';

// Writes the published description of the API; a test fails while it differs from the code.
const app = await createApi(describedEnvironment, { describeOnly: true });
writeFileSync(path.join(projectRoot, 'docs', 'openapi.json'), openApiText(app));
