import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { currencyCodes } from '../../libs/kernel/currency.js';
import { toSafeNumber } from '../../libs/kernel/money.js';
import { readHandler, type SandboxContext } from './exchange.js';
import { faultsSchema } from './faults.js';
import { availableBalance } from './transfers.routes.js';

const replaySchema = z.strictObject({ times: z.int().min(1).max(100).default(1) });

/** The platform's balance, as Stripe tells it: it holds something in every currency there is. */
export function balanceRoutes(app: FastifyInstance, context: SandboxContext): void {
  app.get(
    '/v1/balance',
    readHandler(context, ({ params }) => {
      params.allowOnly();
      const available = currencyCodes.map((code) => {
        const currency = code.toLowerCase();
        const amount = toSafeNumber(availableBalance(context, currency));
        return { amount, currency, source_types: { card: amount } };
      });
      return { object: 'balance', available, livemode: false, pending: [] };
    }),
  );
}

/** What only a sandbox has: faults on demand, totals and the replay of webhooks. */
export function sandboxRoutes(app: FastifyInstance, context: SandboxContext): void {
  const { faults, store, webhooks } = context;
  app.get('/health', () => ({ status: 'ok' }));
  app.post('/sandbox/faults', async (request, reply) => {
    const parsed = faultsSchema.safeParse(request.body);
    if (!parsed.success) return reply.status(400).send({ errors: messagesOf(parsed.error) });
    faults.add(parsed.data.faults);
    return { faults: faults.list() };
  });
  app.get('/sandbox/faults', () => ({ faults: faults.list() }));
  app.delete('/sandbox/faults', () => {
    faults.clear();
    return { faults: faults.list() };
  });
  app.get('/sandbox/totals', async () => {
    const body = totals(context);
    await store.durable();
    return body;
  });
  app.post('/sandbox/webhooks/replay', async (request, reply) => {
    const parsed = replaySchema.safeParse(request.body ?? {});
    if (!parsed.success) return reply.status(400).send({ errors: messagesOf(parsed.error) });
    return { deliveries: webhooks.replayAll(parsed.data.times) };
  });
}

/**
 * Sums per currency (upper case), in Stripe's smallest unit, of transfers and outbound payments together; what came back
 * is part of the total too.
 */
function totals({ store: { state } }: SandboxContext): Record<string, unknown> {
  const sums = (pick: (currency: string) => bigint) => {
    const currencies = new Set([...state.flows.keys(), ...state.v2.flows.keys()]);
    return Object.fromEntries([...currencies].map((code) => [code.toUpperCase(), toSafeNumber(pick(code))]));
  };
  return {
    transfers: state.transfers.size,
    outboundPayments: state.v2.payments.size,
    totalMinor: sums((code) => (state.flows.get(code)?.sent ?? 0n) + (state.v2.flows.get(code)?.sent ?? 0n)),
    reversedMinor: sums((code) => (state.flows.get(code)?.reversed ?? 0n) + (state.v2.flows.get(code)?.back ?? 0n)),
    accounts: state.accounts.size + state.v2.recipients.size,
    undeliveredEvents: state.undelivered.size,
  };
}

function messagesOf(error: z.ZodError): { pointer: string; message: string }[] {
  return error.issues.map(({ path, message }) => ({
    pointer: path.map((part) => `/${String(part)}`).join(''),
    message,
  }));
}
