import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { HoldDecisions, HoldList, LineHolds, type HoldRow } from '../../../libs/commissions/index.js';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { mapPage, type Page } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { decisionBody, extensionBody, holdBody, holdPage, holdsQuery, holdView } from './holds.dto.js';

const readers: readonly Role[] = ['partner_manager', 'legal', 'finance', 'finance_approver', 'admin', 'auditor'];
const deciders: readonly Role[] = ['partner_manager', 'finance', 'admin'];

type HoldView = z.infer<typeof holdView>;

/** Holds of what events have earned: placed by rules or by hand, decided by people. */
@Controller('v1/holds')
export class HoldsController {
  constructor(
    private readonly holds: LineHolds,
    private readonly list: HoldList,
    private readonly decisions: HoldDecisions,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List holds, newest first',
    roles: readers,
    response: holdPage,
    errors: ['not-found'],
    csv: [
      'id',
      'eventId',
      'partnerId',
      'cause',
      'state',
      'ownerRole',
      'placedAt',
      'expiresAt',
      'decidedAt',
      'decidedBy',
    ],
  })
  async page(
    @ZodQuery(holdsQuery) { programId, ...request }: z.infer<typeof holdsQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<HoldView>> {
    requireProgram(caller, programId, readers);
    return mapPage(await this.list.page(programId, request), viewOf);
  }

  @Get(':id')
  @Endpoint({ summary: 'Read a hold', roles: readers, response: holdView, errors: ['not-found'] })
  async get(@IdParam('id', 'hld') holdId: string, @Caller() caller: Principal): Promise<HoldView> {
    return viewOf(await this.visible(holdId, caller, readers));
  }

  @Post()
  @Endpoint({
    summary: 'Hold what an event has earned',
    description:
      'Its lines and those of its refunds do not vest, whatever the clock says; what has vested leaves payable, as far as no batch has reserved it. At the expiry the owner is asked again; nothing is paid by itself.',
    roles: deciders,
    response: holdView,
    status: 201,
    errors: ['invalid-document', 'already-exists', 'not-found'],
    bodyExample: { programId: 'prg_…', eventId: 'order-1', note: 'The customer is unknown to the shop.' },
  })
  async place(
    @ZodBody(holdBody) { expiresAt, ...body }: z.infer<typeof holdBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<HoldView> {
    requireProgram(caller, body.programId, deciders);
    const { programId, eventId, partnerId, note, ownerRole, ownerId } = body;
    const holdId = await this.holds.place({
      ...{ ...actor, programId, eventId, note },
      ...(partnerId !== undefined && { partnerId }),
      ...(ownerRole !== undefined && { ownerRole }),
      ...(ownerId !== undefined && { ownerId }),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    });
    return viewOf(await this.list.get(holdId));
  }

  @Post(':id/release')
  @Endpoint({
    summary: 'Release a hold',
    description: 'What the event has earned vests with the next run, unless another hold keeps it.',
    roles: deciders,
    response: holdView,
    errors: ['illegal-transition', 'not-found'],
  })
  async release(
    @IdParam('id', 'hld') holdId: string,
    @ZodBody(decisionBody) { reason }: z.infer<typeof decisionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<HoldView> {
    await this.visible(holdId, caller, deciders);
    return viewOf(await this.decisions.release({ ...actor, holdId, reason }));
  }

  @Post(':id/rejection')
  @Endpoint({
    summary: 'Reject what a hold keeps: the event earns nothing',
    description:
      'A void of the event is recorded, which takes back what the partner of the hold has earned with it, and with which every other hold of that ends. Others who share the event keep their parts.',
    roles: deciders,
    response: holdView,
    errors: ['illegal-transition', 'not-found'],
  })
  async reject(
    @IdParam('id', 'hld') holdId: string,
    @ZodBody(decisionBody) { reason }: z.infer<typeof decisionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<HoldView> {
    await this.visible(holdId, caller, deciders);
    return viewOf(await this.decisions.reject({ ...actor, holdId, reason }));
  }

  @Post(':id/extension')
  @Endpoint({
    summary: 'Give the owner of a hold more time',
    roles: deciders,
    response: holdView,
    errors: ['illegal-transition', 'invalid-document', 'not-found'],
  })
  async extend(
    @IdParam('id', 'hld') holdId: string,
    @ZodBody(extensionBody) { expiresAt, reason }: z.infer<typeof extensionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<HoldView> {
    await this.visible(holdId, caller, deciders);
    return viewOf(await this.decisions.extend({ ...actor, holdId, reason, expiresAt: new Date(expiresAt) }));
  }

  private async visible(holdId: string, caller: Principal, roles: readonly Role[]): Promise<HoldRow> {
    const hold = await this.list.get(holdId);
    requireAccess(caller, { programId: hold.program_id, partnerId: null }, roles);
    return hold;
  }
}

function viewOf(row: HoldRow): HoldView {
  return {
    id: row.id,
    programId: row.program_id,
    eventId: row.event_id,
    partnerId: row.partner_id,
    cause: row.cause,
    seen: row.seen,
    note: row.note,
    ownerRole: row.owner_role,
    ownerId: row.owner_id,
    state: row.state,
    placedBy: row.placed_by,
    placedAt: row.placed_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    askedAt: row.asked_at?.toISOString() ?? null,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    reason: row.reason,
    voidEventId: row.void_event_id,
  };
}
