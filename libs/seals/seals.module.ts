import { Module } from '@nestjs/common';
import { Settings } from '../platform/index.js';
import { KeyFileSource, SealKeySource } from './keys/key-source.js';
import { SealKeyWatch } from './seal-key-watch.js';
import { SealService } from './seal.service.js';

/** Seals with the key that the environment names. Stands on the platform module. */
@Module({
  providers: [
    { provide: SealKeySource, inject: [Settings], useFactory: ({ env }: Settings) => new KeyFileSource(env) },
    SealService,
    SealKeyWatch,
  ],
  exports: [SealService],
})
export class SealsModule {}
