import { Controller, Get } from '@nestjs/common';
import type { z } from 'zod';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { decodeCursor, encodeCursor, pageFrom, type Page } from '../../../libs/platform/index.js';
import { Caller, Endpoint, ZodQuery } from '../edge/index.js';
import { AuditReader } from './audit-reader.js';
import { auditPage, auditQuery, feedPage, feedQuery, type AuditFactView, type DomainEventView } from './audit.dto.js';
import { EventFeed } from './event-feed.js';

const auditRoles: readonly Role[] = ['admin', 'auditor'];
const feedRoles: readonly Role[] = ['service', 'admin', 'auditor'];

/** What happened: the audit trail for people, and the feed of domain events for machines. */
@Controller('v1')
export class AuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly feed: EventFeed,
  ) {}

  @Get('audit')
  @Endpoint({
    summary: 'The audit trail, newest first',
    description: 'Who changed which state, why, and by which request.',
    roles: auditRoles,
    response: auditPage,
    csv: ['id', 'programId', 'at', 'actorId', 'action', 'subjectId', 'fromState', 'toState', 'reason', 'requestId'],
    errors: ['not-found'],
    example: {
      items: [
        {
          id: 'aud_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          programId: 'prg_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          at: '2026-03-01T09:00:00.000Z',
          actorId: 'usr_petra-partner-manager',
          action: 'application.approve',
          subjectId: 'app_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          fromState: 'in_review',
          toState: 'approved',
          reason: 'Good fit',
          requestId: 'req_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          details: {},
        },
      ],
      next: null,
    },
  })
  async facts(
    @ZodQuery(auditQuery) query: z.infer<typeof auditQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<AuditFactView>> {
    const programs = programsAskedFor(caller, auditRoles, query.program);
    const [after = null] = decodeCursor(query.cursor, 'id desc', ['text']);
    const facts = await this.reader.list({ programs, subject: query.subject, limit: query.limit + 1, after });
    return pageFrom(facts, query.limit, 'id desc', ({ id }) => [id]);
  }

  @Get('domain-events')
  @Endpoint({
    summary: 'The feed of domain events, oldest first',
    description: 'Ask again with `after` set to the last `next`: no event is passed over and none comes twice.',
    roles: feedRoles,
    response: feedPage,
    errors: ['not-found'],
    example: {
      items: [
        {
          id: 'evt_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          programId: 'prg_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          type: 'application.approved',
          subjectId: 'app_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
          at: '2026-03-01T09:00:00.000Z',
          data: {},
        },
      ],
      next: 'WyJzZXF1ZW5jZSIsIjQyIl0',
    },
  })
  async domainEvents(
    @ZodQuery(feedQuery) query: z.infer<typeof feedQuery>,
    @Caller() caller: Principal,
  ): Promise<{ items: DomainEventView[]; next: string | null }> {
    const programs = programsAskedFor(caller, feedRoles, query.program);
    const [after = null] = decodeCursor(query.after, 'sequence', ['integer'], '/after');
    const { items, last } = await this.feed.read({ programs, limit: query.limit, after });
    return { items, next: last === null ? null : encodeCursor('sequence', [last]) };
  }
}

/** The one program that was asked for, or all that the caller has one of the roles in. */
function programsAskedFor(caller: Principal, roles: readonly Role[], program: string | undefined): '*' | string[] {
  if (program === undefined) return programsOf(caller, roles);
  requireProgram(caller, program, roles);
  return [program];
}
