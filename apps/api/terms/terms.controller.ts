import { Controller, Get, type StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { hashesQuery, TermsComparison, termsDiff, type Compared } from './terms-comparison.js';

const readers: readonly Role[] = ['admin', 'legal', 'partner_manager', 'finance', 'finance_approver', 'auditor'];

/** Any two terms documents of a program by their hashes, such as those of two agreement versions. */
@Controller('v1/programs/:id/terms')
export class TermsController {
  constructor(private readonly comparison: TermsComparison) {}

  @Get('diff')
  @Endpoint({
    summary: 'Compare two terms documents of a program by their hashes',
    roles: readers,
    response: termsDiff,
    errors: ['not-found'],
  })
  async diff(
    @IdParam('id', 'prg') programId: string,
    @ZodQuery(hashesQuery) { from, to, language }: z.infer<typeof hashesQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    return this.comparison.diff(programId, byHash(from), byHash(to), language);
  }

  @Get('redline')
  @Endpoint({
    summary: 'The same as a PDF with deletions struck through and insertions underlined',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async redline(
    @IdParam('id', 'prg') programId: string,
    @ZodQuery(hashesQuery) { from, to, language }: z.infer<typeof hashesQuery>,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    requireProgram(caller, programId, readers);
    return this.comparison.redline(programId, byHash(from), byHash(to), language);
  }
}

function byHash(hash: string): Compared {
  return { hash, name: hash.slice(0, 12) };
}
