import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { Client } from '@temporalio/client';
import type { Environment } from '../../libs/config/index.js';
import { IdentityModule } from '../../libs/identity/index.js';
import type { Clock } from '../../libs/kernel/clock.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { lazyTemporalClient } from '../../libs/temporal/index.js';
import { EdgeModule } from './edge/edge.module.js';
import { HealthController } from './health/health.controller.js';
import { resources } from './resources.js';
import { WorkflowsModule } from './workflows.module.js';

/** The whole HTTP API of one environment. */
@Module({})
export class ApiModule {
  static forRoot(env: Environment, clock?: Clock, extraModules: readonly Type[] = []): DynamicModule {
    const client = {
      provide: Client,
      inject: [Keyring],
      useFactory: (keyring: Keyring) =>
        lazyTemporalClient({ address: env.TEMPORAL_ADDRESS, namespace: env.TEMPORAL_NAMESPACE, keyring }),
    };
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forRoot(env, clock),
        IdentityModule,
        WorkflowsModule.forRoot(client),
        EdgeModule,
        ...resources,
        ...extraModules,
      ],
      controllers: [HealthController],
    };
  }
}
