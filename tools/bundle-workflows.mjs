/** Bundles all workflows into `dist/workflow-bundle.js`, the file that workers run and that replay tests check. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { projectRoot } from './embedded/project.mjs';

const target = path.join(projectRoot, 'dist', 'workflow-bundle.js');
const { code } = await bundleWorkflowCode({
  workflowsPath: path.join(projectRoot, 'workflows', 'index.ts'),
  // Failures thrown inside workflows are converted there: without it their messages would stand in histories in clear.
  failureConverterPath: path.join(projectRoot, 'libs', 'temporal', 'failure-converter.cjs'),
  logger: new DefaultLogger('WARN'),
});
mkdirSync(path.dirname(target), { recursive: true });
// Moved into place whole: a worker that starts meanwhile never reads half a bundle.
writeFileSync(`${target}.new`, code);
renameSync(`${target}.new`, target);
