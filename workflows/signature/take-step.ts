import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import { patientWork, type EnvelopeStatus, type SignatureActivities } from '../../libs/orchestration/index.js';
import type { EnvelopeFollower } from './envelope-follower.js';

const records = proxyActivities<SignatureActivities>(patientWork);
const defaultAlertEveryMs = 3_600_000;
const longestPauseMs = 24 * 3_600_000;

/**
 * Runs a step of an envelope to its end, telling legal each time that it has been stuck for a while. A person who takes the envelope back
 * meanwhile ends the step. A document that does not verify is no failure of the run: the row says that it waits for a person.
 */
export async function takeStep(envelope: EnvelopeFollower, work: () => Promise<EnvelopeStatus>): Promise<void> {
  const { envelopeId, step, state, alertEveryMs = defaultAlertEveryMs } = envelope.status!;
  const scope = new CancellationScope();
  let isSettled = false;
  const done = scope.run(work).finally(() => (isSettled = true));
  // Whatever it throws is looked at below; until then it must not count as unhandled.
  done.catch(() => undefined);
  const isOver = (): boolean => isSettled || envelope.status?.state !== state;
  // Told again after twice as long each time, at last once a day, so that a step that waits for weeks stays a short history.
  let pauseMs = alertEveryMs;
  while (!(await condition(isOver, pauseMs))) {
    if (step !== undefined) envelope.follow(await records.alertStuckStep({ envelopeId, step }));
    pauseMs = Math.max(alertEveryMs, Math.min(pauseMs * 2, longestPauseMs));
  }
  if (!isSettled) scope.cancel();
  try {
    envelope.follow(await done);
  } catch (error) {
    if (!isUnverified(error) && !isCancellation(error)) throw error;
    envelope.follow(await records.readEnvelope({ envelopeId }));
  }
}

/** Whether a step failed because what it made does not verify. */
export function isUnverified(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'seal-unverified';
}
