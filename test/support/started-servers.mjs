/**
 * What the set-up of a run leaves for its end; both run in Jest's main process.
 * @type {{ stop: () => Promise<void> }}
 */
export const startedServers = { stop: () => Promise.resolve() };
