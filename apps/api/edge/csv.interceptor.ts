import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { requestOf } from './api-request.js';

export const csvKey = 'pactline:csv';

/** Spreadsheets run what begins so as a formula. */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * Answers a list (`{ items, next }`) as CSV to callers that ask for `text/csv`, where the endpoint names its columns. The
 * next page's cursor is in the header `X-Next-Cursor`.
 */
@Injectable()
export class CsvInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const columns = this.reflector.get<readonly string[] | undefined>(csvKey, context.getHandler());
    if (!columns || !prefersCsv(requestOf(context).headers.accept)) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((page: { items: readonly unknown[]; next?: string | null }) => {
        void reply.header('content-type', 'text/csv; charset=utf-8; header=present');
        if (page.next) void reply.header('x-next-cursor', page.next);
        return csvOf(columns, page.items);
      }),
    );
  }
}

/** Rows as CSV (RFC 4180) with a header line; text that a spreadsheet would run as a formula gets a `'` before it. */
export function csvOf(columns: readonly string[], items: readonly unknown[]): string {
  const lines = items.map((item) => columns.map((column) => cell(valueAt(item, column))));
  return stringify([[...columns], ...lines], { record_delimiter: '\r\n' });
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  // Numbers are ours and may be negative; only text can carry a formula.
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return formulaStart.test(text) ? `'${text}` : text;
}

function valueAt(item: unknown, column: string): unknown {
  return column
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], item);
}

/** Whether `text/csv` is named and no JSON stands before it. */
function prefersCsv(accept: string | undefined): boolean {
  if (!accept) return false;
  const csv = accept.indexOf('text/csv');
  const json = accept.search(/application\/json|\*\/\*/);
  return csv >= 0 && (json < 0 || csv < json);
}
