import { Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { z } from 'zod';
import {
  CallingActor,
  Caller,
  Endpoint,
  IdParam,
  RequestKey,
  StillRunning,
  UpdateId,
  ZodBody,
  ZodQuery,
} from '../../apps/api/edge/index.js';
import type { Principal } from '../../libs/identity/index.js';
import { DomainError, type ErrorCode } from '../../libs/kernel/domain-error.js';
import type { Actor } from '../../libs/orchestration/actor.js';

/** What the probe's endpoints saw, and the gate at which its work waits. */
@Injectable()
export class ProbeState {
  calls = 0;
  /** Work waits for this before it answers. */
  gate: Promise<void> = Promise.resolve();
  /** Thrown by work that has passed the gate. */
  failure: Error | undefined;
}

export const probeBody = z.strictObject({
  name: z.string().min(1).max(20),
  tags: z.array(z.string().max(5)).max(1_000).optional(),
  nested: z.strictObject({ 'a/b~c': z.int().optional() }).optional(),
});
const probeQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

/** Endpoints that stand for every other: tests look at the edge through them. */
@Controller('v1/probes')
export class ProbeController {
  constructor(private readonly state: ProbeState) {}

  @Get('me')
  @Endpoint({
    summary: 'Who calls',
    roles: [
      'applicant',
      'partner',
      'partner_manager',
      'legal',
      'finance',
      'finance_approver',
      'admin',
      'auditor',
      'service',
    ],
    response: z.object({ principal: z.record(z.string(), z.unknown()), actor: z.record(z.string(), z.unknown()) }),
  })
  me(@Caller() principal: Principal, @CallingActor() actor: Actor): { principal: Principal; actor: Actor } {
    return { principal, actor };
  }

  @Get('list')
  @Endpoint({ summary: 'A list', roles: 'public', response: z.object({}), csv: ['id', 'amount.amountMinor', 'note'] })
  list(@ZodQuery(probeQuery) { limit }: z.infer<typeof probeQuery>): {
    items: unknown[];
    next: string | null;
    limit: number;
  } {
    const items = [
      { id: 'a', amount: { amountMinor: -5 }, note: '=1+1' },
      { id: 'b', amount: { amountMinor: 7 }, note: 'said "no",\nthen left' },
      { id: 'c', amount: null, note: null },
    ];
    return { items, next: 'more', limit };
  }

  @Post()
  @Endpoint({ summary: 'Work', roles: ['finance', 'service'], status: 201, response: z.object({}) })
  work(
    @ZodBody(probeBody) body: z.infer<typeof probeBody>,
    @UpdateId() updateId: string,
    @RequestKey() requestKey: string | undefined,
  ): Promise<Record<string, unknown>> {
    return this.run({ ...body, updateId, requestKey });
  }

  @Post('public')
  @Endpoint({ summary: 'Public work', roles: 'public', status: 202, response: z.object({}) })
  publicWork(@ZodBody(probeBody) body: z.infer<typeof probeBody>): Promise<Record<string, unknown>> {
    return this.run(body);
  }

  @Post(':id/quiet')
  @Endpoint({ summary: 'Work without an answer', roles: ['finance'] })
  async quiet(@IdParam('id', 'app') id: string): Promise<void> {
    await this.run({ id });
  }

  private async run(answer: Record<string, unknown>): Promise<Record<string, unknown>> {
    const call = ++this.state.calls;
    await this.state.gate;
    if (this.state.failure !== undefined) throw this.state.failure;
    return { ...answer, call };
  }
}

@Module({ controllers: [ProbeController], providers: [ProbeState] })
export class ProbeModule {}

/** Failures that work may end in. */
export const failures = {
  domain: (code: ErrorCode): DomainError => new DomainError(code, 'as the test wants it'),
  stillRunning: (location: string): StillRunning => new StillRunning(location),
  defect: (): Error => new TypeError('a secret of the inside'),
  database: (code: string): Error => Object.assign(new Error('Key (email)=(anna@example.com)'), { code }),
};
