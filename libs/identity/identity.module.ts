import { Global, Module } from '@nestjs/common';
import { Settings } from '../platform/index.js';
import { ApiKeys } from './api-keys.service.js';
import { Authenticator } from './authenticator.js';
import { TokenVerifier } from './token-verifier.js';

/** Who calls: tokens, API keys and links. Stands on the platform module. */
@Global()
@Module({
  providers: [
    { provide: TokenVerifier, inject: [Settings], useFactory: ({ env }: Settings) => TokenVerifier.from(env) },
    ApiKeys,
    Authenticator,
  ],
  exports: [ApiKeys, Authenticator],
})
export class IdentityModule {}
