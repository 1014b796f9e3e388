import type { FastifyInstance } from 'fastify';
import { isCurrency } from '../../libs/kernel/currency.js';
import {
  newStripeId,
  readHandler,
  writeHandler,
  type EndpointRequest,
  type Executed,
  type SandboxContext,
} from './exchange.js';
import { listPage, listParams } from './lists.js';
import { reversalBody, transferBody, transferBodyWith } from './presenter.js';
import type { SandboxEvent, SandboxTransfer } from './state.js';
import { invalidRequest, resourceMissing } from './stripe-error.js';

const largestAmount = 999_999_999_999;

export function transferRoutes(app: FastifyInstance, context: SandboxContext): void {
  const { state } = context.store;
  app.post('/v1/transfers', writeHandler(context, createTransfer(context)));
  app.post('/v1/transfers/:id/reversals', writeHandler(context, reverseTransfer(context)));
  app.get(
    '/v1/transfers',
    readHandler(context, (request) => listTransfers(context, request)),
  );
  app.get(
    '/v1/transfers/:id',
    readHandler(context, ({ params, id }) => {
      params.allowOnly();
      return transferBody(state, transferOf(context, id));
    }),
  );
  app.get(
    '/v1/transfers/:id/reversals',
    readHandler(context, ({ params, id }) => {
      params.allowOnly(...listParams);
      const transfer = transferOf(context, id);
      return listPage(state.reversalsOf(id), params, `/v1/transfers/${transfer.id}/reversals`, reversalBody);
    }),
  );
}

function createTransfer(context: SandboxContext) {
  const { store, clock } = context;
  return ({ params }: EndpointRequest): (() => Executed) => {
    params.allowOnly('amount', 'currency', 'description', 'destination', 'metadata', 'transfer_group');
    const amount = params.integer('amount', 1, largestAmount);
    if (amount === undefined) throw invalidRequest('Missing required param: amount.', 'parameter_missing', 'amount');
    const currency = params.required('currency').toLowerCase();
    if (!isCurrency(currency.toUpperCase())) throw invalidRequest('Invalid currency.', undefined, 'currency');
    const destination = params.required('destination');
    const description = params.optional('description') ?? null;
    const group = params.optional('transfer_group') ?? null;
    const metadata = params.metadata();

    return () => {
      if (!store.state.accounts.has(destination)) throw resourceMissing('destination', 'destination', 400);
      if (BigInt(amount) > availableBalance(context, currency)) {
        throw invalidRequest('You have insufficient funds in your account.', 'balance_insufficient');
      }
      const created = Math.floor(clock.now().getTime() / 1000);
      const id = newStripeId('tr');
      const transfer = { id, created, amount, currency, destination, description, transfer_group: group, metadata };
      const body = transferBodyWith(transfer, []);
      const event = eventOf('transfer.created', created, body);
      return {
        body,
        changes: [
          { kind: 'transfer', transfer },
          { kind: 'event', event },
        ],
      };
    };
  };
}

function reverseTransfer(context: SandboxContext) {
  const { store, clock } = context;
  return ({ params, id }: EndpointRequest): (() => Executed) => {
    params.allowOnly('amount', 'description', 'metadata', 'refund_application_fee');
    const wanted = params.integer('amount', 1, largestAmount);
    const metadata = params.metadata();
    return () => {
      const transfer = transferOf(context, id);
      const left = transfer.amount - store.state.amountReversed(id);
      if (left === 0) throw invalidRequest('The transfer is already reversed.');
      const amount = wanted ?? left;
      if (amount > left) throw invalidRequest('More than is left of the transfer.', undefined, 'amount');
      const created = Math.floor(clock.now().getTime() / 1000);
      const reversal = { id: newStripeId('trr'), created, amount, currency: transfer.currency, transfer: id, metadata };
      const after = transferBodyWith(transfer, [...store.state.reversalsOf(id), reversal]);
      const event = eventOf('transfer.reversed', created, after);
      return {
        body: reversalBody(reversal),
        changes: [
          { kind: 'reversal', reversal },
          { kind: 'event', event },
        ],
      };
    };
  };
}

function listTransfers(context: SandboxContext, { params }: EndpointRequest): Record<string, unknown> {
  params.allowOnly(...listParams, 'destination', 'transfer_group');
  const { state } = context.store;
  const group = params.optional('transfer_group');
  const destination = params.optional('destination');
  const inGroup = group === undefined ? [...state.transfers.values()] : state.transfersInGroup(group);
  const transfers =
    destination === undefined ? inGroup : inGroup.filter((transfer) => transfer.destination === destination);
  return listPage(transfers, params, '/v1/transfers', (transfer) => transferBody(state, transfer));
}

/** What is left to send, in Stripe's smallest unit of the currency (lower case). */
export function availableBalance({ store, openingBalance }: SandboxContext, currency: string): bigint {
  const flow = store.state.flows.get(currency);
  return openingBalance - (flow?.sent ?? 0n) + (flow?.reversed ?? 0n);
}

function transferOf({ store }: SandboxContext, id: string): SandboxTransfer {
  const transfer = store.state.transfers.get(id);
  if (!transfer) throw resourceMissing('transfer', 'id', 404);
  return transfer;
}

function eventOf(type: SandboxEvent['type'], created: number, object: Record<string, unknown>): SandboxEvent {
  return { id: newStripeId('evt'), created, type, object };
}
