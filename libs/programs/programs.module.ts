import { Module } from '@nestjs/common';
import { configuredRails } from '../config/index.js';
import { Settings } from '../platform/index.js';
import { ConfiguredRails, ProgramsService } from './programs.service.js';

@Module({
  providers: [
    ProgramsService,
    {
      provide: ConfiguredRails,
      useFactory: ({ env }: Settings): ConfiguredRails => ({ names: configuredRails(env) }),
      inject: [Settings],
    },
  ],
  exports: [ProgramsService],
})
export class ProgramsModule {}
