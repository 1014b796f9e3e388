import { ApplicationFailure, defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/** Set by the server on every run that a Schedule starts: the instant it was due, however late it runs. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/**
 * The cut-off of a run in epoch milliseconds: the one that was asked for, else the scheduled time. It is never the
 * present instant, so that a late or repeated run collects exactly what a punctual one would have.
 *
 * @throws ApplicationFailure `malformed-request` where a run has neither
 */
export function cutOffOf(input: { cutOffMs?: number }): number {
  const cutOffMs = input.cutOffMs ?? workflowInfo().typedSearchAttributes.get(scheduledStart)?.getTime();
  if (cutOffMs === undefined) {
    throw ApplicationFailure.nonRetryable('a run outside a Schedule needs cutOffMs', 'malformed-request');
  }
  return cutOffMs;
}
