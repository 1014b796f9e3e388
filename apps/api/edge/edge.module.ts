import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { Database } from '../../../libs/database/index.js';
import { Settings } from '../../../libs/platform/index.js';
import { AccessGuard } from './access.guard.js';
import { EndpointCheck } from './endpoint-check.js';
import { IdempotencyStore } from './idempotency-store.js';
import { RateLimitStore } from './rate-limit-store.js';
import { rateLimits } from './rate-limit.guard.js';

const limiter = ThrottlerModule.forRootAsync({
  inject: [Settings, Database],
  useFactory: ({ env }: Settings, database: Database) => ({
    ...rateLimits(env),
    storage: new RateLimitStore(database),
  }),
});

/**
 * What every request goes through: who calls; what endpoints take with `@Endpoint`: how often, the file that a request
 * brings, once only, as CSV where asked for; and the check of all endpoints.
 */
@Global()
@Module({
  imports: [DiscoveryModule, limiter],
  providers: [EndpointCheck, IdempotencyStore, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [IdempotencyStore],
})
export class EdgeModule {}
