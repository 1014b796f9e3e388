import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** So many beats may be lost before the worker counts as dead. */
const beatsWithinTimeout = 4;

/**
 * Lets every activity that has a heartbeat time-out beat while it runs, so that the server knows soon that its worker was
 * killed. What hangs still ends with its start-to-close time-out. The beats carry no details: an activity that keeps its
 * place in them would have to beat by itself alone.
 */
export const beatWhileRunning: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const { heartbeatTimeoutMs } = context.info;
      if (!heartbeatTimeoutMs) return next(input);
      const beats = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / beatsWithinTimeout);
      try {
        return await next(input);
      } finally {
        clearInterval(beats);
      }
    },
  },
});
