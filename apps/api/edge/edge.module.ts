import { Global, Module } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { CsvInterceptor } from './csv.interceptor.js';
import { EndpointCheck } from './endpoint-check.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency-store.js';

/** What every request goes through: who calls, once only, as CSV where asked for; and the check of all endpoints. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    EndpointCheck,
    IdempotencyStore,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: CsvInterceptor },
  ],
  exports: [IdempotencyStore],
})
export class EdgeModule {}
