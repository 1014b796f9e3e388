import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../../libs/database/index.js';
import { Endpoint } from '../edge/index.js';
import { Workflows } from '../workflows.js';

const health = z.object({ status: z.literal('ok') });
type Health = z.infer<typeof health>;

/** For what watches over the processes: whether this one lives, and whether it can do its work. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly workflows: Workflows,
  ) {}

  @Get('live')
  @Endpoint({ summary: 'Whether the process answers', roles: 'public', response: health, example: { status: 'ok' } })
  live(): Health {
    return { status: 'ok' };
  }

  @Get('ready')
  @Endpoint({
    summary: 'Whether the database and Temporal answer too',
    roles: 'public',
    response: health,
    example: { status: 'ok' },
  })
  async ready(): Promise<Health> {
    await Promise.all([this.database.query('select 1'), this.workflows.ready()]);
    return { status: 'ok' };
  }
}
