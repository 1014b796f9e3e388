/**
 * Starts the servers that all tests of a run share, once per run of Jest. It is plain JavaScript, and takes the rest
 * from the build, because Jest loads it before it can compile TypeScript to ES modules.
 */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { projectRoot } from '../../tools/embedded/project.mjs';
import { setUpProject } from '../../tools/embedded/setup.mjs';
import { Steps } from '../../tools/embedded/steps.mjs';
import { startedServers } from './started-servers.mjs';

export default async function startServers() {
  const steps = new Steps({ write: (text) => process.stderr.write(text) });
  if (process.env['PACTLINE_TEST_PREPARED'] !== 'true') await setUpProject({ steps });
  const module = pathToFileURL(path.join(projectRoot, 'dist', 'tools', 'embedded', 'test-servers.js')).href;
  /** @type {typeof import('../../tools/embedded/test-servers.js')} */
  const { startTestServers } = await import(module);
  const started = await startTestServers((line) => steps.say(line));
  // Jest starts its workers behind this, with this environment.
  process.env['PACTLINE_TEST_SERVERS'] = JSON.stringify(started.servers);
  startedServers.stop = started.stop;
}
