import { Controller, Get, type StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { TemplatesService } from '../../../libs/agreements/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { TermsComparison, termsDiff, versionsQuery, type Compared } from '../terms/terms-comparison.js';

type Versions = z.infer<typeof versionsQuery>;

const readers: readonly Role[] = ['admin', 'legal', 'partner_manager', 'finance', 'finance_approver', 'auditor'];

/** What one version of a template changes against another one. */
@Controller('v1/programs/:id/templates/:templateId')
export class TemplateDiffController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly comparison: TermsComparison,
  ) {}

  @Get('diff')
  @Endpoint({
    summary: 'Compare two versions of a template, field by field and in words',
    roles: readers,
    response: termsDiff,
    errors: ['not-found'],
  })
  async diff(
    @IdParam('id', 'prg') programId: string,
    @IdParam('templateId', 'tpl') id: string,
    @ZodQuery(versionsQuery) { from, to, language }: Versions,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    const [before, after] = [await this.version(programId, id, from), await this.version(programId, id, to)];
    return this.comparison.diff(programId, before, after, language);
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
    @IdParam('templateId', 'tpl') id: string,
    @ZodQuery(versionsQuery) { from, to, language }: Versions,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    requireProgram(caller, programId, readers);
    const [before, after] = [await this.version(programId, id, from), await this.version(programId, id, to)];
    return this.comparison.redline(programId, before, after, language);
  }

  private async version(programId: string, id: string, version: number): Promise<Compared> {
    const { terms_hash: hash } = await this.templates.get(programId, id, version);
    return { hash, name: `#${version}` };
  }
}
