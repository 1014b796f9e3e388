import { Global, Module } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule, Reflector } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { Database } from '../../../libs/database/index.js';
import { Settings } from '../../../libs/platform/index.js';
import { AccessGuard } from './access.guard.js';
import { CsvInterceptor } from './csv.interceptor.js';
import { EndpointCheck } from './endpoint-check.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency-store.js';
import { RateLimitStore } from './rate-limit-store.js';
import { RateLimitGuard, rateLimits } from './rate-limit.guard.js';
import { FileInterceptor } from './raw-bodies.js';

const limiter = ThrottlerModule.forRootAsync({
  inject: [Settings, Database, Reflector],
  useFactory: ({ env }: Settings, database: Database, reflector: Reflector) => ({
    ...rateLimits(env, reflector),
    storage: new RateLimitStore(database),
  }),
});

/**
 * What every request goes through: who calls and how often, the file that it brings, once only, as CSV where asked for;
 * and the check of all endpoints.
 */
@Global()
@Module({
  imports: [DiscoveryModule, limiter],
  providers: [
    EndpointCheck,
    IdempotencyStore,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_INTERCEPTOR, useClass: FileInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: CsvInterceptor },
  ],
  exports: [IdempotencyStore],
})
export class EdgeModule {}
