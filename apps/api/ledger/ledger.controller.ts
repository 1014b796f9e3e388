import { Controller, Get } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { moneyToJson, toSafeNumber } from '../../../libs/kernel/money.js';
import { LedgerService } from '../../../libs/ledger/index.js';
import { Caller, Endpoint, ZodQuery } from '../edge/index.js';
import {
  accountList,
  accountsQuery,
  transactionPage,
  transactionsQuery,
  trialBalance,
  trialBalanceQuery,
} from './ledger.dto.js';

const readers: readonly Role[] = ['finance', 'finance_approver', 'admin', 'auditor'];

/** The books, to read. Nothing is posted from outside: money moves only by what happens to events and payouts. */
@Controller('v1/ledger')
export class LedgerController {
  constructor(private readonly ledger: LedgerService) {}

  @Get('accounts')
  @Endpoint({
    summary: 'List accounts with their balances, each the sum of its entries',
    roles: readers,
    response: accountList,
    errors: ['not-found'],
    csv: ['code', 'ownerId', 'side', 'balance.amountMinor', 'balance.currency'],
  })
  async accounts(
    @ZodQuery(accountsQuery) { programId, code, ownerId }: z.infer<typeof accountsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const filter = {
      codes: code === undefined ? undefined : [code],
      ownerIds: ownerId === undefined ? undefined : [ownerId],
    };
    const accounts = await this.ledger.balances(programId, filter);
    const items = accounts.map(({ balanceMinor: amountMinor, currency, ...account }) => {
      return { ...account, balance: moneyToJson({ amountMinor, currency }) };
    });
    return { items, next: null };
  }

  @Get('transactions')
  @Endpoint({
    summary: 'List transactions with their legs, newest first',
    description:
      'Debits are positive, credits negative. Each names the event, rule, clause and terms, or the batch and item, that it is of. What several events gave under one clause may be one transaction, with a part for each event.',
    roles: readers,
    response: transactionPage,
    errors: ['not-found'],
  })
  async transactions(
    @ZodQuery(transactionsQuery) { programId, ...request }: z.infer<typeof transactionsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const page = await this.ledger.transactions(programId, request);
    const items = page.items.map(({ parts, legs, ...transaction }) => ({
      ...transaction,
      legs: legs.map(({ code, ownerId, ...amount }) => ({ code, ownerId, amount: moneyToJson(amount) })),
      parts: parts.map(({ eventId, eventAt, amountMinor }) => {
        return { eventId, eventAt, amount: moneyToJson({ amountMinor, currency: legs[0]?.currency ?? '' }) };
      }),
    }));
    return { items, next: page.next };
  }

  @Get('trial-balance')
  @Endpoint({
    summary: 'Read the trial balance by currency',
    roles: readers,
    response: trialBalance,
    errors: ['not-found'],
    csv: ['currency', 'debitMinor', 'creditMinor', 'transactions', 'balanced'],
  })
  async trialBalance(
    @ZodQuery(trialBalanceQuery) { programId }: z.infer<typeof trialBalanceQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const rows = await this.ledger.trialBalance(programId);
    const items = rows.map(({ debitMinor, creditMinor, ...row }) => {
      return { ...row, debitMinor: toSafeNumber(debitMinor), creditMinor: toSafeNumber(creditMinor) };
    });
    return { items, next: null };
  }
}
