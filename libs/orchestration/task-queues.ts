/** Contracting waits for people; money works through rows. Apart, so that a payout never delays a signature. */
export const taskQueues = { contracting: 'contracting', money: 'money' } as const;

export type TaskQueue = (typeof taskQueues)[keyof typeof taskQueues];
