import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';

/** What an update of the test's workflow is to do. */
export interface UpdateWish {
  outcome: 'answer' | 'refused' | 'activity-fails' | 'waits' | 'strange-failure';
}

export interface UpdatableActivities {
  fail(): Promise<void>;
}

export const tryOut = defineUpdate<string, [UpdateWish]>('tryOut');
export const finish = defineSignal('finish');

const { fail } = proxyActivities<UpdatableActivities>({ startToCloseTimeout: '10 s', retry: { maximumAttempts: 1 } });

/** A workflow whose updates end in every way that an update can end. */
export async function updatable(): Promise<void> {
  let isDone = false;
  let times = 0;
  setHandler(finish, () => void (isDone = true));
  setHandler(
    tryOut,
    async ({ outcome }) => {
      times++;
      if (outcome === 'activity-fails') await fail();
      if (outcome === 'strange-failure') throw ApplicationFailure.nonRetryable('not one of ours', 'SomeError');
      if (outcome === 'waits') await sleep('2 s');
      return `answer ${times}`;
    },
    {
      validator: ({ outcome }) => {
        if (outcome === 'refused')
          throw ApplicationFailure.nonRetryable('cannot approve while rejected', 'illegal-transition');
      },
    },
  );
  await condition(() => isDone);
  await condition(allHandlersFinished);
}
