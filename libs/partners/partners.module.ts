import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { ApplicationsService } from './applications.service.js';
import { PartnersService } from './partners.service.js';

@Module({
  imports: [ProgramsModule],
  providers: [ApplicationsService, PartnersService],
  exports: [ApplicationsService, PartnersService],
})
export class PartnersModule {}
