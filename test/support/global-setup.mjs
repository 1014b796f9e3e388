/**
 * Starts the servers that all tests of a run share, and stops them at its end. It takes the product's code from the build, as
 * all tests do that start a process.
 */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { projectRoot } from '../../tools/embedded/project.mjs';
import { setUpProject } from '../../tools/embedded/setup.mjs';
import { Steps } from '../../tools/embedded/steps.mjs';
import { testSealKey } from './test-seal-key.mjs';

export default async function startServers() {
  const steps = new Steps({ write: (text) => process.stderr.write(text) });
  if (process.env['PACTLINE_TEST_PREPARED'] !== 'true') await setUpProject({ steps });
  /** @type {typeof import('../../tools/embedded/test-servers.js')} */
  const { startTestServers } = await import(built('tools', 'embedded', 'test-servers.js'));
  /** @type {typeof import('../../libs/seals/index.js')} */
  const { makeSelfSignedKey } = await import(built('libs', 'seals', 'index.js'));
  const started = await startTestServers((line) => steps.say(line));
  // The tests' processes are started behind this, with this environment.
  process.env['PACTLINE_TEST_SERVERS'] = JSON.stringify(started.servers);
  // One key for all files: each would need half a second to make its own.
  process.env['PACTLINE_TEST_SEAL_KEY'] = JSON.stringify(makeSelfSignedKey(testSealKey));
  return started.stop;
}

/** @param {string[]} parts */
function built(...parts) {
  return pathToFileURL(path.join(projectRoot, 'dist', ...parts)).href;
}
