import { allHandlersFinished, condition, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

/** How much a bare workflow does. */
export interface BareWork {
  activities: number;
  updates: number;
}

export interface BareActivities {
  doNothing(): Promise<void>;
}

export const act = defineUpdate('act');

const { doNothing } = proxyActivities<BareActivities>({ startToCloseTimeout: '30 s' });

/** So many activities and updates, and nothing else: each update takes one of the activities, the others come one by one. */
export async function bare({ activities, updates }: BareWork): Promise<void> {
  let answered = 0;
  setHandler(act, async () => {
    await doNothing();
    answered += 1;
  });
  for (let done = 0; done < activities - updates; done += 1) await doNothing();
  await condition(() => answered >= updates && allHandlersFinished());
}
