/** `npm run build`: brings packages and build up to date, without starting anything. */
import { setUpProject } from './embedded/setup.mjs';
import { Steps } from './embedded/steps.mjs';

await setUpProject({ steps: new Steps() });
