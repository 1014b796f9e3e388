import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { programsOf, requireProgram, type Principal } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { formView, ProgramsService, type Program } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { applicationFormView, formQuery, programBody, programList, programView, versionQuery } from './programs.dto.js';

const readers = ['admin', 'partner_manager', 'legal', 'finance', 'finance_approver', 'auditor', 'service'] as const;

/** Programs and their versions. A change is a new version: what is in force stays as it was signed. */
@Controller('v1/programs')
export class ProgramsController {
  constructor(private readonly programs: ProgramsService) {}

  @Post()
  @Endpoint({
    summary: 'Make a program',
    description:
      'Its standard terms are checked against the published schema; kinds that cannot be priced yet are refused.',
    roles: ['admin'],
    status: 201,
    response: programView,
    errors: ['invalid-document', 'already-exists'],
  })
  async create(
    @ZodBody(programBody) body: z.infer<typeof programBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<Program> {
    requireProgram(caller, '*', ['admin']);
    return this.programs.create(body, actor);
  }

  @Post(':id/versions')
  @Endpoint({
    summary: 'Make a new version of a program',
    roles: ['admin'],
    status: 201,
    response: programView,
    errors: ['invalid-document', 'not-found'],
  })
  async revise(
    @IdParam('id', 'prg') id: string,
    @ZodBody(programBody) body: z.infer<typeof programBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<Program> {
    requireProgram(caller, id, ['admin']);
    return this.programs.revise(id, body, actor);
  }

  @Get()
  @Endpoint({ summary: 'List the programs in their current version', roles: readers, response: programList })
  async list(@Caller() caller: Principal): Promise<{ items: Program[]; next: null }> {
    const visible = programsOf(caller, readers);
    const items = await this.programs.list();
    return { items: items.filter(({ id }) => visible === '*' || visible.includes(id)), next: null };
  }

  @Get(':id')
  @Endpoint({ summary: 'Read a program', roles: readers, response: programView, errors: ['not-found'] })
  get(
    @IdParam('id', 'prg') id: string,
    @ZodQuery(versionQuery) { version }: z.infer<typeof versionQuery>,
    @Caller() caller: Principal,
  ): Promise<Program> {
    requireProgram(caller, id, readers);
    return this.programs.get(id, version);
  }

  @Get(':id/application-form')
  @Endpoint({
    summary: 'Read what a page needs to show the application form',
    description: 'In the language that is asked for where the form speaks it, else in its first one.',
    roles: 'public',
    response: applicationFormView,
    errors: ['not-found'],
  })
  async applicationForm(
    @IdParam('id', 'prg') id: string,
    @ZodQuery(formQuery) { language }: z.infer<typeof formQuery>,
  ): Promise<z.infer<typeof applicationFormView>> {
    const { version, document } = await this.programs.get(id);
    const { name, company, application } = document;
    return { programId: id, programVersion: version, name, company, ...formView(application, language) };
  }
}
