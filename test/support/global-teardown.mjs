import { startedServers } from './started-servers.mjs';

/** Stops the servers of the run. */
export default async function stopServers() {
  await startedServers.stop();
}
