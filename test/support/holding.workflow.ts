import { proxyActivities } from '@temporalio/workflow';

export interface HoldingActivities {
  hold(ms: number): Promise<string>;
}

const { hold } = proxyActivities<HoldingActivities>({
  startToCloseTimeout: '1 min',
  heartbeatTimeout: '1 s',
  retry: { maximumAttempts: 1 },
});

/** Has one activity that takes as long as it is told, and no second attempt at it. */
export function holding(ms: number): Promise<string> {
  return hold(ms);
}
