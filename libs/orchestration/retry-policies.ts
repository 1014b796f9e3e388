import type { ActivityOptions } from '@temporalio/common';

/**
 * Within this time a worker that was killed is known to be dead, and another takes over what it had begun: without it,
 * each such step would wait until its whole start-to-close time is over. The worker beats by itself for all activities.
 */
const heartbeatTimeout = '10 s';

/**
 * For reads and writes of our own database: 0.2 s, 0.4 s, … 30 s, for an hour in all. An unreachable database shows
 * up as a failed update, not as silence.
 */
export const databaseWork: ActivityOptions = {
  startToCloseTimeout: '30 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '1 h',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '30 s' },
};

/**
 * For a person's decision about many rows at once, which must all move together: as {@link databaseWork}, but that a
 * batch of a hundred thousand payouts may take its time.
 */
export const wideDatabaseWork: ActivityOptions = {
  ...databaseWork,
  startToCloseTimeout: '15 min',
  heartbeatTimeout: '20 s',
};

/**
 * For steps that no person waits for and that must not be given up after an outage of a night: 0.5 s, 1 s, … 5 min,
 * for thirty days in all.
 */
export const patientWork: ActivityOptions = {
  startToCloseTimeout: '2 min',
  heartbeatTimeout,
  scheduleToCloseTimeout: '30 days',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '5 min' },
};

/**
 * For steps that wait for what a person has to mend (a key, a time-stamp authority, a provider): 0.5 s, 1 s, … 5 min,
 * without an end. Whoever uses it tells a person that the step is stuck.
 */
export const unlimitedWork: ActivityOptions = {
  startToCloseTimeout: '2 min',
  heartbeatTimeout,
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '5 min' },
};

/**
 * For a slice of payouts: the activity beats while it works, a dead worker is noticed after 20 s, and the next attempt
 * goes on from the rows. It is the rows, not the retries, that keep a payment from happening twice.
 */
export const payoutSliceWork: ActivityOptions = {
  startToCloseTimeout: '1 h',
  scheduleToCloseTimeout: '30 days',
  heartbeatTimeout: '20 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '1 min' },
};

/**
 * For a simulation over many events: it beats while it works, a dead worker is noticed after 20 s, and it begins anew:
 * it only reads. 1 s, 2 s, … 1 min, for six hours in all.
 */
export const simulationWork: ActivityOptions = {
  startToCloseTimeout: '1 h',
  scheduleToCloseTimeout: '6 h',
  heartbeatTimeout: '20 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 min' },
};

/**
 * For long runs over our own rows: the activity beats while it works, a dead worker is noticed after 20 s, and the next
 * attempt finds in the rows what is left to do: 0.5 s, 1 s, … 5 min, for thirty days in all.
 */
export const longWork: ActivityOptions = {
  startToCloseTimeout: '6 h',
  scheduleToCloseTimeout: '30 days',
  heartbeatTimeout: '20 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '5 min' },
};
