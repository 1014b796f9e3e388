import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { projectRoot } from './sources.js';

/** One text of a workflow's file, which is there once, and what stands in its place. */
export interface SourceChange {
  /** Within `workflows`. */
  file: string;
  from: string;
  to: string;
}

/** The workflows with these changes, in a folder that the caller throws away: their bundle, and the file it is in. */
export async function bundleChanged(
  changes: readonly SourceChange[],
): Promise<{ folder: string; bundle: WorkflowBundleWithSourceMap; bundlePath: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-changed-'));
  for (const name of ['workflows', 'libs']) {
    cpSync(path.join(projectRoot, name), path.join(folder, name), { recursive: true });
  }
  cpSync(path.join(projectRoot, 'package.json'), path.join(folder, 'package.json'));
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  for (const { file, from, to } of changes) {
    const copy = path.join(folder, 'workflows', file);
    const source = readFileSync(copy, 'utf8');
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
    writeFileSync(
      copy,
      source.replace(from, () => to),
    );
  }
  const workflowsPath = path.join(folder, 'workflows', 'index.ts');
  const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const bundlePath = path.join(folder, 'bundle.js');
  writeFileSync(bundlePath, bundle.code);
  return { folder, bundle, bundlePath };
}
